// Package property reads resource properties of any shape without ever failing. A planned property may be unknown until
// something else exists, secret, null, absent, or of an unexpected type, and the SDK's own accessors panic on any type but
// the right one. A Reading tells these cases apart; the rule decides what they mean.
package property

import (
	"strconv"
	"strings"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/property"
)

// State says what was found at a path.
type State int

// The states of a reading. The zero value is Missing.
const (
	Missing   State = iota // the path, or something on the way to it, is not there
	Null                   // it is there and holds null
	Unknown                // it is decided only when something else has been created
	WrongType              // it holds a value of another type than was asked for
	Known                  // it holds the value
)

// String names the state as messages print it.
func (s State) String() string {
	switch s {
	case Missing:
		return "not set"
	case Null:
		return "null"
	case Unknown:
		return "not known yet"
	case WrongType:
		return "of the wrong type"
	case Known:
		return "known"
	}
	return "state " + strconv.Itoa(int(s))
}

// Reading is what a path holds. Value is meaningful only when State is Known.
type Reading[T any] struct {
	Value  T
	State  State
	Secret bool // the value, or something around it, is secret: never print it
	// Partial is set on lists of which some elements are unknown: Value holds the others.
	Partial bool
}

// Known tells that the value can be evaluated.
func (r Reading[T]) Known() bool { return r.State == Known }

// Unknown tells that nothing can be evaluated before the deployment itself.
func (r Reading[T]) Unknown() bool { return r.State == Unknown }

// Absent tells that nothing was given, so AWS's default applies.
func (r Reading[T]) Absent() bool { return r.State == Missing || r.State == Null }

// Object is a cursor on a map of properties. The zero value is an object that is not there.
type Object struct {
	values sdk.Map
	state  State
	secret bool
}

// Of starts at a resource's properties.
func Of(values sdk.Map) Object { return Object{values: values, state: Known} }

// Bool reads a boolean. Some AWS properties are booleans in quotes; these count as booleans.
func (o Object) Bool(path string) Reading[bool] {
	return read(o, path, func(v sdk.Value) (bool, bool) {
		switch {
		case v.IsBool():
			return v.AsBool(), true
		case v.IsString():
			b, err := strconv.ParseBool(v.AsString())
			return b, err == nil
		}
		return false, false
	})
}

// Number reads a number. A number in quotes counts as one.
func (o Object) Number(path string) Reading[float64] {
	return read(o, path, func(v sdk.Value) (float64, bool) {
		switch {
		case v.IsNumber():
			return v.AsNumber(), true
		case v.IsString():
			n, err := strconv.ParseFloat(v.AsString(), 64)
			return n, err == nil
		}
		return 0, false
	})
}

// Text reads a string.
func (o Object) Text(path string) Reading[string] {
	return read(o, path, text)
}

// Texts reads a list of strings. Elements of another type are left out.
func (o Object) Texts(path string) Reading[[]string] {
	return list(o, path, func(v sdk.Value, _ bool) (string, bool) { return text(v) })
}

// Objects reads a list of objects. Elements of another type are left out.
func (o Object) Objects(path string) Reading[[]Object] {
	return list(o, path, func(v sdk.Value, secret bool) (Object, bool) {
		if !v.IsMap() {
			return Object{}, false
		}
		return Object{values: v.AsMap(), state: Known, secret: secret}, true
	})
}

// Object reads a nested object.
func (o Object) Object(path string) Reading[Object] {
	v, state, secret := o.find(path)
	r := Reading[Object]{State: state, Secret: secret}
	switch {
	case state == Known && v.IsMap():
		r.Value = Object{values: v.AsMap(), state: Known, secret: secret}
	case state == Known:
		r.State = WrongType
	}
	return r
}

// State tells what a path holds, whatever its type.
func (o Object) State(path string) State {
	_, state, _ := o.find(path)
	return state
}

// Value gives the raw value of a path, with the state Known, for those who take several types.
func (o Object) Value(path string) Reading[sdk.Value] {
	v, state, secret := o.find(path)
	return Reading[sdk.Value]{Value: v, State: state, Secret: secret}
}

// Describe says in words what a path holds, for a message: `port is 5432`, `kmsKeyId is not set`. A secret
// and everything that is not plain are described by their state alone.
func (o Object) Describe(path string) string {
	v, state, secret := o.find(path)
	switch {
	case state != Known:
		return path + " is " + state.String()
	case secret || v.HasSecrets():
		return path + " is a secret value"
	}
	if shown, ok := plain(v); ok {
		return path + " is " + shown
	}
	return path + " does not have the form that was expected"
}

// plain shows a scalar.
func plain(v sdk.Value) (string, bool) {
	switch {
	case v.IsBool():
		return strconv.FormatBool(v.AsBool()), true
	case v.IsNumber():
		return strconv.FormatFloat(v.AsNumber(), 'f', -1, 64), true
	case v.IsString():
		return strconv.Quote(v.AsString()), true
	}
	return "", false
}

func text(v sdk.Value) (string, bool) {
	if !v.IsString() {
		return "", false
	}
	return v.AsString(), true
}

// read takes one value through as, which says whether it has the right type.
func read[T any](o Object, path string, as func(sdk.Value) (T, bool)) Reading[T] {
	v, state, secret := o.find(path)
	r := Reading[T]{State: state, Secret: secret}
	if state != Known {
		return r
	}
	value, ok := as(v)
	if !ok {
		r.State = WrongType
		return r
	}
	r.Value = value
	return r
}

// list takes each element through as.
func list[T any](o Object, path string, as func(v sdk.Value, secret bool) (T, bool)) Reading[[]T] {
	v, state, secret := o.find(path)
	r := Reading[[]T]{State: state, Secret: secret}
	if state != Known {
		return r
	}
	if !v.IsArray() {
		r.State = WrongType
		return r
	}
	for _, element := range v.AsArray().All {
		if element.IsComputed() {
			r.Partial = true
			continue
		}
		r.Secret = r.Secret || element.Secret()
		if value, ok := as(element, secret || element.Secret()); ok {
			r.Value = append(r.Value, value)
		}
	}
	return r
}

// find walks a dotted path; a number selects an element of a list. The state it gives is never WrongType
// unless something on the way is neither a map nor a list.
func (o Object) find(path string) (sdk.Value, State, bool) {
	if o.state != Known {
		return sdk.Value{}, o.state, o.secret
	}
	value, secret := sdk.New(o.values), o.secret
	for key := range strings.SplitSeq(path, ".") {
		next, state := child(value, key)
		if state != Known {
			return sdk.Value{}, state, secret
		}
		value, secret = next, secret || next.Secret()
	}
	switch {
	case value.IsComputed():
		return sdk.Value{}, Unknown, secret
	case value.IsNull():
		return sdk.Value{}, Null, secret
	}
	return value, Known, secret
}

// child is one step of a path.
func child(parent sdk.Value, key string) (sdk.Value, State) {
	switch {
	case parent.IsComputed():
		return sdk.Value{}, Unknown
	case parent.IsNull():
		return sdk.Value{}, Missing
	case parent.IsMap():
		if v, ok := parent.AsMap().GetOk(key); ok {
			return v, Known
		}
		return sdk.Value{}, Missing
	case parent.IsArray():
		i, err := strconv.Atoi(key)
		if err != nil {
			return sdk.Value{}, WrongType
		}
		if i < 0 || i >= parent.AsArray().Len() {
			return sdk.Value{}, Missing
		}
		return parent.AsArray().Get(i), Known
	}
	return sdk.Value{}, WrongType
}
