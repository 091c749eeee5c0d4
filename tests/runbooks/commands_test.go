package runbooks

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is one statement of a block that runs a program: a pipeline, a loop or an assignment by a substitution is one.
// What only sets a variable, defines a function or says something is none.
type command struct {
	line int    // of the page
	text string // its first line
}

// sayings run no program that could fail.
var sayings = []string{"echo", "printf", "true", ":", "trap"}

// shell reads a block as bash does.
func (b block) shell() (*syntax.File, error) {
	return syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(b.body), "")
}

// commands are those of a block.
func (b block) commands() []command {
	file, err := b.shell()
	if err != nil {
		return nil // parse has said so
	}
	var found []command
	lines := strings.Split(b.body, "\n")
	for _, statement := range file.Stmts {
		if runsProgram(statement) {
			at := int(statement.Pos().Line())
			found = append(found, command{line: b.line + at, text: strings.TrimSpace(lines[at-1])})
		}
	}
	return found
}

func runsProgram(statement *syntax.Stmt) (yes bool) {
	syntax.Walk(statement, func(node syntax.Node) bool {
		switch node := node.(type) {
		case *syntax.FuncDecl:
			return false
		case *syntax.CallExpr:
			yes = yes || len(node.Args) > 0 && !slices.Contains(sayings, node.Args[0].Lit())
		}
		return true
	})
	return yes
}

// unset tells which variables the page's commands use that nothing on the page has set before, nor its reader was told to.
func (p page) unset(told []string) error {
	known := map[string]bool{}
	for _, name := range told {
		known[name] = true
	}
	var problems []error
	for _, b := range p.blocks {
		if b.kind == plain {
			for _, set := range exported.FindAllStringSubmatch(b.body, -1) {
				known[set[1]] = true
			}
			continue
		}
		file, err := b.shell()
		if err != nil {
			continue // parse has said so
		}
		for _, statement := range file.Stmts {
			syntax.Walk(statement, func(node syntax.Node) bool { learn(known, node); return true })
			syntax.Walk(statement, func(node syntax.Node) bool {
				if used, ok := node.(*syntax.ParamExp); ok && needsValue(used) && !known[used.Param.Value] {
					line := b.line + int(used.Pos().Line())
					problems = append(problems, fmt.Errorf("%s:%d: $%s is set nowhere", p.file, line, used.Param.Value))
				}
				return true
			})
		}
	}
	return errors.Join(problems...)
}

// learn notes which variables a node sets.
func learn(known map[string]bool, node syntax.Node) {
	switch node := node.(type) {
	case *syntax.Assign:
		if node.Name != nil {
			known[node.Name.Value] = true
		}
	case *syntax.WordIter:
		known[node.Name.Value] = true
	case *syntax.CallExpr:
		if len(node.Args) > 0 && node.Args[0].Lit() == "read" {
			for _, name := range node.Args[1:] {
				known[name.Lit()] = true
			}
		}
	}
}

// needsValue says that a use goes wrong without a value: it is no parameter of a function, and has no default.
func needsValue(used *syntax.ParamExp) bool {
	if used.Exp != nil && strings.HasPrefix(strings.TrimPrefix(used.Exp.Op.String(), ":"), "-") {
		return false
	}
	first := used.Param.Value[0]
	return first == '_' || first >= 'A' && first <= 'Z' || first >= 'a' && first <= 'z'
}
