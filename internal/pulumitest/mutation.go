package pulumitest

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/stretchr/testify/assert"
)

// Check asserts on what a program registered.
type Check func(t testing.TB, r *Recorder)

// RequireWatched shows that the checks watch every input of every resource, and whether it is protected: it changes
// each by itself, in the record, and one check must fail. What may be any value is named by "<type> <name> <input>", the
// type without its module, a * for any text: "* * description". A name that is not needed is refused.
func (r *Recorder) RequireWatched(t testing.TB, checks []Check, free ...string) {
	t.Helper()
	if r.notices(t, checks) {
		t.Fatalf("the checks fail before anything is changed")
	}
	needed := map[string]bool{}
	for i, res := range r.All() {
		if !res.Custom && !res.Remote {
			continue // a component's own inputs are for policies to read
		}
		for change, mutated := range mutations(res) {
			name := res.Type[strings.LastIndex(res.Type, ":")+1:] + " " + res.Name + " " + change
			if r.with(i, mutated).notices(t, checks) {
				continue
			}
			matching := slices.IndexFunc(free, func(pattern string) bool { return matches(pattern, name) })
			if assert.GreaterOrEqual(t, matching, 0, "no check fails when this changes: %s", name) {
				needed[free[matching]] = true
			}
		}
	}
	for _, pattern := range free {
		assert.True(t, needed[pattern], "all of %q is watched, or not there", pattern)
	}
}

// with is the record with another resource in one place.
func (r *Recorder) with(i int, other Resource) *Recorder {
	all := r.All()
	all[i] = other
	return &Recorder{stack: r.stack, account: r.account, resources: all, calls: r.Calls()}
}

// notices says whether a check fails.
func (r *Recorder) notices(t testing.TB, checks []Check) bool {
	return slices.ContainsFunc(checks, func(check Check) bool {
		return fails(t, func(t testing.TB) { check(t, r) })
	})
}

// fails says whether a test would fail, without letting t fail.
func fails(t testing.TB, test func(t testing.TB)) bool {
	p := &probe{TB: t}
	done := make(chan struct{})
	go func() { // FailNow ends a goroutine
		defer close(done)
		defer func() { p.failed = recover() != nil || p.failed }()
		test(p)
	}()
	<-done
	return p.failed
}

// probe is a test that is meant to fail.
type probe struct {
	testing.TB
	failed bool
}

func (p *probe) Helper()               {}
func (p *probe) Log(...any)            {}
func (p *probe) Logf(string, ...any)   {}
func (p *probe) Fail()                 { p.failed = true }
func (p *probe) Error(...any)          { p.Fail() }
func (p *probe) Errorf(string, ...any) { p.Fail() }
func (p *probe) Fatal(...any)          { p.FailNow() }
func (p *probe) Fatalf(string, ...any) { p.FailNow() }
func (p *probe) Failed() bool          { return p.failed }

func (p *probe) FailNow() {
	p.Fail()
	runtime.Goexit()
}

// mutations gives the resource with one change each, by what was changed.
func mutations(res Resource) map[string]Resource {
	all := map[string]Resource{}
	protected := res
	protected.Protect = !res.Protect
	all["protect"] = protected
	for path, value := range changes(resource.NewObjectProperty(res.Inputs)) {
		mutated := res
		mutated.Inputs = value.ObjectValue()
		all[strings.TrimPrefix(path, ".")] = mutated
	}
	return all
}

// changes gives the value with one of its leaves changed each, by the leaf's path. The leaves of JSON in a text, which
// is what policies are, count as leaves of the value.
func changes(value resource.PropertyValue) map[string]resource.PropertyValue {
	all := map[string]resource.PropertyValue{}
	add := func(path string, inner map[string]resource.PropertyValue, put func(resource.PropertyValue) resource.PropertyValue) {
		for rest, changed := range inner {
			all[path+rest] = put(changed)
		}
	}
	switch {
	case value.IsBool():
		all[""] = resource.NewProperty(!value.BoolValue())
	case value.IsNumber():
		all[""] = resource.NewProperty(value.NumberValue() + 1)
	case value.IsString():
		if document, ok := parsed(value.StringValue()); ok {
			add("", changes(document), written)
		} else {
			all[""] = resource.NewProperty(value.StringValue() + "-changed")
		}
	case value.IsSecret():
		add("", changes(value.SecretValue().Element), resource.MakeSecret)
	case value.IsOutput():
		add("", changes(value.OutputValue().Element), func(v resource.PropertyValue) resource.PropertyValue { return v })
	case value.IsArray():
		for i, element := range value.ArrayValue() {
			add(fmt.Sprintf("[%d]", i), changes(element), func(v resource.PropertyValue) resource.PropertyValue {
				list := slices.Clone(value.ArrayValue())
				list[i] = v
				return resource.NewProperty(list)
			})
		}
	case value.IsObject():
		for key, element := range value.ObjectValue() {
			add("."+string(key), changes(element), func(v resource.PropertyValue) resource.PropertyValue {
				object := maps.Clone(value.ObjectValue())
				object[key] = v
				return resource.NewProperty(object)
			})
		}
	}
	return all
}

// parsed reads JSON that is an object.
func parsed(text string) (resource.PropertyValue, bool) {
	var object map[string]any
	if json.Unmarshal([]byte(text), &object) != nil {
		return resource.PropertyValue{}, false
	}
	return resource.NewPropertyValue(object), true
}

// written is an object as JSON.
func written(value resource.PropertyValue) resource.PropertyValue {
	text, err := json.Marshal(value.Mappable())
	if err != nil {
		panic(err) // it was JSON before
	}
	return resource.NewProperty(string(text))
}

// matches says whether a pattern, with * for any text, stands for a name.
func matches(pattern, name string) bool {
	expression := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`)
	return regexp.MustCompile("^" + expression + "$").MatchString(name)
}
