// Package environments is the one list of the environments on AWS, and every name that is derived from an environment's.
// A new environment is one line here and its settings, Pulumi.<name>.yaml: commands, roles, workflows and documents follow.
package environments

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// all are the environments on AWS in the order of delivery. Each has an AWS account of its own.
var all = Registry{
	{Name: "dev"},
	{Name: "prod", Production: true},
}

// Local is the environment of the local cloud. It is on no account of AWS, and so in no registry.
const Local = "local"

// Environment is one environment on AWS.
type Environment struct {
	Name string // also the name of its stack
	// Production says that the rules of production hold, that a person approves each deployment, and that no deployment
	// destroys data.
	Production bool
}

// Registry lists environments in the order of delivery: a change reaches one after it was deployed to those before.
type Registry []Environment

// All gives the environments of this company.
func All() Registry { return slices.Clone(all) }

// Names lists the environments' names.
func (r Registry) Names() []string {
	names := make([]string, len(r))
	for i, e := range r {
		names[i] = e.Name
	}
	return names
}

// Stacks lists the names of all stacks of environments: the local cloud's and those on AWS.
func (r Registry) Stacks() []string { return append([]string{Local}, r.Names()...) }

// Find gives the environment of that name.
func (r Registry) Find(name string) (e Environment, ok bool) {
	i := slices.IndexFunc(r, func(e Environment) bool { return e.Name == name })
	if i < 0 {
		return Environment{}, false
	}
	return r[i], true
}

// IsProduction says whether the rules of production hold in an environment: they do unless it is known not to be production.
func (r Registry) IsProduction(name string) bool {
	e, known := r.Find(name)
	return name != Local && (!known || e.Production)
}

// Profile names the limits (policies/limits/limits.yaml) and the assumed usage (internal/pricing/usage/defaults.yaml) of an
// environment: "local", "prod" for production, "dev" for any other on AWS, and nothing for one that is not registered.
func (r Registry) Profile(name string) string {
	e, known := r.Find(name)
	switch {
	case name == Local:
		return Local
	case !known:
		return ""
	case e.Production:
		return "prod"
	default:
		return "dev"
	}
}

// reserved are the words, between hyphens, by which names derived from an environment's are told from an environment's own.
var reserved = []string{Local, PreviewEnvironment, "offboard", "tenant", workloads}

// Check names every mistake of the list.
func (r Registry) Check() error {
	p := check.Under("environments: ")
	p.Require(len(r) > 0, "list", len(r), "one at least")
	for i, e := range r {
		key := fmt.Sprintf("list[%d].name", i)
		awsvalue.EnvironmentName.Check(p, key, e.Name)
		p.Require(!slices.Contains(r[:i].Names(), e.Name), key, e.Name, "a name that no other environment has")
		for _, word := range strings.Split(e.Name, "-") {
			p.Require(!slices.Contains(reserved, word), key, e.Name, "a name without the word "+word)
		}
	}
	return p.Err()
}
