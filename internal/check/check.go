// Package check collects every problem of an input before anything is created, so that a person corrects a file or a
// call once, not once for each mistake.
package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/printable"
)

// Problems gathers what is wrong with one set of inputs. Inputs are paths such as "nodeGroups[0].name".
type Problems struct {
	prefix  string // of every message
	section string // the path that the inputs lie in; empty at the top
	found   *found
}

// found is what all sections of one collection share.
type found struct {
	errs  []error
	wrong []string // paths
	once  bool
}

// Under returns an empty collection whose messages start with prefix, for instance `network "main": ` for a component.
func Under(prefix string) *Problems { return &Problems{prefix: prefix, found: &found{}} }

// Once returns an empty collection that takes one problem an input: once an input, or what it lies in, is known to be
// wrong, what else is asked of it would only add noise.
func Once() *Problems { return &Problems{found: &found{once: true}} }

// In is the same collection for the inputs of a section: p.In("database").Require(ok, "storageGiB", ...) is about
// "database.storageGiB". An empty section is the one at hand.
func (p *Problems) In(section string) *Problems {
	return &Problems{prefix: p.prefix, section: p.path(section), found: p.found}
}

// Require records a problem with input unless ok. The value is printed as Go prints it (text in quotes) and
// expected says what would have been right. Never pass a secret as value. Nothing is recorded when anything in the inputs
// that the rule uses besides is already known to be wrong.
func (p *Problems) Require(ok bool, input string, value any, expected string, uses ...string) {
	path := p.path(input)
	if ok || p.found.once && p.isWrong(path) || slices.ContainsFunc(uses, func(used string) bool { return p.isTouched(p.path(used)) }) {
		return
	}
	p.found.wrong = append(p.found.wrong, path)
	p.found.errs = append(p.found.errs, &Problem{Input: p.prefix + path, Value: value, Expected: expected})
}

// Between records a whole number that lies outside lowest and highest.
func (p *Problems) Between(input string, value, lowest, highest int) {
	p.Require(value >= lowest && value <= highest, input, value, fmt.Sprintf("%d to %d", lowest, highest))
}

// OneOf records a text that is none of the values.
func (p *Problems) OneOf(input, value string, values ...string) {
	p.Require(slices.Contains(values, value), input, value, Alternatives(values...))
}

// Alternatives joins values as a person does: "a, b or c".
func Alternatives(values ...string) string {
	last := len(values) - 1
	if last < 1 {
		return strings.Join(values, "")
	}
	return strings.Join(values[:last], ", ") + " or " + values[last]
}

// List records a list that is too short or too long, each element that valid refuses, and each that was there before.
// all says what the list may be, and each what an element may be.
func (p *Problems) List(input string, values []string, shortest, longest int, all, each string, valid func(string) bool) {
	p.Require(len(values) >= shortest && len(values) <= longest, input, Words(printable.Count(len(values), "element")), all)
	for i, value := range values {
		element := Item(input, i)
		p.Require(valid(value), element, value, each)
		if valid(value) {
			p.Require(!slices.Contains(values[:i], value), element, value, "a value that is not in the list already")
		}
	}
}

// Item is the path of a list's element.
func Item(list string, index int) string { return fmt.Sprintf("%s[%d]", list, index) }

// Words stand in a message without quotes, where the value itself would say too much (a secret) or nothing.
type Words string

func (p *Problems) path(input string) string {
	switch {
	case p.section == "":
		return input
	case input == "":
		return p.section
	default:
		return p.section + "." + input
	}
}

// isWrong says whether an input, or what it lies in, is known to be wrong.
func (p *Problems) isWrong(path string) bool {
	return slices.ContainsFunc(p.found.wrong, func(wrong string) bool { return contains(wrong, path) })
}

// isTouched says whether an input, or anything in it or around it, is known to be wrong.
func (p *Problems) isTouched(path string) bool {
	return p.isWrong(path) || slices.ContainsFunc(p.found.wrong, func(wrong string) bool { return contains(path, wrong) })
}

// contains says whether a path is, or lies in, another one.
func contains(outer, path string) bool {
	return path == outer || strings.HasPrefix(path, outer+".") || strings.HasPrefix(path, outer+"[")
}

// Add records an error that says all by itself.
func (p *Problems) Add(err error) {
	if err != nil {
		p.found.errs = append(p.found.errs, err)
	}
}

// Err is nil when nothing was recorded, else all problems joined, in the order in which they were found.
func (p *Problems) Err() error { return errors.Join(p.found.errs...) }

// Problem is one wrong input.
type Problem struct {
	Input    string // the input's full name, as its author wrote it
	Value    any    // what was given
	Expected string // what would have been right
}

// Error names the input, the value and what was expected.
func (p *Problem) Error() string {
	if s, ok := p.Value.(string); ok {
		return fmt.Sprintf("%s: got %q, expected %s", p.Input, s, p.Expected)
	}
	return fmt.Sprintf("%s: got %v, expected %s", p.Input, p.Value, p.Expected)
}
