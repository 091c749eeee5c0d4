package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/internal/environments"
)

// roots are the structs that hold all settings of a kind of stack.
var roots = []struct{ name, title string }{
	{"EnvironmentSettings", "An environment"},
	{"WorkloadsSettings", "Workloads"},
	{"TenantSettings", "A tenant"},
}

const head = `# Settings

<!-- Written by go generate ./stacks from the comments in stacks/settings.go, settings_workloads.go, settings_temporal.go,
settings_edge.go, settings_collector.go and settings_tenant.go. Change them there. -->

A stack's settings stand in its file ` + "`Pulumi.<stack>.yaml`" + `, below ` + "`config:`" + `, in one object under the key
` + "`platform:settings`" + `; the region stands beside it under ` + "`aws:region`" + `. The program reads them strictly: an unknown, missing or
wrong key is an error, and all errors of a file are reported at once, each with its full key. A key without a
default must be given. Text that looks like a number, such as a version, must stand in quotes.

There are three kinds of stack: an environment, which is all that its tenants share; workloads, which is what runs in its cluster; and a
tenant, which is what one tenant owns. Only an environment has a file in the repository: ` + "`platform up --workloads`" + ` writes the settings of
workloads from it, and ` + "`platform tenant`" + ` those of a tenant at each change, from the outputs of its stack.

The environments on AWS, in the order of delivery: %s; ` + "`local`" + ` is the local cloud's. Another one is a line in
` + "`internal/environments`" + ` and its file. In production (%s) more rules hold: deletion protection, NAT in
each zone, at least one administrator, two nodes that are not spot, a database in two zones, two cache nodes, backups
and snapshots kept for 7 days or more, an automatic breaker, a morning report, logs kept for 90 days and the trail for a year or more.

`

// section is one struct: its own comment and its keys, in the order of the source.
type section struct {
	doc  string
	keys []key
}

type key struct {
	name, typ, fallback, allowed, meaning string
	required                              bool
}

// generate gives the reference of the structs in Go files, for the environments of the registry.
func generate(registry environments.Registry, paths ...string) (string, error) {
	sections := map[string]section{}
	for _, path := range paths {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return "", fmt.Errorf("read the settings: %w", err)
		}
		if err := readSections(file, sections); err != nil {
			return "", err
		}
	}
	if err := complete(sections); err != nil {
		return "", err
	}
	var text strings.Builder
	production := slices.DeleteFunc(registry.Names(), func(name string) bool { return !registry.IsProduction(name) })
	fmt.Fprintf(&text, head, code(registry.Names()), code(production))
	written := map[string]bool{}
	for _, root := range roots {
		write(&text, sections, written, root.name, root.title, "")
	}
	return strings.TrimRight(text.String(), "\n") + "\n", nil
}

// complete refuses a key whose struct is in none of the files: the reference would leave its keys out.
func complete(sections map[string]section) error {
	var missing []string
	for _, s := range sections {
		for _, k := range s.keys {
			name := strings.TrimPrefix(k.typ, "[]")
			if _, exists := sections[name]; !exists && strings.HasSuffix(name, "Settings") {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return fmt.Errorf("the files of the settings do not have %s: name the file in sources", strings.Join(missing, ", "))
	}
	return nil
}

// code writes names as code.
func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// readSections adds the keys of each struct by its name.
func readSections(file *ast.File, sections map[string]section) error {
	for _, declaration := range file.Decls {
		general, ok := declaration.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, spec := range general.Specs {
			typ, ok := spec.(*ast.TypeSpec)
			if !ok {
				continue
			}
			if fields, ok := typ.Type.(*ast.StructType); ok {
				keys, err := keysOf(fields)
				if err != nil {
					return fmt.Errorf("%s: %w", typ.Name.Name, err)
				}
				sections[typ.Name.Name] = section{doc: sentence(typ.Name.Name, general.Doc), keys: keys}
			}
		}
	}
	return nil
}

func keysOf(fields *ast.StructType) ([]key, error) {
	var keys []key
	for _, field := range fields.Fields.List {
		text, err := strconv.Unquote(field.Tag.Value)
		if err != nil {
			return nil, fmt.Errorf("tag of %s: %w", field.Names[0].Name, err)
		}
		tag := reflect.StructTag(text)
		fallback, hasDefault := tag.Lookup("default")
		keys = append(keys, key{
			name: tag.Get("settings"), typ: typeName(field.Type), fallback: fallback, required: !hasDefault,
			allowed: tag.Get("allowed"), meaning: sentence(field.Names[0].Name, field.Doc),
		})
	}
	return keys, nil
}

// typeName is how Go's source writes the type.
func typeName(expression ast.Expr) string {
	switch expression := expression.(type) {
	case *ast.ArrayType:
		return "[]" + typeName(expression.Elt)
	case *ast.MapType:
		return "map"
	case *ast.SelectorExpr:
		return expression.Sel.Name
	case *ast.Ident:
		return expression.Name
	default:
		return ""
	}
}

// sentence gives a comment as one paragraph, without the Go name that it begins with.
func sentence(name string, comment *ast.CommentGroup) string {
	text := strings.Join(strings.Fields(comment.Text()), " ")
	text = strings.TrimPrefix(text, name+" ")
	for _, verb := range []string{"is ", "are ", "says ", "say "} {
		if rest, ok := strings.CutPrefix(text, verb); ok {
			text = rest
			break
		}
	}
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// write gives the table of a section's own keys, then the sections within it.
// What is written already, of another kind of stack, is not repeated.
func write(text *strings.Builder, sections map[string]section, written map[string]bool, name, title, prefix string) {
	s := sections[name]
	if prefix != "" && written[name+" "+prefix] {
		return
	}
	written[name+" "+prefix] = true
	fmt.Fprintf(text, "## %s\n\n", title)
	if prefix != "" {
		fmt.Fprintf(text, "%s\n\n", s.doc)
	}
	text.WriteString("| Key | Type | Default | Allowed | Meaning |\n|---|---|---|---|---|\n")
	for _, k := range s.keys {
		if _, nested := sections[strings.TrimPrefix(k.typ, "[]")]; nested && k.meaning == "" {
			continue
		}
		fmt.Fprintf(text, "| `%s%s` | %s | %s | %s | %s |\n",
			prefix, k.name, plainType(k.typ, sections), defaultOf(k, sections), k.allowed, k.meaning)
	}
	text.WriteString("\n")
	for _, k := range s.keys {
		nested := strings.TrimPrefix(k.typ, "[]")
		if _, ok := sections[nested]; !ok {
			continue
		}
		child := prefix + k.name
		if nested != k.typ {
			child += "[]"
		}
		write(text, sections, written, nested, "`"+child+"`", child+".")
	}
}

func defaultOf(k key, sections map[string]section) string {
	_, nested := sections[k.typ]
	switch {
	case nested:
		return "of each key"
	case k.required:
		return "(required)"
	case k.fallback == "":
		return "none"
	default:
		return "`" + k.fallback + "`"
	}
}

// plainType names a Go type as people do who write YAML.
func plainType(typ string, sections map[string]section) string {
	element, isList := strings.CutPrefix(typ, "[]")
	if isList {
		return "list of " + plainType(element, sections) + "s"
	}
	switch typ {
	case "int":
		return "whole number"
	case "bool":
		return "boolean"
	case "Decimal":
		return "amount"
	case "Secret":
		return "secret"
	case "map":
		return "texts by name"
	}
	if _, nested := sections[typ]; nested {
		return "object"
	}
	return "text"
}
