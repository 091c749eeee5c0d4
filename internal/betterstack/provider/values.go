package provider

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/genericcorp/platform/internal/betterstack"
)

// encode writes the given fields of a kind as the API takes them.
func encode(k *betterstack.Kind, inputs resource.PropertyMap) map[string]any {
	attributes := map[string]any{}
	for _, f := range k.Fields {
		if value, ok := given(inputs, f.Name); ok {
			attributes[betterstack.Snake(f.Name)] = encodeValue(f.Type, value)
		}
	}
	return attributes
}

func encodeValue(t betterstack.Type, value resource.PropertyValue) any {
	switch {
	case t == betterstack.ID:
		if number, err := strconv.ParseInt(value.StringValue(), 10, 64); err == nil {
			return number
		}
		return value.StringValue()
	case value.IsArray():
		list := []any{}
		for _, element := range value.ArrayValue() {
			list = append(list, encodeValue(betterstack.Objects, element))
		}
		return list
	case value.IsObject():
		object := map[string]any{}
		for key, field := range value.ObjectValue() {
			if !field.IsNull() {
				object[betterstack.Snake(string(key))] = encodeValue(betterstack.Objects, field)
			}
		}
		return object
	default:
		return value.V
	}
}

// decode reads the fields of a kind from what the API tells. Like are the fields that are known already: the others are the API's own
// defaults, and left out, unless nothing is known.
func decode(k *betterstack.Kind, attributes map[string]any, like resource.PropertyMap) resource.PropertyMap {
	properties := resource.PropertyMap{}
	for _, f := range k.Fields {
		key := resource.PropertyKey(f.Name)
		value := attributes[betterstack.Snake(f.Name)]
		known, ok := given(like, f.Name)
		if value == nil || len(like) > 0 && !ok {
			continue
		}
		properties[key] = canonical(f.Type, decodeValue(f.Type, value, known))
	}
	return properties
}

func decodeValue(t betterstack.Type, value any, like resource.PropertyValue) resource.PropertyValue {
	switch v := value.(type) {
	case float64:
		if t == betterstack.Text || t == betterstack.ID {
			return resource.NewProperty(strconv.FormatFloat(v, 'f', -1, 64))
		}
		return resource.NewProperty(v)
	case string:
		if number, err := strconv.ParseFloat(v, 64); err == nil && t == betterstack.Whole {
			return resource.NewProperty(number)
		}
		return resource.NewProperty(v)
	case bool:
		return resource.NewProperty(v)
	case []any:
		return decodeList(v, like)
	case map[string]any:
		return decodeObject(v, like)
	default:
		return resource.NewNullProperty()
	}
}

func decodeList(elements []any, like resource.PropertyValue) resource.PropertyValue {
	list := []resource.PropertyValue{}
	for i, element := range elements {
		known := resource.NewNullProperty()
		if like.IsArray() && i < len(like.ArrayValue()) {
			known = like.ArrayValue()[i]
		}
		list = append(list, decodeValue(betterstack.Objects, element, known))
	}
	return resource.NewProperty(list)
}

// decodeObject leaves out what is not known, unless nothing is.
func decodeObject(fields map[string]any, like resource.PropertyValue) resource.PropertyValue {
	object := resource.PropertyMap{}
	for name, field := range fields {
		key := resource.PropertyKey(betterstack.Camel(name))
		known := resource.NewNullProperty()
		if like.IsObject() {
			var ok bool
			if known, ok = given(like.ObjectValue(), string(key)); !ok {
				continue
			}
		}
		if field != nil {
			object[key] = decodeValue(betterstack.Objects, field, known)
		}
	}
	return resource.NewProperty(object)
}

// canonical is a value as every comparison has it: lists of values have no order.
func canonical(t betterstack.Type, value resource.PropertyValue) resource.PropertyValue {
	if !value.IsArray() {
		return value
	}
	list := slices.Clone(value.ArrayValue())
	switch t {
	case betterstack.Texts:
		if slices.ContainsFunc(list, func(e resource.PropertyValue) bool { return !e.IsString() }) {
			return value
		}
		slices.SortFunc(list, func(a, b resource.PropertyValue) int {
			return cmp.Compare(a.StringValue(), b.StringValue())
		})
	case betterstack.Wholes:
		if slices.ContainsFunc(list, func(e resource.PropertyValue) bool { return !e.IsNumber() }) {
			return value
		}
		slices.SortFunc(list, func(a, b resource.PropertyValue) int { return cmp.Compare(a.NumberValue(), b.NumberValue()) })
	case betterstack.Text, betterstack.ID, betterstack.Whole, betterstack.Truth, betterstack.Objects:
		return value
	}
	return resource.NewProperty(list)
}

// given is the value of an input, if there is one.
func given(inputs resource.PropertyMap, name string) (resource.PropertyValue, bool) {
	value, ok := inputs[resource.PropertyKey(name)]
	return value, ok && !value.IsNull()
}

// unknown says whether a value, or anything in it, is known only later.
func unknown(value resource.PropertyValue) bool { return value.ContainsUnknowns() }
