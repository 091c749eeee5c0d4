package rules

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	sdktest "github.com/pulumi/pulumi/sdk/v3/go/property/testing"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// paths lists every property, and every property within one, of a value.
func paths(prefix string, v any) []string {
	var found []string
	switch v := v.(type) {
	case props:
		for name, inner := range v {
			found = append(found, prefix+name)
			found = append(found, paths(prefix+name+".", inner)...)
		}
	case list:
		for i, inner := range v {
			found = append(found, fmt.Sprintf("%s%d", prefix, i))
			found = append(found, paths(fmt.Sprintf("%s%d.", prefix, i), inner)...)
		}
	}
	return found
}

// further are properties that rules read, and that neither the compliant stack nor a mutation of it has.
var further = map[string]props{
	"cache":        {"userGroupIds": list{nil}},
	"cache-single": {"replicationGroupId": nil},
	"template":     {"blockDeviceMappings": list{props{"noDevice": nil, "virtualName": nil}}},
	"balancer":     {"loadBalancerType": nil},
	"firewall":     {"ruleJson": nil},
	"key":          {"customerMasterKeySpec": nil},
	"old-bucket":   {"loggings": list{nil}},
	"ingress":      {"cidrIpv6": nil},
	"group":        {"ingress": list{props{"ipv6CidrBlocks": list{nil}}}},
}

// readPaths gives, for every resource of the compliant stack, the properties that rules read of it: those that
// it has and those that some mutation adds.
func readPaths() map[string][]string {
	found := map[string]map[string]bool{}
	note := func(at string, p props) {
		if found[at] == nil {
			found[at] = map[string]bool{}
		}
		for _, path := range paths("", p) {
			found[at][path] = true
		}
	}
	for name, s := range compliant() {
		note(name, s.props)
		for path := range s.links {
			note(name, props{path: nil})
		}
	}
	for _, m := range mutations() {
		if m.path != "" {
			note(m.at, mutated(m)[m.at].props)
		}
	}
	for name, p := range further {
		note(name, p)
	}
	sorted := map[string][]string{}
	for name, set := range found {
		sorted[name] = slices.Sorted(maps.Keys(set))
	}
	return sorted
}

const hidden = "correct-horse-battery"

// odd are values that a property may have and that nobody expects.
var odd = []any{
	nil, remove{}, unknown{}, true, -1, "", hidden + "\x00", list{}, list{nil, unknown{}, 7, list{}, props{}}, props{}, props{"Statement": 7},
	secretly{hidden}, secretly{list{hidden}}, secretly{props{"encrypted": hidden}}, secretly{unknown{}},
}

// Whatever a property holds that a rule reads, no rule panics, and no rule prints what is secret.
func TestNoValueStopsTheRules(t *testing.T) {
	t.Parallel()
	samples := compliant()
	for at, list := range readPaths() {
		for _, path := range list {
			base := mutationWithPath(at, path)
			for _, value := range odd {
				changed := maps.Clone(samples)
				s := samples[at]
				p, fits := putSafely(base, path, value)
				if !fits {
					continue
				}
				s.props = p
				changed[at] = s
				for _, message := range evaluate(production, changed) {
					if _, secret := value.(secretly); secret {
						assert.NotContains(t, message, hidden, "%s %s", at, path)
					}
				}
			}
		}
	}
}

// mutationWithPath gives properties of a resource that have a path: its own, or those of a mutation of it.
func mutationWithPath(at, path string) props {
	own := compliant()[at].props
	if slices.Contains(paths("", own), path) {
		return own
	}
	for _, m := range mutations() {
		if m.at == at && m.path != "" {
			if p := mutated(m)[at].props; slices.Contains(paths("", p), path) {
				return p
			}
		}
	}
	return own
}

// putSafely leaves out the removal of a list's element, which is no property.
func putSafely(p props, path string, value any) (props, bool) {
	last := path[strings.LastIndex(path, ".")+1:]
	if _, gone := value.(remove); gone && last >= "0" && last <= "9" {
		return nil, false
	}
	changed, ok := put(p, path, value).(props)
	return changed, ok
}

// The same with values of the SDK's own generator, in all resources at once.
func TestRandomValuesDoNotStopTheRules(t *testing.T) {
	t.Parallel()
	all := readPaths()
	rapid.Check(t, func(t *rapid.T) {
		samples := compliant()
		at := rapid.SampledFrom(slices.Sorted(maps.Keys(all))).Filter(func(n string) bool { return len(all[n]) > 0 }).Draw(t, "resource")
		path := rapid.SampledFrom(all[at]).Draw(t, "path")
		value := sdktest.Value(4).Draw(t, "value")
		s := samples[at]
		s.props, _ = putSafely(mutationWithPath(at, path), path, value)
		samples[at] = s
		evaluate(production, samples)
	})
}

// A value that is not known yet is never a violation by itself.
func TestUnknownIsNotJudged(t *testing.T) {
	t.Parallel()
	for at, list := range readPaths() {
		for _, path := range list {
			samples := compliant()
			s := samples[at]
			if !slices.Contains(paths("", s.props), path) {
				continue
			}
			s.props, _ = putSafely(s.props, path, unknown{})
			samples[at] = s
			assert.Empty(t, evaluate(production, samples), "%s %s", at, path)
		}
	}
}

func TestReferencesBySettledValues(t *testing.T) {
	t.Parallel()
	known := func(target string) map[string]sample {
		samples := compliant()
		samples["bucket"] = sample{bucketV2, props{"id": "logs-1", "bucket": "logs-1"}, nil}
		block := samples["bucket-block"]
		block.props, _ = put(block.props, "bucket", target).(props)
		block.links = nil
		samples["bucket-block"] = block
		return samples
	}
	assert.Empty(t, evaluate(production, known("logs-1")))
	assert.Len(t, evaluate(production, known("logs-2")), 1)
}

// A dependency on a component counts for what is in it, up to the stack.
func TestReferencesThroughComponents(t *testing.T) {
	t.Parallel()
	const component, root = "urn:pulumi:prod::platform::own:index:Store::store", "urn:pulumi:prod::platform::pulumi:pulumi:Stack::root"
	bucket := &Resource{Type: bucketV2, URN: urnOf(bucketV2, "b"), Parent: component}
	policy := func(on string) *Resource {
		return &Resource{Type: bucketPolicy, URN: urnOf(bucketPolicy, "p"), Dependencies: map[string][]string{"bucket": {on}}}
	}
	within := []*Resource{bucket, {Type: "own:index:Store", URN: component, Parent: root}, {Type: stackType, URN: root}}
	for on, want := range map[string]int{component: 1, bucket.URN: 1, root: 0, "urn:other": 0} {
		stack := NewStack(append(slices.Clone(within), policy(on)))
		assert.Len(t, stack.pointingAt(bucket, "bucket", bucketPolicy), want, on)
	}
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	for text, public := range map[string]bool{
		openToAll: true, openByName: true, narrow: false, permissions: false, tlsOnly: false,
		`{"Statement":{"Effect":"allow","Principal":{"AWS":"*"},"Condition":{"StringLike":{"AWS:SourceArn":"*"}}}}`:                 true,
		`{"Statement":{"Effect":"Allow","Principal":"*","Condition":{"StringEqualsIfExists":{"aws:SourceAccount":"1"}}}}`:           true,
		`{"Statement":{"Effect":"Allow","Principal":"*","Condition":{"StringEquals":{"kms:CallerAccount":["1","2"]}}}}`:             false,
		`{"Statement":{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},"Condition":{"Bool":{"aws:ViaService":true}}}}`: false,
	} {
		statements, ok := parseDocument([]byte(text))
		assert.True(t, ok, text)
		assert.Equal(t, public, slices.ContainsFunc(statements, statement.public), text)
	}
	for _, text := range []string{"", "[]", "{}", "7", `{"Statement":7}`, `{"Statement":{"Action":7}}`, `{"Statement":[{"Principal":[1]}]}`} {
		_, ok := parseDocument([]byte(text))
		assert.False(t, ok, text)
	}
}

func TestKubernetesCalendar(t *testing.T) {
	t.Parallel()
	verdict := func(version string, day time.Time) int {
		env := Environment{Today: day, Prices: prices}
		return len(checkKubernetesVersion(env, resources(map[string]sample{"c": {eksCluster, props{"version": version}, nil}})[0]))
	}
	for version, want := range map[string]int{"1.34": 0, "1.35": 0, "1.36": 0, "1.37": 0, "1.33": 1, "1.9": 1} {
		assert.Equal(t, want, verdict(version, today), version)
	}
	assert.Equal(t, 1, verdict("1.34", today.AddDate(0, 0, 9)), "on the day that support ends")
}

// No range of addresses and no ports make the evaluation of an ingress rule fail, and what is narrower is never worse.
func TestOpenings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from, to := rapid.Float64Range(0, 65535).Draw(t, "from"), rapid.Float64Range(0, 65535).Draw(t, "to")
		port := rapid.Float64Range(0, 65535).Draw(t, "port")
		o := ingressRule{from: min(from, to), to: max(from, to)}
		if o.within(port, port) {
			assert.True(t, o.includes(port))
		}
		all := ingressRule{all: true}
		assert.True(t, all.includes(port))
		assert.False(t, all.within(0, 65535))
		wholeInternet(rapid.String().Draw(t, "network"))
	})
	for network, want := range map[string]bool{"0.0.0.0/0": true, "::/0": true, "128.0.0.0/1": true, "10.0.0.0/8": false, "": false} {
		assert.Equal(t, want, wholeInternet(network), network)
	}
}

// reads finds in the code the properties that rules of security read.
var reads = regexp.MustCompile(`(?:\.(?:Bool|Number|Text|Texts|Objects|Object|State|Value|Describe)|must\w+|missingFrom)\((?:r, )?"([^"]+)"`)

// Every property that a rule reads is among those that the tests above try with every odd value.
func TestEveryPropertyThatIsReadIsTried(t *testing.T) {
	t.Parallel()
	var tried []string
	for _, list := range readPaths() {
		tried = append(tried, list...)
	}
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	found := 0
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || file == "cost.go" || file == "stack.go" {
			continue
		}
		code, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range reads.FindAllStringSubmatch(string(code), -1) {
			found++
			path := match[1]
			assert.True(t, slices.ContainsFunc(tried, func(full string) bool { return full == path || strings.HasSuffix(full, "."+path) }), "%s reads %s", file, path)
		}
	}
	assert.Greater(t, found, 80, "the pattern finds what it looks for")
}
