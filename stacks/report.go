package stacks

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
)

// settingsKey is the configuration key that holds all settings of a stack.
const settingsKey = "platform:settings"

// literal is a description that stands in a message without quotes, where the value itself would say too
// much (a secret) or nothing (a missing key).
type literal string

// report collects all mistakes of one stack's settings, one a key: once a key is known to be wrong, rules
// that read it would only add noise.
type report struct {
	problems *check.Problems
	wrong    []string
	registry environments.Registry // the environments that there are
}

func newReport() *report { return &report{problems: check.Under(""), registry: environments.All()} }

// require records a mistake at a key below platform:settings unless ok. The rule is not asked when its own
// key, or anything in the keys that it uses besides, is already known to be wrong.
func (r *report) require(ok bool, key string, value any, expected string, uses ...string) {
	if ok || r.isWrong(key) || slices.ContainsFunc(uses, r.isTouched) {
		return
	}
	r.wrong = append(r.wrong, key)
	r.problems.Require(false, strings.TrimSuffix(settingsKey+"."+key, "."), value, expected)
}

// permit is require with the reference's own words for what the key accepts.
func (r *report) permit(ok bool, key string, value any, uses ...string) {
	r.require(ok, key, value, allowed(key), uses...)
}

// environment wants the name of an environment that the registry has.
func (r *report) environment(name string) {
	stacks := r.registry.Stacks()
	r.require(slices.Contains(stacks, name), "environment", name, "one of "+strings.Join(stacks, ", ")+", as internal/environments lists them")
}

// requireElsewhere records a mistake at a configuration key outside platform:settings.
func (r *report) requireElsewhere(ok bool, fullKey string, value any, expected string) {
	r.problems.Require(ok, fullKey, value, expected)
}

// isWrong says whether a key, or a section or list that it lies in, is known to be wrong.
func (r *report) isWrong(key string) bool {
	return slices.ContainsFunc(r.wrong, func(wrong string) bool { return contains(wrong, key) })
}

// isTouched says whether a key, or anything in it or around it, is known to be wrong.
func (r *report) isTouched(key string) bool {
	return r.isWrong(key) || slices.ContainsFunc(r.wrong, func(wrong string) bool { return contains(key, wrong) })
}

// contains says whether a key is, or lies in, another one. The empty key is the root.
func contains(outer, key string) bool {
	return outer == "" || key == outer || strings.HasPrefix(key, outer+".") || strings.HasPrefix(key, outer+"[")
}

func (r *report) err() error { return r.problems.Err() }
