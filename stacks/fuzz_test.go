package stacks

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"gopkg.in/yaml.v3"
	"pgregory.net/rapid"
)

// Whatever a file holds, it is settings or an error, never a panic.
func FuzzParseFile(f *testing.F) {
	f.Add([]byte(right))
	for _, wrong := range wrongFiles {
		f.Add([]byte(strings.Replace(right, wrong.old, wrong.spoilt, 1)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		settings, err := parseFile(data)
		if err == nil && settings.Environment == nil && settings.Tenant == nil {
			t.Fatal("neither settings nor an error")
		}
	})
}

// Any value of any type at any key is taken or refused by a message, and never reaches the program half read.
func TestAnyTreeIsJudged(t *testing.T) {
	t.Parallel()
	keys := []string{""}
	for key := range allowedValues {
		keys = append(keys, key)
	}
	rapid.Check(t, func(t *rapid.T) {
		tree := objectOf(t, right)
		for range rapid.IntRange(1, 5).Draw(t, "changes") {
			key := rapid.SampledFrom(keys).Draw(t, "key")
			set(tree, strings.Split(key, "."), anyValue(3).Draw(t, "value"))
		}
		settings, err := loadTree(tree, "us-east-1", newReport(), rapid.Bool().Draw(t, "open"))
		if (err == nil) != (settings.Environment != nil || settings.Tenant != nil) {
			t.Fatalf("settings %v with error %v", settings, err)
		}
	})
}

// A text that stands for a secret never comes back in an error.
func TestSecretsAreNotPrinted(t *testing.T) {
	t.Parallel()
	const hidden = "hidden-token"
	for _, url := range []string{"https://" + hidden, "http://uptime.example/" + hidden, hidden} {
		for _, open := range []bool{true, false} {
			tree := objectOf(t, right)
			set(tree, []string{"monitoring", "betterStackUrl"}, url)
			_, err := loadTree(tree, "us-east-1", newReport(), open)
			require.ErrorContains(t, err, "platform:settings.monitoring.betterStackUrl: got ")
			require.NotContains(t, err.Error(), hidden)
		}
	}
	require.Equal(t, "[secret]", Secret{value: hidden}.String())
	require.Equal(t, "[secret]", Secret{value: hidden}.GoString())
}

// Every default in a tag can be read and is of its field's type.
func TestDefaultsAreReadable(t *testing.T) {
	t.Parallel()
	var walk func(section reflect.Type)
	walk = func(section reflect.Type) {
		for _, f := range fieldsOf(section) {
			require.NotEmpty(t, f.key, "%s has a field without a key", section)
			element := f.typ
			if element.Kind() == reflect.Slice {
				element = element.Elem()
			}
			if isSection(element) {
				walk(element)
			}
			if !isSection(f.typ) {
				require.NotEmpty(t, f.allowed, "%s does not say what it allows", f.key)
			}
			if f.hasDefault && f.text != "" {
				_, broken := f.defaultValue().(json.Number)
				require.True(t, !broken || f.typ.Kind() == reflect.Int || f.typ == decimalType, "default of %s", f.key)
			}
		}
	}
	walk(reflect.TypeFor[EnvironmentSettings]())
	walk(reflect.TypeFor[TenantSettings]())
}

func TestErrorsKeepTheirKind(t *testing.T) {
	t.Parallel()
	r := newReport()
	reportTypes(errors.New("of another library"), r)
	require.EqualError(t, r.err(), "platform:settings: of another library")
}

func anyValue(depth int) *rapid.Generator[any] {
	scalars := []*rapid.Generator[any]{
		rapid.Just(any(null{})), rapid.Just(any(secure{})), rapid.Just(any(literal("an alias"))),
		rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Map(rapid.StringMatching(`-?[0-9]{1,25}(\.[0-9]{1,3})?(e[0-9]{1,9})?`),
			func(text string) any { return json.Number(text) }),
	}
	if depth > 0 {
		scalars = append(scalars,
			rapid.Map(rapid.SliceOfN(anyValue(depth-1), 0, 3), func(list []any) any { return list }),
			rapid.Map(rapid.MapOfN(rapid.String(), anyValue(depth-1), 0, 3), func(m map[string]any) any { return m }))
	}
	return rapid.OneOf(scalars...)
}

// set puts a value into a tree, through the first element of every list on the way.
func set(tree map[string]any, path []string, value any) {
	if len(path) == 1 {
		tree[path[0]] = value
		return
	}
	next := tree[path[0]]
	if list, ok := next.([]any); ok && len(list) > 0 {
		next = list[0]
	}
	if object, ok := next.(map[string]any); ok {
		set(object, path[1:], value)
	}
}

// objectOf reads the settings of a stack file into a tree.
func objectOf(t require.TestingT, file string) map[string]any {
	var document struct {
		Config map[string]yaml.Node `yaml:"config"`
	}
	require.NoError(t, yaml.Unmarshal([]byte(file), &document))
	node := document.Config[settingsKey]
	tree, ok := fromYAML("", &node, newReport()).(map[string]any)
	require.True(t, ok)
	return tree
}
