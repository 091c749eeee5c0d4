package bridged

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/sig"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/structpb"
)

const differences = "topic:topicArn rules.filter:filters[] rules.filter.and:ands[] aliases[]:alias aliases.name:dnsName " +
	"policy~json enabled~bool delay:delaySeconds~number authority:authorities~first old~dropped"

func mustShape(t *testing.T) shape {
	t.Helper()
	s, err := parseShape(differences)
	require.NoError(t, err)
	return s
}

func object(t *testing.T, fields map[string]any) *structpb.Struct {
	t.Helper()
	o, err := structpb.NewStruct(fields)
	require.NoError(t, err)
	return o
}

func TestObjectsAreTranslatedBothWays(t *testing.T) {
	t.Parallel()
	secret := func(value any) map[string]any { return map[string]any{sig.Key: sig.Secret, "value": value} }
	for name, test := range map[string]struct{ outer, inner map[string]any }{
		"what does not differ":     {map[string]any{"region": "r"}, map[string]any{"region": "r"}},
		"a new name":               {map[string]any{"topic": "arn"}, map[string]any{"topicArn": "arn"}},
		"an unknown":               {map[string]any{"topic": plugin.UnknownStringValue}, map[string]any{"topicArn": plugin.UnknownStringValue}},
		"an inner list":            {map[string]any{"rules": []any{map[string]any{"filter": map[string]any{"prefix": "a"}}}}, map[string]any{"rules": []any{map[string]any{"filters": []any{map[string]any{"prefix": "a"}}}}}},
		"an inner list in one":     {map[string]any{"rules": []any{map[string]any{"filter": map[string]any{"and": map[string]any{"prefix": "a"}}}}}, map[string]any{"rules": []any{map[string]any{"filters": []any{map[string]any{"ands": []any{map[string]any{"prefix": "a"}}}}}}}},
		"an empty inner list":      {map[string]any{"rules": []any{map[string]any{"filter": nil}}}, map[string]any{"rules": []any{map[string]any{"filters": []any{}}}}},
		"an unknown inner list":    {map[string]any{"rules": []any{map[string]any{"filter": plugin.UnknownStringValue}}}, map[string]any{"rules": []any{map[string]any{"filters": plugin.UnknownStringValue}}}},
		"an outer list":            {map[string]any{"aliases": []any{map[string]any{"name": "n"}}}, map[string]any{"alias": map[string]any{"dnsName": "n"}}},
		"an empty outer list":      {map[string]any{"aliases": []any{}}, map[string]any{"alias": nil}},
		"an unknown outer list":    {map[string]any{"aliases": plugin.UnknownStringValue}, map[string]any{"alias": plugin.UnknownStringValue}},
		"a truth as text":          {map[string]any{"enabled": true}, map[string]any{"enabled": "true"}},
		"a number as text":         {map[string]any{"delay": 30.0}, map[string]any{"delaySeconds": "30"}},
		"a secret":                 {map[string]any{"topic": secret("arn")}, map[string]any{"topicArn": secret("arn")}},
		"objects in a secret":      {map[string]any{"rules": secret([]any{map[string]any{"filter": map[string]any{}}})}, map[string]any{"rules": secret([]any{map[string]any{"filters": []any{map[string]any{}}}})}},
		"what the bridge notes":    {map[string]any{"__defaults": []any{"topicArn"}}, map[string]any{"__defaults": []any{"topicArn"}}},
		"what only the bridge has": {map[string]any{"topicId": "t"}, map[string]any{"topicId": "t"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inner, err := mustShape(t).toInner(object(t, test.outer), contentFiles{})
			require.NoError(t, err)
			assert.Equal(t, test.inner, inner.AsMap(), "to the bridge")
			outer, err := mustShape(t).toOuter(object(t, test.inner), contentFiles{})
			require.NoError(t, err)
			assert.Equal(t, test.outer, outer.AsMap(), "to the engine")
		})
	}
}

func TestObjectsBecomeJSONTextUnlessUnknown(t *testing.T) {
	t.Parallel()
	s := mustShape(t)
	for name, test := range map[string]struct{ given, expected any }{
		"text":              {`{"a":1}`, `{"a":1}`},
		"an object":         {map[string]any{"a": "b"}, `{"a":"b"}`},
		"a list":            {[]any{"a"}, `["a"]`},
		"a part is unknown": {map[string]any{"a": plugin.UnknownStringValue}, plugin.UnknownStringValue},
	} {
		inner, err := s.toInner(object(t, map[string]any{"policy": test.given}), contentFiles{})
		require.NoError(t, err, name)
		assert.Equal(t, test.expected, inner.AsMap()["policy"], name)
	}
}

func TestWhatOneSideLacksIsLeftOut(t *testing.T) {
	t.Parallel()
	s := mustShape(t)
	inner, err := s.toInner(object(t, map[string]any{"old": "x", "authority": map[string]any{"data": "d"}}), contentFiles{})
	require.NoError(t, err)
	assert.Empty(t, inner.AsMap())
	outer, err := s.toOuter(object(t, map[string]any{"authorities": []any{map[string]any{"data": "d"}}}), contentFiles{})
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"authorities": []any{map[string]any{"data": "d"}}, "authority": map[string]any{"data": "d"},
	}, outer.AsMap())
}

func TestPathsAreTranslatedBothWays(t *testing.T) {
	t.Parallel()
	s := mustShape(t)
	for outer, inner := range map[string]string{
		"region":                     "region",
		"topic":                      "topicArn",
		"rules[2].filter":            "rules[2].filters",
		"rules[2].filter.prefix":     "rules[2].filters[0].prefix",
		"rules[2].filter.and.prefix": "rules[2].filters[0].ands[0].prefix",
		`rules["*"].filter.prefix`:   `rules["*"].filters[0].prefix`,
		"aliases[0].name":            "alias.dnsName",
		`tags["a.b"]`:                `tags["a.b"]`,
	} {
		assert.Equal(t, inner, s.pathToInner(outer))
		assert.Equal(t, outer, s.pathToOuter(inner))
	}
}

func TestMessagesNameWhatTheProgramNames(t *testing.T) {
	t.Parallel()
	assert.Equal(t, `"topic" is required`, mustShape(t).textToOuter(`"topicArn" is required`))
}

func TestMalformedDifferencesAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"topic", "topic:", ":topicArn", "topic~unheard"} {
		_, err := parseShape(text)
		assert.ErrorContains(t, err, text)
	}
}

// TestTablesAreWellFormed catches a slip in a table without the tools that the comparison with the bridge needs.
func TestTablesAreWellFormed(t *testing.T) {
	t.Parallel()
	for _, pkg := range []Package{AWS, Random} {
		_, err := parseShape(pkg.Config)
		require.NoError(t, err, pkg.Name)
		seen, inner := map[string]bool{}, map[string]bool{}
		for _, m := range pkg.Resources {
			_, err := parseShape(m.Differences)
			require.NoError(t, err, m.Pulumi)
			assert.False(t, seen[m.Pulumi], "%s is there twice", m.Pulumi)
			assert.False(t, inner[m.Terraform], "%s is there twice: what the bridge logs could not be told apart", m.Terraform)
			seen[m.Pulumi], inner[m.Terraform] = true, true
		}
		for _, m := range pkg.Functions {
			_, err := parseShape(m.Differences)
			require.NoError(t, err, m.Pulumi)
			assert.False(t, seen[m.Pulumi], "%s is there twice", m.Pulumi)
			seen[m.Pulumi] = true
		}
	}
}
