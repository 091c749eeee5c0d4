package pricing_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/pricing"
)

func custom(token, name string, inputs map[string]any) apitype.ResourceV3 {
	return apitype.ResourceV3{
		URN:  resource.NewURN("local", "platform", "", tokens.Type(token), name),
		Type: tokens.Type(token), Custom: true, Inputs: inputs,
	}
}

func TestKnownFreeAndUnknownPrices(t *testing.T) {
	t.Parallel()
	prices, err := pricing.New("local", "us-east-1")
	require.NoError(t, err)
	key := custom("aws:kms/key:Key", "database", map[string]any{"enableKeyRotation": true})
	role := custom("aws:iam/role:Role", "nodes", nil)
	unknown := custom("aws:braket/quantumTask:QuantumTask", "q", nil)
	component := custom("genericcorp:keys:Keys", "keys", nil)
	component.Custom = false

	got := prices.MonthlyUSD([]apitype.ResourceV3{component, key, role, unknown})
	require.Len(t, got, 2)
	require.True(t, got[key.URN].IsPositive(), "a key has a price: %s", got[key.URN])
	require.True(t, got[role.URN].IsZero(), "a role is free")
	require.NotContains(t, got, unknown.URN)
}

func TestWrongEnvironmentOrRegion(t *testing.T) {
	t.Parallel()
	_, err := pricing.New("nowhere", "us-east-1")
	require.ErrorContains(t, err, "nowhere")
	_, err = pricing.New("local", "mars-1")
	require.ErrorContains(t, err, "mars-1")
}
