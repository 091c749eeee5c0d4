// Package awsvalue states once which values AWS, and this company's rules, take, and what to tell a person who gave
// another. Settings, components, policies and commands ask it; none has a pattern of its own.
package awsvalue

import (
	"fmt"
	"regexp"

	"github.com/genericcorp/platform/internal/check"
)

// Rule is what one kind of text must look like.
type Rule struct {
	expected string
	valid    func(string) bool
}

// Valid says whether a value keeps the rule.
func (r Rule) Valid(value string) bool { return r.valid(value) }

// Expected says in a few words what the rule takes, to stand after "expected".
func (r Rule) Expected() string { return r.expected }

// Check records a value that breaks the rule, unless anything in the inputs that it uses besides is wrong already.
func (r Rule) Check(p *check.Problems, input, value string, uses ...string) {
	p.Require(r.valid(value), input, value, r.expected, uses...)
}

// CheckList records a list that is too short or too long, and each of its elements that breaks the rule or is there
// twice. all says what the list may be.
func (r Rule) CheckList(p *check.Problems, input string, values []string, shortest, longest int, all string) {
	p.List(input, values, shortest, longest, all, r.expected, r.valid)
}

// OrNothing is the rule that takes an empty text as well.
func (r Rule) OrNothing() Rule {
	return Rule{expected: r.expected, valid: func(value string) bool { return value == "" || r.valid(value) }}
}

// pattern is a rule that a regular expression states.
func pattern(expected, expression string) Rule {
	return Rule{expected: expected, valid: regexp.MustCompile(expression).MatchString}
}

// Hyphenated is a text that becomes part of physical names, which are cut where they are too long.
var Hyphenated = pattern("lower-case letters, digits and single hyphens, beginning with a letter", `^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// Name is a Hyphenated text of so many characters.
func Name(shortest, longest int) Rule {
	return Rule{
		expected: fmt.Sprintf("%d to %d %s", shortest, longest, Hyphenated.expected),
		valid: func(value string) bool {
			return len(value) >= shortest && len(value) <= longest && Hyphenated.valid(value)
		},
	}
}

// EnvironmentName is the name of an environment, which physical names and tags carry.
var EnvironmentName = Name(2, 16)
