package bridged

import (
	"encoding/json"

	"google.golang.org/protobuf/types/known/structpb"
)

// configToInner translates the provider's own configuration. The engine and the SDKs pass everything but text as JSON
// text, so each property is read, translated and written as JSON text again.
func configToInner(s shape, config *structpb.Struct) (*structpb.Struct, error) {
	read := &structpb.Struct{Fields: make(map[string]*structpb.Value, len(config.GetFields()))}
	for name, value := range config.GetFields() {
		read.Fields[name] = value
		if _, differs := s[name]; differs {
			read.Fields[name] = fromJSONText(value)
		}
	}
	translated, err := s.toInner(read, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range translated.GetFields() {
		if translated.Fields[name], err = toJSONText(value); err != nil {
			return nil, err
		}
	}
	return translated, nil
}

func fromJSONText(value *structpb.Value) *structpb.Value {
	text, ok := value.GetKind().(*structpb.Value_StringValue)
	if !ok {
		return value
	}
	var parsed any
	if json.Unmarshal([]byte(text.StringValue), &parsed) != nil {
		return value
	}
	decoded, err := structpb.NewValue(parsed)
	if err != nil {
		return value
	}
	return decoded
}
