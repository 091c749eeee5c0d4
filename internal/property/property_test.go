package property_test

import (
	"strings"
	"testing"

	sdk "github.com/pulumi/pulumi/sdk/v3/go/property"
	sdktest "github.com/pulumi/pulumi/sdk/v3/go/property/testing"
	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/property"
)

func object(values map[string]sdk.Value) property.Object { return property.Of(sdk.NewMap(values)) }

var sample = map[string]sdk.Value{
	"yes":     sdk.New(true),
	"quoted":  sdk.New("false"),
	"port":    sdk.New(5432.0),
	"digits":  sdk.New("16"),
	"name":    sdk.New("main"),
	"null":    sdk.New(sdk.Null),
	"unknown": sdk.New(sdk.Computed),
	"secret":  sdk.New("hunter2").WithSecret(true),
	"names":   sdk.New([]sdk.Value{sdk.New("a"), sdk.New(sdk.Computed), sdk.New(3.0), sdk.New("b")}),
	"nested": sdk.New(map[string]sdk.Value{
		"deep": sdk.New("x"),
		"list": sdk.New([]sdk.Value{sdk.New(map[string]sdk.Value{"k": sdk.New("v")}), sdk.New("no object")}),
	}),
	"vault": sdk.New(map[string]sdk.Value{"inner": sdk.New("hunter2")}).WithSecret(true),
}

func TestStates(t *testing.T) {
	t.Parallel()
	o := object(sample)
	for path, want := range map[string]property.State{
		"yes": property.Known, "null": property.Null, "unknown": property.Unknown, "absent": property.Missing,
		"null.below": property.Missing, "unknown.below": property.Unknown, "yes.below": property.WrongType,
		"nested.deep": property.Known, "nested.list.0.k": property.Known, "nested.list.7": property.Missing,
		"nested.list.-1": property.Missing, "nested.list.k": property.WrongType,
	} {
		assert.Equal(t, want, o.State(path), path)
	}
	assert.Equal(t, property.Missing, property.Object{}.State("anything"))
}

func TestReadings(t *testing.T) {
	t.Parallel()
	o := object(sample)
	assert.Equal(t, property.Reading[bool]{Value: true, State: property.Known}, o.Bool("yes"))
	assert.Equal(t, property.Reading[bool]{State: property.Known}, o.Bool("quoted"))
	assert.Equal(t, property.WrongType, o.Bool("name").State)
	assert.InDelta(t, 5432, o.Number("port").Value, 0)
	assert.InDelta(t, 16, o.Number("digits").Value, 0)
	assert.Equal(t, property.WrongType, o.Number("yes").State)
	assert.Equal(t, property.Reading[string]{Value: "hunter2", State: property.Known, Secret: true}, o.Text("secret"))
	assert.True(t, o.Text("vault.inner").Secret)
	assert.Equal(t, property.Reading[[]string]{Value: []string{"a", "b"}, State: property.Known, Partial: true}, o.Texts("names"))
	assert.Len(t, o.Objects("nested.list").Value, 1)
	assert.Equal(t, "x", o.Object("nested").Value.Text("deep").Value)
	assert.Equal(t, property.WrongType, o.Object("name").State)
	assert.True(t, o.Object("vault").Value.Text("inner").Secret)
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	o := object(sample)
	for path, want := range map[string]string{
		"yes": "yes is true", "port": "port is 5432", "name": `name is "main"`, "null": "null is null",
		"absent": "absent is not set", "unknown": "unknown is not known yet", "yes.below": "yes.below is of the wrong type",
		"secret": "secret is a secret value", "vault.inner": "vault.inner is a secret value",
		"vault": "vault is a secret value", "nested": "nested does not have the form that was expected",
	} {
		assert.Equal(t, want, o.Describe(path))
	}
}

// Whatever a resource holds, reading it never panics and never shows a secret.
func TestReadingNeverFails(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := sdktest.Value(4).Draw(t, "value")
		o := object(map[string]sdk.Value{
			"p":      value,
			"secret": sdk.New([]sdk.Value{sdk.New("hunter2"), value}).WithSecret(true),
		})
		path := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"p", "secret", "0", "1", "-1", "", "x"}), 1, 4).Draw(t, "path"), ".")
		o.Bool(path)
		o.Number(path)
		o.Text(path)
		o.Texts(path)
		o.Objects(path)
		o.Object(path).Value.Text(path)
		assert.NotContains(t, o.Describe(path), "hunter2")
	})
}
