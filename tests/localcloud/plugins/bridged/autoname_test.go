package bridged

import (
	"strings"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnnamedResourcesGetNames(t *testing.T) {
	t.Parallel()
	lower := Mapping{Name: &autoName{Property: "bucket", Max: 20, Lower: true}}
	alias := Mapping{Name: &autoName{Property: "name", Max: 256, Start: "alias/"}}
	queue := Mapping{Name: &autoName{Property: "name", Max: 80, FIFO: "fifo"}}
	plain := Mapping{}
	for name, test := range map[string]struct {
		mapping      Mapping
		logical      string
		inputs, olds map[string]any
		property     string
		matches      string
	}{
		"new":                       {mapping: lower, logical: "Trail", property: "bucket", matches: `^trail-[0-9a-f]{7}$`},
		"given":                     {mapping: lower, logical: "Trail", inputs: map[string]any{"bucket": "Mine"}, property: "bucket", matches: `^Mine$`},
		"as before":                 {mapping: lower, logical: "Trail", olds: map[string]any{"bucket": "trail-1", "__defaults": []any{"bucket"}}, property: "bucket", matches: `^trail-1$`},
		"new after a given one":     {mapping: lower, logical: "Trail", olds: map[string]any{"bucket": "mine"}, property: "bucket", matches: `^trail-[0-9a-f]{7}$`},
		"from a prefix":             {mapping: lower, logical: "Trail", inputs: map[string]any{"bucketPrefix": "Logs-"}, property: "bucket", matches: `^logs-[0-9a-f]{7}$`},
		"with a fixed start":        {mapping: alias, logical: "key", property: "name", matches: `^alias/key-[0-9a-f]{7}$`},
		"with a fixed end":          {mapping: queue, logical: "q", inputs: map[string]any{"fifo": true}, property: "name", matches: `^q-[0-9a-f]{7}\.fifo$`},
		"from a prefix, by default": {mapping: plain, logical: "x", inputs: map[string]any{"namePrefix": "p-"}, property: "name", matches: `^p-[0-9a-f]{7}$`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inputs := object(t, test.inputs)
			if test.inputs == nil {
				inputs = object(t, map[string]any{})
			}
			_, err := test.mapping.applyName(&pulumirpc.CheckRequest{Name: test.logical, Olds: object(t, test.olds), RandomSeed: []byte("seed")}, inputs)
			require.NoError(t, err)
			assert.Regexp(t, test.matches, inputs.AsMap()[test.property])
			assert.NotContains(t, inputs.AsMap(), test.property+"Prefix")
		})
	}
}

func TestTooLongNamesAreRefused(t *testing.T) {
	t.Parallel()
	m := Mapping{Name: &autoName{Property: "name", Max: 20}}
	_, err := m.applyName(&pulumirpc.CheckRequest{Name: strings.Repeat("x", 20)}, object(t, map[string]any{}))
	assert.ErrorContains(t, err, "longer than maximum length 20")
}

func TestRefreshKeepsThatANameWasMade(t *testing.T) {
	t.Parallel()
	m := Mapping{Name: &autoName{Property: "name", Max: 20}}
	before := object(t, map[string]any{"name": "a-1", "__defaults": []any{"name"}})
	same, other := object(t, map[string]any{"name": "a-1"}), object(t, map[string]any{"name": "b"})
	m.keepMark(before, same)
	m.keepMark(before, other)
	assert.Equal(t, []string{"name"}, marks(same))
	assert.Empty(t, marks(other))
}

func TestURNsKeepTheirParents(t *testing.T) {
	t.Parallel()
	const urn = "urn:pulumi:dev::platform::genericcorp:network:Network$aws:ec2/vpc:Vpc::net::main"
	assert.Equal(t, "aws:ec2/vpc:Vpc", urnType(urn))
	assert.Equal(t, "urn:pulumi:dev::platform::genericcorp:network:Network$aws:index/vpc:Vpc::net::main",
		withType(urn, "aws:index/vpc:Vpc"))
}

func TestConfigurationIsJSONTextOnBothSides(t *testing.T) {
	t.Parallel()
	inner, err := configToInner(AWS.configShape(), object(t, map[string]any{
		"region": "us-east-1", "skipMetadataApiCheck": "true", "defaultTags": `{"tags":{"a":"b"}}`,
	}))
	require.NoError(t, err)
	assert.Equal(t, map[string]any{
		"region": "us-east-1", "skipMetadataApiCheck": "true", "defaultTags": `[{"tags":{"a":"b"}}]`,
	}, inner.AsMap())
}

// A name made from a prefix stays so over a refresh: otherwise the next update would make another, and replace.
func TestRefreshKeepsThatANameWasMadeFromAPrefix(t *testing.T) {
	t.Parallel()
	before := object(t, map[string]any{"name": "acme-1", "__defaults": []any{"name"}})
	same, other := object(t, map[string]any{"name": "acme-1"}), object(t, map[string]any{"name": "by-hand"})
	Mapping{}.keepMark(before, same)
	Mapping{}.keepMark(before, other)
	assert.Equal(t, []string{"name"}, marks(same))
	assert.Empty(t, marks(other))
}
