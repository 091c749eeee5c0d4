package stacks

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/check"
)

// Settings arrive as JSON from the engine and as YAML from a stack file. Both become one tree of
// map[string]any, []any, string, json.Number, bool, null and secure.
type (
	null   struct{} // a key without a value
	secure struct{} // a value that a stack file holds encrypted
)

// parseJSON reads one JSON value, numbers kept as they are written.
func parseJSON(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one value")
	}
	return withNulls(value), nil
}

func withNulls(value any) any {
	switch value := value.(type) {
	case nil:
		return null{}
	case map[string]any:
		for key := range value {
			value[key] = withNulls(value[key])
		}
	case []any:
		for i := range value {
			value[i] = withNulls(value[i])
		}
	}
	return value
}

// fromYAML reads a node of a stack file. Keys that stand twice go to the report.
func fromYAML(key string, node *yaml.Node, r *report) any {
	switch node.Kind {
	case yaml.MappingNode:
		return objectFromYAML(key, node, r)
	case yaml.SequenceNode:
		list := make([]any, len(node.Content))
		for i, element := range node.Content {
			list[i] = fromYAML(check.Item(key, i), element, r)
		}
		return list
	case yaml.ScalarNode:
		return scalarFromYAML(node)
	default: // an alias; the same text again is clearer, and cannot grow without end
		return literal("an alias")
	}
}

func objectFromYAML(key string, node *yaml.Node, r *report) any {
	object := map[string]any{}
	lines := map[string]int{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		name, value := node.Content[i].Value, node.Content[i+1]
		child := join(key, name)
		if first, twice := lines[name]; twice {
			given := literal(fmt.Sprintf("two values, on lines %d and %d", first, node.Content[i].Line))
			r.require(false, child, given, "one")
			continue
		}
		lines[name] = node.Content[i].Line
		object[name] = fromYAML(child, value, r)
	}
	if _, encrypted := object["secure"].(string); encrypted && len(object) == 1 {
		return secure{}
	}
	return object
}

func scalarFromYAML(node *yaml.Node) any {
	var value any
	if err := node.Decode(&value); err != nil {
		return node.Value
	}
	switch value := value.(type) {
	case nil:
		return null{}
	case bool:
		return value
	case int:
		return json.Number(strconv.Itoa(value))
	case float64:
		if json.Valid([]byte(node.Value)) {
			return json.Number(node.Value)
		}
		return literal(node.Value)
	default: // text, and what YAML alone takes for something else: dates, numbers beyond 64 bits
		return node.Value
	}
}
