package checks

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/wasilibs/go-pgquery/parser"
)

// grammar is the version of PostgreSQL whose grammar the parser has.
const grammar = "17"

// node is a part of a statement, by PostgreSQL's own names. What is false or empty is left out.
// https://github.com/postgres/postgres/blob/REL_17_STABLE/src/include/nodes/parsenodes.h
type node map[string]any

// parsing is held by whoever parses: each that does so at once would compile the parser for itself, which takes seconds and 200 MB.
var parsing sync.Mutex

// parse reads one statement. A problem is what is wrong with the statement.
func parse(statement string) (tree node, problem string, err error) {
	parsing.Lock()
	defer parsing.Unlock()
	text, err := parser.ParseToJSON(statement)
	if refused := (*parser.Error)(nil); errors.As(err, &refused) {
		return nil, refused.Message, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("read a statement: %w", err)
	}
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, "it is nested too deeply", nil
	}
	return tree, "", nil
}

// walk visits the parts of a statement, in an order that is always the same. Where only one kind can be, a part has none.
func walk(value any, visit func(kind string, n node) (deeper bool)) {
	switch value := value.(type) {
	case node:
		walk(map[string]any(value), visit)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			kind := ""
			if key[0] >= 'A' && key[0] <= 'Z' {
				kind = key
			}
			part, isNode := value[key].(map[string]any)
			if !isNode || visit(kind, part) {
				walk(value[key], visit)
			}
		}
	case []any:
		for _, part := range value {
			walk(part, visit)
		}
	}
}

func (n node) text(key string) string {
	text, _ := n[key].(string)
	return text
}

func (n node) flag(key string) bool {
	set, _ := n[key].(bool)
	return set
}

func (n node) node(key string) node {
	part, _ := n[key].(map[string]any)
	return part
}

// table is the name of the table that a key leads to.
func (n node) table(key string) string { return n.node(key).text("relname") }

// list are the parts of one kind that a key leads to.
func (n node) list(key, kind string) []node {
	values, _ := n[key].([]any)
	var parts []node
	for _, value := range values {
		wrapped, _ := value.(map[string]any)
		if part := node(wrapped).node(kind); part != nil {
			parts = append(parts, part)
		}
	}
	return parts
}

// names are the parts of a name that a key leads to.
func (n node) names(key string) []string {
	var names []string
	for _, part := range n.list(key, "String") {
		names = append(names, part.text("sval"))
	}
	return names
}

// last is a name without what it is qualified by.
func last(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[len(names)-1]
}

// option tells whether one of a statement's options is on.
func (n node) option(key, name string) bool {
	for _, option := range n.list(key, "DefElem") {
		if option.text("defname") == name {
			said := option.node("arg").node("String").text("sval")
			return said != "false" && said != "off"
		}
	}
	return false
}
