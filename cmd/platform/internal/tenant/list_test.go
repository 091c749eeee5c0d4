package tenant

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// told is what the breaker says of acme, and of nobody else.
func told() *api.Breaker {
	prices := time.Date(2026, 11, 30, 6, 0, 0, 0, time.UTC)
	return &api.Breaker{Prices: &prices, Tenants: []api.BreakerTenant{{Slug: "acme", UsedUSD: decimal.RequireFromString("1.25"), AllowanceUSD: decimal.NewFromInt(15)}}}
}

// A list of many asks the provisioner twice: for the tenants, and for what they use.
func TestListTellsWhatIsUsed(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	f.breaker = told()
	list, err := tenants.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Tenants, 2)
	require.Empty(t, list.Warnings)
	require.True(t, list.Tenants[0].CostKnown)
	require.Equal(t, "1.25", list.Tenants[0].UsedUSD.String())
	require.Equal(t, "15", list.Tenants[0].AllowanceUSD.String())
	require.Equal(t, Cost{CostKnown: true}, list.Tenants[1].Cost, "the breaker does not know it yet")
	require.Equal(t, []string{"list", "breaker"}, f.happened)
}

func TestListWithoutPricesSaysThatTheCostIsUnknown(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.breaker = &api.Breaker{Tenants: told().Tenants}
	list, err := tenants.List(t.Context())
	require.NoError(t, err)
	require.Len(t, list.Tenants, 2)
	require.Equal(t, Cost{}, list.Tenants[0].Cost)
	require.Equal(t, []string{"what the tenants cost is not known, as the breaker has no prices: platform breaker publish --env prod"}, list.Warnings)

	f.refuses[api.ActionBreaker] = "there is no ledger"
	shown, err := tenants.Show(t.Context(), "acme")
	require.NoError(t, err)
	require.Len(t, shown.Warnings, 1)
	require.Contains(t, shown.Warnings[0], "what the tenants cost is not known: ")
	require.Contains(t, shown.Warnings[0], "there is no ledger")
	require.Equal(t, "pro", shown.Tenant.Tier)
}
