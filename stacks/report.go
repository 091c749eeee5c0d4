package stacks

import (
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
)

// settingsKey is the configuration key that holds all settings of a stack.
const settingsKey = "platform:settings"

// literal is a description that a message has without quotes.
type literal = check.Words

// report collects all mistakes of one stack's configuration, one a key.
type report struct {
	problems *check.Problems       // of all keys
	settings *check.Problems       // of those below platform:settings, to whom components' own checks are handed
	registry environments.Registry // the environments that there are
}

func newReport() *report {
	problems := check.Once()
	return &report{problems: problems, settings: problems.In(settingsKey), registry: environments.All()}
}

// require records a mistake at a key below platform:settings unless ok. The rule is not asked when its own
// key, or anything in the keys that it uses besides, is already known to be wrong.
func (r *report) require(ok bool, key string, value any, expected string, uses ...string) {
	r.settings.Require(ok, key, value, expected, uses...)
}

// permit is require with the reference's own words for what the key accepts.
func (r *report) permit(ok bool, key string, value any) {
	r.require(ok, key, value, allowed(key))
}

// environment requires the name of an environment that the registry has.
func (r *report) environment(name string) {
	stacks := r.registry.Stacks()
	r.require(r.isEnvironment(name), "environment", name, "one of "+strings.Join(stacks, ", ")+", as internal/environments lists them")
}

// isEnvironment says whether the registry has an environment of that name.
func (r *report) isEnvironment(name string) bool { return slices.Contains(r.registry.Stacks(), name) }

// requireElsewhere records a mistake at a configuration key outside platform:settings.
func (r *report) requireElsewhere(ok bool, fullKey string, value any, expected string) {
	r.problems.Require(ok, fullKey, value, expected)
}

func (r *report) err() error { return r.problems.Err() }
