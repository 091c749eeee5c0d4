package bridged

import (
	"context"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// model is the type of a property, on either side.
type model struct {
	kind   string // string, integer, number, boolean, list, map, object, asset, any
	elem   *model
	fields map[string]*model
	name   string // of the object's type, to end recursion
}

// compare returns what the shape does not explain, one line a difference, each with the notation that would explain it.
func compare(path string, outer, inner map[string]*model, s shape, seen map[string]bool) []string {
	var problems []string
	inners := maps.Clone(inner)
	var orphans []string
	for _, name := range slices.Sorted(maps.Keys(outer)) {
		f := s[name]
		if f == nil {
			f = &field{inner: name}
		}
		if f.change == outerOnly {
			continue
		}
		counterpart, ok := inners[f.inner]
		if f.change == firstOf {
			counterpart, ok = inner[f.inner]
		}
		if !ok {
			orphans = append(orphans, name)
			continue
		}
		if f.change != firstOf {
			delete(inners, f.inner)
		}
		problems = append(problems, compareValue(path+name, outer[name], counterpart, f, seen)...)
	}
	for _, name := range orphans {
		guess := closest(name, inners)
		problems = append(problems, fmt.Sprintf("%s%s: no counterpart; left: %v; try %q",
			path, name, slices.Sorted(maps.Keys(inners)), guess))
	}
	return problems
}

func compareValue(path string, outer, inner *model, f *field, seen map[string]bool) []string {
	switch f.change {
	case jsonText, boolText, numberText, filePath, idText, firstOf:
		return nil
	case innerList:
		if inner.kind != "list" {
			return []string{path + ": the bridge has no list here"}
		}
		inner = inner.elem
	case outerList:
		if outer.kind != "list" {
			return []string{path + ": pulumi-aws has no list here"}
		}
		outer = outer.elem
	case asIs, outerOnly:
	}
	for outer.kind == inner.kind && (outer.kind == "list" || outer.kind == "map") {
		outer, inner = outer.elem, inner.elem
	}
	if outer.kind != inner.kind {
		return []string{fmt.Sprintf("%s: %s here, %s (%s) in the bridge", path, outer.kind, inner.kind, f.inner)}
	}
	if outer.kind != "object" {
		return nil
	}
	if seen[outer.name] {
		return nil // a type that holds itself: Terraform ends it at some depth
	}
	seen[outer.name] = true
	defer delete(seen, outer.name)
	return compare(path+".", outer.fields, inner.fields, f.fields, seen)
}

func closest(name string, candidates map[string]*model) string {
	stem := func(s string) string {
		s = strings.ToLower(s)
		for _, end := range [][2]string{{"ies", "y"}, {"es", ""}, {"s", ""}} {
			if base, ok := strings.CutSuffix(s, end[0]); ok {
				return base + end[1]
			}
		}
		return strings.TrimSuffix(s, "e")
	}
	for candidate := range candidates {
		if stem(candidate) == stem(name) || strings.TrimSuffix(stem(candidate), "e") == strings.TrimSuffix(stem(name), "e") {
			return name + ":" + candidate
		}
	}
	return "?"
}

// sdk reads the property names and types of pulumi-aws and pulumi-random out of their Go SDK's sources.
type sdk struct {
	dir      string
	packages map[string]map[string]*ast.StructType
}

// openSDK finds a module that the product's own go.mod requires.
func openSDK(t *testing.T, module, sub string) *sdk {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Dir = filepath.Join("..", "..", "..", "..")
	list.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	out, err := list.Output()
	require.NoError(t, err, "find the SDK %s", module)
	return &sdk{dir: filepath.Join(strings.TrimSpace(string(out)), sub), packages: map[string]map[string]*ast.StructType{}}
}

func (s *sdk) structs(t *testing.T, module string) map[string]*ast.StructType {
	t.Helper()
	if found, ok := s.packages[module]; ok {
		return found
	}
	files, err := filepath.Glob(filepath.Join(s.dir, module, "*.go"))
	require.NoError(t, err)
	structs := map[string]*ast.StructType{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range parsed.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, spec := range general.Specs {
				named, ok := spec.(*ast.TypeSpec)
				if !ok {
					continue
				}
				if body, ok := named.Type.(*ast.StructType); ok {
					structs[named.Name.Name] = body
				}
			}
		}
	}
	s.packages[module] = structs
	return structs
}

// fields returns the properties of the first of the struct names that exists.
func (s *sdk) fields(t *testing.T, module string, names ...string) map[string]*model {
	t.Helper()
	structs := s.structs(t, module)
	for _, name := range names {
		if body, ok := structs[name]; ok {
			return s.objectFields(t, module, body, map[string]*model{})
		}
	}
	return nil
}

func (s *sdk) objectFields(t *testing.T, module string, body *ast.StructType, known map[string]*model) map[string]*model {
	fields := map[string]*model{}
	for _, f := range body.Fields.List {
		if f.Tag == nil || len(f.Names) == 0 {
			continue
		}
		_, tag, ok := strings.Cut(strings.Trim(f.Tag.Value, "`"), `pulumi:"`)
		if !ok {
			continue
		}
		fields[strings.TrimSuffix(tag, `"`)] = s.model(t, module, f.Type, known)
	}
	return fields
}

func (s *sdk) model(t *testing.T, module string, expression ast.Expr, known map[string]*model) *model {
	switch e := expression.(type) {
	case *ast.StarExpr:
		return s.model(t, module, e.X, known)
	case *ast.ArrayType:
		return &model{kind: "list", elem: s.model(t, module, e.Elt, known)}
	case *ast.MapType:
		return &model{kind: "map", elem: s.model(t, module, e.Value, known)}
	case *ast.InterfaceType:
		return &model{kind: "any"}
	case *ast.SelectorExpr:
		return &model{kind: "asset"}
	case *ast.Ident:
		switch e.Name {
		case "string":
			return &model{kind: "string"}
		case "int":
			return &model{kind: "number"} // the bridge knows no integers
		case "float64":
			return &model{kind: "number"}
		case "bool":
			return &model{kind: "boolean"}
		}
		if m, ok := known[e.Name]; ok {
			return m
		}
		m := &model{kind: "object", name: e.Name}
		known[e.Name] = m
		body, ok := s.structs(t, module)[e.Name]
		if !ok {
			return &model{kind: "string"} // an enumeration
		}
		m.fields = s.objectFields(t, module, body, known)
		return m
	}
	t.Fatalf("unexpected type %T", expression)
	return nil
}

// bridgeSchema is the part of a Pulumi package schema that matters here.
type bridgeSchema struct {
	Types     map[string]schemaObject `json:"types"`
	Resources map[string]struct {
		schemaObject
		InputProperties map[string]schemaProperty `json:"inputProperties"`
	} `json:"resources"`
	Functions map[string]struct {
		Inputs  schemaObject `json:"inputs"`
		Outputs schemaObject `json:"outputs"`
	} `json:"functions"`
	Provider struct {
		InputProperties map[string]schemaProperty `json:"inputProperties"`
	} `json:"provider"`

	known map[string]*model
}

type schemaObject struct {
	Properties map[string]schemaProperty `json:"properties"`
}

type schemaProperty struct {
	Type       string          `json:"type"`
	Ref        string          `json:"$ref"`
	Items      *schemaProperty `json:"items"`
	Additional *schemaProperty `json:"additionalProperties"`
}

func (s *bridgeSchema) fields(properties map[string]schemaProperty) map[string]*model {
	fields := map[string]*model{}
	for name, p := range properties {
		fields[name] = s.model(p)
	}
	return fields
}

func (s *bridgeSchema) model(p schemaProperty) *model {
	switch {
	case strings.HasPrefix(p.Ref, "#/types/"):
		name := strings.TrimPrefix(p.Ref, "#/types/")
		if m, ok := s.known[name]; ok {
			return m
		}
		m := &model{kind: "object", name: name}
		s.known[name] = m
		m.fields = s.fields(s.Types[name].Properties)
		return m
	case p.Ref != "":
		return &model{kind: "any"}
	case p.Type == "array":
		return &model{kind: "list", elem: s.model(*p.Items)}
	case p.Type == "object" && p.Additional != nil:
		return &model{kind: "map", elem: s.model(*p.Additional)}
	case p.Type == "object":
		return &model{kind: "map", elem: &model{kind: "string"}}
	case p.Type == "integer":
		return &model{kind: "number"}
	default:
		return &model{kind: p.Type}
	}
}

// TestTablesExplainEveryDifference compares, for every type and function of the tables, the properties that programs use
// with those that the dynamic bridge serves, and fails on any difference that the table does not hold.
func TestTablesExplainEveryDifference(t *testing.T) {
	for _, test := range []struct {
		pkg         Package
		module, sub string
	}{
		{AWS, "github.com/pulumi/pulumi-aws/sdk/v6", "go/aws"},
		{Random, "github.com/pulumi/pulumi-random/sdk/v4", "go/random"},
	} {
		t.Run(test.pkg.Name, func(t *testing.T) {
			if os.Getenv(bridgeVariable) == "" || os.Getenv(test.pkg.ProviderVariable) == "" {
				t.Skipf("needs the built tools of the local cloud: set %s and %s", bridgeVariable, test.pkg.ProviderVariable)
			}
			source := openSDK(t, test.module, test.sub)
			schema := serveSchema(t, test.pkg)
			for _, mapped := range test.pkg.Resources {
				module, title := tokenParts(mapped.Pulumi)
				resource, ok := schema.Resources[mapped.innerToken(test.pkg.Name)]
				require.True(t, ok, "%s: the bridge has no %s", mapped.Pulumi, mapped.innerToken(test.pkg.Name))
				lower := strings.ToLower(title[:1]) + title[1:]
				inputs := source.fields(t, module, lower+"Args")
				require.NotNil(t, inputs, mapped.Pulumi)
				report(t, mapped, "inputs", compare("", inputs, schema.fields(resource.InputProperties), mapped.mustShape(), map[string]bool{}))
				report(t, mapped, "outputs", compare("", source.fields(t, module, lower+"State"),
					schema.fields(resource.Properties), mapped.mustShape(), map[string]bool{}))
			}
			for _, mapped := range test.pkg.Functions {
				module, title := tokenParts(mapped.Pulumi)
				function, ok := schema.Functions[mapped.innerFunction(test.pkg.Name)]
				require.True(t, ok, "%s: the bridge has no %s", mapped.Pulumi, mapped.innerFunction(test.pkg.Name))
				verb := strings.ToUpper(title[:1]) + title[1:]
				lookup := "Lookup" + strings.TrimPrefix(verb, "Get")
				report(t, mapped, "arguments", compare("", source.fields(t, module, lookup+"Args", verb+"Args"),
					schema.fields(function.Inputs.Properties), mapped.mustShape(), map[string]bool{}))
				result := source.fields(t, module, lookup+"Result", verb+"Result")
				require.NotNil(t, result, mapped.Pulumi)
				report(t, mapped, "result", compare("", result,
					schema.fields(function.Outputs.Properties), mapped.mustShape(), map[string]bool{}))
			}
			configuration := source.fields(t, "", "providerArgs")
			report(t, Mapping{Pulumi: "pulumi:providers:" + test.pkg.Name}, "configuration", compare("", configuration,
				schema.fields(schema.Provider.InputProperties), test.pkg.configShape(), map[string]bool{}))
		})
	}
}

func report(t *testing.T, mapped Mapping, part string, problems []string) {
	t.Helper()
	for _, problem := range problems {
		t.Errorf("%s %s: %s", mapped.Pulumi, part, problem)
	}
}

func tokenParts(token string) (module, title string) {
	_, rest, _ := strings.Cut(token, ":")
	module, title, _ = strings.Cut(rest, ":")
	module, _, _ = strings.Cut(module, "/")
	if module == "index" {
		module = ""
	}
	return module, title
}

func serveSchema(t *testing.T, pkg Package) *bridgeSchema {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	in, err := startInner(ctx, pkg, t.TempDir(), nil)
	require.NoError(t, err)
	defer in.stop()
	text, err := in.schema(ctx)
	require.NoError(t, err)
	schema := &bridgeSchema{known: map[string]*model{}}
	require.NoError(t, json.Unmarshal([]byte(text), schema))
	return schema
}
