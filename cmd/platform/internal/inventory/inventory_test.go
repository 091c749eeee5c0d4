package inventory_test

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
)

var update = flag.Bool("update", false, "write the golden files anew")

// resources reads a state as `pulumi stack export` prints it.
func resources(t *testing.T) []apitype.ResourceV3 {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "state.json"))
	require.NoError(t, err)
	var state struct{ Deployment apitype.DeploymentV3 }
	require.NoError(t, json.Unmarshal(raw, &state))
	return state.Deployment.Resources
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got+"\n"), 0o600))
	}
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(want), got+"\n")
}

// listPrices knows the price of databases alone.
type listPrices struct{}

func (listPrices) MonthlyUSD(resources []apitype.ResourceV3) map[resource.URN]decimal.Decimal {
	prices := map[resource.URN]decimal.Decimal{}
	for _, r := range resources {
		if r.Type == "aws:rds/instance:Instance" {
			prices[r.URN] = decimal.RequireFromString("123.456")
		}
	}
	return prices
}

func TestTableWithoutPrices(t *testing.T) {
	t.Parallel()
	golden(t, "table.golden", inventory.Table(inventory.Of(resources(t), nil)))
}

func TestTableWithPricesNeverCountsTheUnknownAsNothingInSilence(t *testing.T) {
	t.Parallel()
	golden(t, "priced.golden", inventory.Table(inventory.Of(resources(t), listPrices{})))
}

func TestPartsAsJSON(t *testing.T) {
	t.Parallel()
	raw, err := json.MarshalIndent(inventory.Of(resources(t), listPrices{}), "", "  ")
	require.NoError(t, err)
	golden(t, "parts.json.golden", string(raw))
	require.NotContains(t, string(raw), "ciphertext")
}

func TestAnEmptyStackHasNoParts(t *testing.T) {
	t.Parallel()
	require.Empty(t, inventory.Of(nil, nil))
}
