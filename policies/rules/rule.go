// Package rules holds what must be true of every stack before it is deployed: one table of rules, by theme in
// files of their own. A rule evaluates plain values; reading them out of planned properties is a thin closure.
//
// A value that is unknown in a preview is not evaluated then: the same rule sees the known value during the deployment,
// before the resource is created. A value of a type that AWS does not accept is a violation only where a safe value
// is required; elsewhere the provider refuses it.
package rules

import (
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/policies/limits"
)

// Severity says where a rule refuses and where it only advises.
type Severity string

// The severities.
const (
	Mandatory  Severity = "mandatory"               // refuses in every environment
	Production Severity = "mandatory in production" // refuses in production, advises elsewhere
	Advisory   Severity = "advisory"                // never refuses
)

// Environment is what rules know besides the resources.
type Environment struct {
	Production bool                 // the rules of production hold
	Today      time.Time            // what is supported today
	Prices     *catalogue.Catalogue // with AWS's support calendar
	Limits     limits.Limits        // what the environment may consist of
	Money      *Money               // what it costs and may cost
}

// Binding tells whether a violation of the severity refuses the deployment.
func (e Environment) Binding(s Severity) bool {
	return s == Mandatory || s == Production && e.Production
}

// Rule is one requirement. Its message reads "<ID>: <Must>, but <what was seen>; <Remedy>".
type Rule struct {
	ID         string   // kebab-case, never changed once released: exemptions name it
	Must       string   // what must be so, without a full stop
	Remedy     string   // how to make it so
	Severity   Severity // where it refuses
	Frameworks []string // the controls it comes from; "own" for those of this platform alone
	Types      []string // the resource types that it evaluates
	Limits     string   // what it cannot see, if anything
	Final      bool     // it cannot be exempted

	// Exactly one of the two is set. evaluate sees one resource's inputs, before it is created; evaluateStack sees all
	// resources at once, after the last step, and is for rules that need several of them.
	evaluate      func(Environment, *Resource) []string
	evaluateStack func(Environment, *Stack) []finding
}

// finding is what a stack rule found wrong with one resource.
type finding struct {
	at   *Resource
	seen string
}

// Violation is one rule broken by one resource.
type Violation struct {
	Rule    *Rule
	URN     string
	Message string
}

// OfStack tells whether the rule needs the whole stack.
func (r *Rule) OfStack() bool { return r.evaluateStack != nil }

func (r *Rule) violation(urn, seen string) Violation {
	return Violation{Rule: r, URN: urn, Message: fmt.Sprintf("%s: %s, but %s; %s", r.ID, r.Must, seen, r.Remedy)}
}

// Evaluate returns the violations of one resource, by the rules of single resources.
func (t *Table) Evaluate(env Environment, resource *Resource) []Violation {
	var violations []Violation
	for _, token := range []string{resource.Type, everyType} {
		for _, rule := range t.byType[token] {
			for _, seen := range rule.evaluate(env, resource) {
				violations = append(violations, rule.violation(resource.URN, seen))
			}
		}
	}
	return violations
}

// EvaluateStack returns the violations of one rule of whole stacks.
func (r *Rule) EvaluateStack(env Environment, stack *Stack) []Violation {
	var violations []Violation
	for _, s := range r.evaluateStack(env, stack) {
		violations = append(violations, r.violation(s.at.URN, s.seen))
	}
	return violations
}
