package bridged

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	"google.golang.org/protobuf/types/known/structpb"
)

// files turns assets and archives into paths of files that hold their content.
type files interface {
	path(value *structpb.Value) (*structpb.Value, error)
}

// toInner translates an object from the outer names and forms to the inner ones.
func (s shape) toInner(object *structpb.Struct, assets files) (*structpb.Struct, error) {
	if object == nil {
		return nil, nil //nolint:nilnil // an absent object stays absent
	}
	translated := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(object.GetFields()))}
	for name, value := range object.GetFields() {
		f, differs := s[name]
		switch {
		case !differs || isMark(name):
			translated.Fields[name] = value
		case f.change == outerOnly || f.change == firstOf:
		default:
			value, err := f.toInner(value, assets)
			if err != nil {
				return nil, err
			}
			translated.Fields[f.inner] = value
		}
	}
	return translated, nil
}

func (f *field) toInner(value *structpb.Value, assets files) (*structpb.Value, error) {
	switch f.change {
	case outerList:
		if list, ok := value.GetKind().(*structpb.Value_ListValue); ok {
			if len(list.ListValue.GetValues()) == 0 {
				return structpb.NewNullValue(), nil
			}
			return f.nested(list.ListValue.GetValues()[0], shape.toInner, assets)
		}
	case innerList:
		if isNull(value) {
			return structpb.NewListValue(&structpb.ListValue{}), nil
		}
		if !isUnknown(value) {
			nested, err := f.nested(value, shape.toInner, assets)
			if err != nil {
				return nil, err
			}
			return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{nested}}), nil
		}
	case jsonText:
		return toJSONText(value)
	case boolText:
		if b, ok := value.GetKind().(*structpb.Value_BoolValue); ok {
			return structpb.NewStringValue(strconv.FormatBool(b.BoolValue)), nil
		}
	case numberText:
		if n, ok := value.GetKind().(*structpb.Value_NumberValue); ok {
			return structpb.NewStringValue(strconv.FormatFloat(n.NumberValue, 'f', -1, 64)), nil
		}
	case filePath:
		return assets.path(value)
	case asIs, idText, outerOnly, firstOf:
	}
	return f.nested(value, shape.toInner, assets)
}

// toOuter translates an object from the inner names and forms to the outer ones. Paths of files stay paths: their content
// is what the program gave, which the caller knows.
func (s shape) toOuter(object *structpb.Struct, assets files) (*structpb.Struct, error) {
	if object == nil {
		return nil, nil //nolint:nilnil // an absent object stays absent
	}
	outer := s.outerNames()
	translated := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(object.GetFields()))}
	for name, value := range object.GetFields() {
		outerName, differs := outer[name]
		if !differs || isMark(name) {
			translated.Fields[name] = value
			continue
		}
		value, err := s[outerName].toOuter(value, assets)
		if err != nil {
			return nil, err
		}
		translated.Fields[outerName] = value
	}
	for name, f := range s {
		if f.change != firstOf {
			continue
		}
		if value, ok := object.GetFields()[f.inner]; ok {
			if list, ok := value.GetKind().(*structpb.Value_ListValue); ok {
				value = first(list.ListValue)
			}
			translated.Fields[name] = value
		}
	}
	return translated, nil
}

// toOuter keeps every inner state apart from every other, because the bridge rebuilds Terraform's state from what comes
// back: an empty inner list is a null here, a missing one is missing.
func (f *field) toOuter(value *structpb.Value, assets files) (*structpb.Value, error) {
	switch f.change {
	case innerList:
		if list, ok := value.GetKind().(*structpb.Value_ListValue); ok {
			value = first(list.ListValue)
		}
	case outerList:
		if isNull(value) {
			return structpb.NewListValue(&structpb.ListValue{}), nil
		}
		if !isUnknown(value) {
			nested, err := f.nested(value, shape.toOuter, assets)
			return structpb.NewListValue(&structpb.ListValue{Values: []*structpb.Value{nested}}), err
		}
	case boolText:
		if b, err := strconv.ParseBool(value.GetStringValue()); err == nil {
			return structpb.NewBoolValue(b), nil
		}
	case numberText:
		if n, err := strconv.ParseFloat(value.GetStringValue(), 64); err == nil {
			return structpb.NewNumberValue(n), nil
		}
	case asIs, jsonText, filePath, idText, outerOnly, firstOf:
	}
	return f.nested(value, shape.toOuter, assets)
}

// nested translates the objects in a value: the value itself, the items of a list, the entries of a map.
func (f *field) nested(
	value *structpb.Value, translate func(shape, *structpb.Struct, files) (*structpb.Struct, error), assets files,
) (*structpb.Value, error) {
	if len(f.fields) == 0 {
		return value, nil
	}
	switch kind := value.GetKind().(type) {
	case *structpb.Value_ListValue:
		list := &structpb.ListValue{Values: make([]*structpb.Value, 0, len(kind.ListValue.GetValues()))}
		for _, item := range kind.ListValue.GetValues() {
			translated, err := f.nested(item, translate, assets)
			if err != nil {
				return nil, err
			}
			list.Values = append(list.Values, translated)
		}
		return structpb.NewListValue(list), nil
	case *structpb.Value_StructValue:
		if wrapped, ok := wrappedValue(kind.StructValue); ok {
			translated, err := f.nested(wrapped, translate, assets)
			if err != nil {
				return nil, err
			}
			return rewrap(kind.StructValue, translated), nil
		}
		if kind.StructValue.GetFields()[sig.Key] != nil {
			return value, nil
		}
		object, err := translate(f.fields, kind.StructValue, assets)
		return structpb.NewStructValue(object), err
	default:
		return value, nil
	}
}

// isMark recognises a property that belongs to the bridge itself and not to the resource.
func isMark(name string) bool { return strings.HasPrefix(name, "__") }

func isNull(value *structpb.Value) bool {
	_, null := value.GetKind().(*structpb.Value_NullValue)
	return null || value.GetKind() == nil
}

func isUnknown(value *structpb.Value) bool {
	return value.GetStringValue() == plugin.UnknownStringValue
}

func first(list *structpb.ListValue) *structpb.Value {
	if len(list.GetValues()) == 0 {
		return structpb.NewNullValue()
	}
	return list.GetValues()[0]
}

// wrappedValue returns what a secret or an output value holds.
func wrappedValue(object *structpb.Struct) (*structpb.Value, bool) {
	switch object.GetFields()[sig.Key].GetStringValue() {
	case sig.Secret, sig.OutputValue:
		value, ok := object.GetFields()["value"]
		return value, ok
	}
	return nil, false
}

func rewrap(object *structpb.Struct, value *structpb.Value) *structpb.Value {
	wrapper := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(object.GetFields()))}
	for name, part := range object.GetFields() {
		wrapper.Fields[name] = part
	}
	wrapper.Fields["value"] = value
	return structpb.NewStructValue(wrapper)
}

// toJSONText writes an object or a list as JSON text. One that is not wholly known is not known at all.
func toJSONText(value *structpb.Value) (*structpb.Value, error) {
	switch kind := value.GetKind().(type) {
	case *structpb.Value_StructValue:
		if wrapped, ok := wrappedValue(kind.StructValue); ok {
			text, err := toJSONText(wrapped)
			if err != nil {
				return nil, err
			}
			return rewrap(kind.StructValue, text), nil
		}
	case *structpb.Value_ListValue:
	default:
		return value, nil
	}
	text, err := json.Marshal(value.AsInterface())
	if err != nil {
		return nil, err
	}
	if strings.Contains(string(text), plugin.UnknownStringValue) {
		return structpb.NewStringValue(plugin.UnknownStringValue), nil
	}
	return structpb.NewStringValue(string(text)), nil
}
