// Package rules holds what must be true of every stack before it is deployed: one table of rules, by theme in
// files of their own. A rule judges plain values; reading them out of planned properties is a thin closure.
//
// What is unknown at preview is not judged then: the same rule sees the settled value at the deployment itself,
// before the resource is created. What has a type that AWS does not take is a violation only where a safe value
// is demanded; elsewhere the provider refuses it.
package rules

import (
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/policies/limits"
)

// Severity says how far a rule binds.
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

// Rule is one thing that must be so. Its message reads "<ID>: <Must>, but <what was seen>; <Remedy>".
type Rule struct {
	ID         string   // kebab-case, never changed once released: exemptions name it
	Must       string   // what must be so, without a final stop
	Remedy     string   // how to make it so
	Severity   Severity // how far it binds
	Frameworks []string // the controls it comes from; "own" for those of this platform alone
	Types      []string // the resource types that it judges
	Limits     string   // what it cannot see, if anything
	Final      bool     // no exemption frees from it

	// Exactly one of the two is set. judge sees one resource's inputs, before it is created; judgeStack sees all
	// resources at once, after the last step, and is for rules that need several of them.
	judge      func(Environment, *Resource) []string
	judgeStack func(Environment, *Stack) []sighting
}

// sighting is what a stack rule saw at one resource.
type sighting struct {
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
func (r *Rule) OfStack() bool { return r.judgeStack != nil }

func (r *Rule) violation(urn, seen string) Violation {
	return Violation{Rule: r, URN: urn, Message: fmt.Sprintf("%s: %s, but %s; %s", r.ID, r.Must, seen, r.Remedy)}
}

// Judge gives what one resource violates among the rules of single resources.
func (t *Table) Judge(env Environment, resource *Resource) []Violation {
	var violations []Violation
	for _, token := range []string{resource.Type, everyType} {
		for _, rule := range t.byType[token] {
			for _, seen := range rule.judge(env, resource) {
				violations = append(violations, rule.violation(resource.URN, seen))
			}
		}
	}
	return violations
}

// JudgeStack gives what a stack violates of one rule of whole stacks.
func (r *Rule) JudgeStack(env Environment, stack *Stack) []Violation {
	var violations []Violation
	for _, s := range r.judgeStack(env, stack) {
		violations = append(violations, r.violation(s.at.URN, s.seen))
	}
	return violations
}
