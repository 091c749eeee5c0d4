package breaker

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// costing is a sheet of 730 USD a month for each of so many units, a dollar an hour, with a traffic of 73 USD in it that is assumed.
func costing(units int64, computed time.Time) pricesheet.Sheet {
	s := pricesheet.Sheet{Computed: computed, Limit: decimal.NewFromInt(2000), Own: decimal.RequireFromString("0.73"), InternetGB: decimal.RequireFromString("0.1"),
		AssumedTraffic: decimal.NewFromInt(73)}
	s.Groups[allocation.Compute], s.Groups[allocation.Traffic] = decimal.NewFromInt(730*units), decimal.NewFromInt(73)
	return s
}

// Each hour costs what was deployed in it, the rest of the month what is deployed now.
func TestWhole(t *testing.T) {
	t.Parallel()
	before, deployed := november.AddDate(0, 0, -9), november.AddDate(0, 0, 10)
	e, sent, err := Whole([]pricesheet.Sheet{costing(1, before), costing(3, deployed)}, half, nil)
	require.NoError(t, err)
	require.Empty(t, sent)
	require.Equal(t, Environment{Fixed: (10*24 + 3*20*24) * dollar, Assumed: 72 * dollar, Limit: 2000 * dollar}, e)

	made := costing(1, half)
	made.Made = december.Add(-100 * time.Hour)
	e, sent, err = Whole([]pricesheet.Sheet{made}, made.Made.Add(time.Hour), []Caused{
		{Name: "acme", There: true, Since: december.Add(-10 * time.Hour), BytesOut: 5_000_000_000}, {Name: "gone", BytesOut: 20_000_000_000}, {BytesOut: 10_000_000_000},
	})
	require.NoError(t, err)
	require.Equal(t, map[string]allocation.Micros{"acme": dollar / 2}, sent)
	require.Equal(t, Environment{Fixed: 103*dollar + 10_000, Assumed: 10 * dollar, Limit: 2000 * dollar}, e, "100 hours, 3 USD of traffic of nobody's, and 10 hours of a secret")

	e, _, err = Whole(nil, half, nil)
	require.NoError(t, err)
	require.Zero(t, e, "without prices nothing is known")
}
