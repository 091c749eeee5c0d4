package provider

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"

	"github.com/genericcorp/platform/internal/betterstack"
	"github.com/genericcorp/platform/internal/check"
)

// checkInputs finds every mistake in the inputs of a kind that can be seen without asking anybody.
func checkInputs(k *betterstack.Kind, inputs resource.PropertyMap) []plugin.CheckFailure {
	var failures []plugin.CheckFailure
	fail := func(name, format string, args ...any) {
		failures = append(failures, plugin.CheckFailure{Property: resource.PropertyKey(name), Reason: name + ": " + fmt.Sprintf(format, args...)})
	}
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
		if k.Field(string(name)) == nil && (name != betterstack.ParentInput || !k.OnPage()) {
			fail(string(name), "got an input that there is none of")
		}
	}
	fields := k.Fields
	if k.OnPage() {
		fields = append([]betterstack.Field{{Name: betterstack.ParentInput, Type: betterstack.ID, Required: true}}, fields...)
	}
	for _, f := range fields {
		value, ok := given(inputs, f.Name)
		switch {
		case !ok && f.Required:
			fail(f.Name, "got nothing, expected %s", expected(f))
		case ok && !unknown(value) && !valid(f, value):
			fail(f.Name, "got %s, expected %s", show(value), expected(f))
		}
	}
	return failures
}

// valid says whether a field takes a value.
func valid(f betterstack.Field, value resource.PropertyValue) bool {
	switch f.Type {
	case betterstack.Text:
		return isText(f, value)
	case betterstack.ID:
		return isID(value)
	case betterstack.Whole:
		return isWhole(value) && value.NumberValue() >= float64(f.Least) && (f.Wholes == nil || slices.Contains(f.Wholes, int(value.NumberValue())))
	case betterstack.Truth:
		return value.IsBool()
	case betterstack.Texts:
		return every(value, func(e resource.PropertyValue) bool {
			return e.IsString() && (f.Texts == nil || slices.Contains(f.Texts, e.StringValue()))
		})
	case betterstack.Wholes:
		return every(value, isWhole)
	case betterstack.Objects:
		return every(value, resource.PropertyValue.IsObject)
	default:
		return false
	}
}

func isText(f betterstack.Field, value resource.PropertyValue) bool {
	return value.IsString() && value.StringValue() != "" && (f.Texts == nil || slices.Contains(f.Texts, value.StringValue()))
}

func isID(value resource.PropertyValue) bool {
	if !value.IsString() {
		return false
	}
	_, err := strconv.ParseUint(value.StringValue(), 10, 63)
	return err == nil
}

func isWhole(value resource.PropertyValue) bool {
	return value.IsNumber() && value.NumberValue() == math.Trunc(value.NumberValue())
}

func every(value resource.PropertyValue, ok func(resource.PropertyValue) bool) bool {
	return value.IsArray() && !slices.ContainsFunc(value.ArrayValue(), func(e resource.PropertyValue) bool { return !ok(e) })
}

// expected is what a field takes, in words.
func expected(f betterstack.Field) string {
	switch f.Type {
	case betterstack.Text:
		if f.Texts != nil {
			return check.Alternatives(f.Texts...)
		}
		return "a text"
	case betterstack.ID:
		return "an ID, which has digits alone"
	case betterstack.Whole:
		if f.Wholes != nil {
			var all []string
			for _, n := range f.Wholes {
				all = append(all, strconv.Itoa(n))
			}
			return check.Alternatives(all...)
		}
		return fmt.Sprintf("a whole number from %d", f.Least)
	case betterstack.Truth:
		return "true or false"
	case betterstack.Texts:
		return "a list of " + strings.Join(f.Texts, ", ")
	case betterstack.Wholes:
		return "a list of whole numbers"
	default:
		return "a list of objects"
	}
}

// show is a value in a message. None of them is a secret.
func show(value resource.PropertyValue) string {
	switch {
	case value.IsString():
		return strconv.Quote(value.StringValue())
	case value.IsNumber():
		return strconv.FormatFloat(value.NumberValue(), 'f', -1, 64)
	case value.IsArray():
		var all []string
		for _, element := range value.ArrayValue() {
			all = append(all, show(element))
		}
		return "[" + strings.Join(all, ", ") + "]"
	case value.IsBool():
		return strconv.FormatBool(value.BoolValue())
	default:
		return "a value of another kind"
	}
}
