package estimator

import (
	"fmt"
	"math"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/property"
)

// scope reads properties for prices: what is absent takes AWS's default, what is unknown or secret its worst allowed
// value, and what is of the wrong type is a problem.
type scope struct {
	evaluation *evaluation
	object     property.Object
	path       string // put before the names of properties in messages
	unknown    bool   // nothing in it is known: every property takes its worst value
}

// worst records that a value is not known and what was assumed instead. Secrets are treated as unknown, so that a
// report can never show them.
func (s scope) worst(name string, state property.State, secret bool, assumed string) {
	kind, what := Assumed, "is not known yet"
	switch {
	case state == property.WrongType:
		s.evaluation.problem(InvalidValue, s.path+name, s.path+name+" is of the wrong type: assumed "+assumed)
		return
	case secret:
		what = "is secret"
	}
	if s.evaluation.estimator.options.Unknown == Refuse {
		kind = Refused
	}
	s.evaluation.problem(kind, s.path+name, fmt.Sprintf("%s%s %s: assumed %s", s.path, name, what, assumed))
}

// choose resolves one reading.
func choose[T any](s scope, name string, r property.Reading[T], fallback, worst T) T {
	if s.unknown {
		r = property.Reading[T]{State: property.Unknown}
	}
	switch {
	case r.Absent():
		return fallback
	case r.Known() && !r.Secret:
		return r.Value
	}
	s.worst(name, r.State, r.Secret, fmt.Sprint(worst))
	return worst
}

// text reads a string.
func (s scope) text(name, fallback, worst string) string {
	return choose(s, name, s.object.Text(name), fallback, worst)
}

// class reads the class of a machine in lower case; the worst one is looked up only when it is needed.
func (s scope) class(name, fallback string, worst func() string) string {
	r := s.object.Text(name)
	if !s.unknown && (r.Absent() || r.Known() && !r.Secret) {
		return choose(s, name, r, fallback, "")
	}
	return choose(s, name, r, fallback, worst())
}

// flag reads a boolean.
func (s scope) flag(name string, fallback, worst bool) bool {
	return choose(s, name, s.object.Bool(name), fallback, worst)
}

// mostAny is the largest number that a property may have.
const mostAny = 1e12

// number reads a number that must not be negative.
func (s scope) number(name string, fallback, worst int) decimal.Decimal {
	r := s.object.Number(name)
	if !s.unknown && r.Known() && !r.Secret && (math.IsNaN(r.Value) || r.Value < 0 || r.Value > mostAny) {
		s.evaluation.problem(InvalidValue, s.path+name, fmt.Sprintf("%s%s is not a number from 0 to 1e12: assumed %d", s.path, name, worst))
		return whole(worst)
	}
	return decimal.NewFromFloat(choose(s, name, r, float64(fallback), float64(worst))).Round(6)
}

// given tells that a property has a value, known or not.
func (s scope) given(name string) bool {
	state := s.object.State(name)
	return s.unknown || state != property.Missing && state != property.Null
}

// isUnknown tells that a property's value is not known yet (or secret).
func (s scope) isUnknown(name string) bool {
	r := s.object.Value(name)
	return s.unknown || r.Unknown() || r.Secret
}

// inner reads a nested object; in an unknown one, or one of the wrong type, everything takes its worst value.
func (s scope) inner(name string) scope {
	r := s.object.Object(name)
	below := scope{evaluation: s.evaluation, object: r.Value, path: s.path + name + "."}
	if s.unknown || !r.Absent() && (!r.Known() || r.Secret) {
		below.unknown = true
		s.worst(name, r.State, r.Secret, "the worst of all its properties")
	}
	return below
}

// count counts a list's elements, known or not; an unknown list counts as worst.
func (s scope) count(name string, worst int) decimal.Decimal {
	r := s.object.Value(name)
	switch {
	case s.unknown:
	case r.Absent():
		return decimal.Zero
	case r.Known() && !r.Secret && r.Value.IsArray():
		return whole(r.Value.AsArray().Len())
	case r.Known() && !r.Secret:
		r.State = property.WrongType
	}
	s.worst(name, r.State, r.Secret, fmt.Sprintf("%d of them", worst))
	return whole(worst)
}

// each opens the elements of a list of objects. An element that is not known or no object is opened as unknown, and
// so is one element in place of a list that is not known.
func (s scope) each(name string) []scope {
	r := s.object.Value(name)
	if !s.unknown && r.Absent() {
		return nil
	}
	if s.unknown || !r.Known() || r.Secret || !r.Value.IsArray() {
		if r.Known() && !r.Secret {
			r.State = property.WrongType
		}
		s.worst(name, r.State, r.Secret, "one, at its worst")
		return []scope{{evaluation: s.evaluation, path: s.path + name + ".0.", unknown: true}}
	}
	var items []scope
	for i, item := range r.Value.AsArray().All {
		path := fmt.Sprintf("%s.%d", name, i)
		below := scope{evaluation: s.evaluation, path: s.path + path + "."}
		switch {
		case item.IsNull():
			continue
		case item.IsMap() && !item.Secret():
			below.object = property.Of(item.AsMap())
		default:
			below.unknown = true
			state := property.WrongType
			if item.IsComputed() {
				state = property.Unknown
			}
			s.worst(path, state, item.Secret(), "the worst of all its properties")
		}
		items = append(items, below)
	}
	return items
}

// texts reads a list of strings; an unknown list or element is worst.
func (s scope) texts(name string, fallback []string, worst func() string) []string {
	r := s.object.Value(name)
	switch {
	case !s.unknown && r.Absent():
		return fallback
	case s.unknown || !r.Known() || r.Secret || !r.Value.IsArray():
		if r.Known() && !r.Secret {
			r.State = property.WrongType
		}
		w := worst()
		s.worst(name, r.State, r.Secret, w)
		return []string{w}
	}
	var found []string
	for i, item := range r.Value.AsArray().All {
		switch {
		case item.IsNull():
		case item.IsString() && !item.Secret():
			found = append(found, item.AsString())
		default:
			w, state := worst(), property.WrongType
			if item.IsComputed() {
				state = property.Unknown
			}
			s.worst(fmt.Sprintf("%s.%d", name, i), state, item.Secret(), w)
			found = append(found, w)
		}
	}
	if len(found) == 0 {
		return fallback
	}
	return found
}

// lower is for names that AWS compares without case.
func lower(text string) string { return strings.ToLower(text) }
