// Package check collects every problem of an input before anything is created, so that a person corrects a file or a
// call once, not once for each mistake.
package check

import (
	"errors"
	"fmt"
)

// Problems gathers what is wrong with one set of inputs. The zero value is ready to use.
type Problems struct {
	prefix string
	errs   []error
}

// Under returns an empty collection whose messages start with prefix, for instance "platform:settings." for
// settings or `network "main": ` for a component.
func Under(prefix string) *Problems { return &Problems{prefix: prefix} }

// Require records a problem with input unless ok. The value is printed as Go prints it (text in quotes) and
// expected says what would have been right. Never pass a secret as value.
func (p *Problems) Require(ok bool, input string, value any, expected string) {
	if !ok {
		p.errs = append(p.errs, &Problem{Input: p.prefix + input, Value: value, Expected: expected})
	}
}

// Add records an error that needs no further context.
func (p *Problems) Add(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

// Err returns nil if there are no problems, otherwise all of them joined, in the order in which they were found.
func (p *Problems) Err() error { return errors.Join(p.errs...) }

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
