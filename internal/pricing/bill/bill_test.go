package bill_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

func usd(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func plan(t *testing.T, name, day string) (bill.Support, error) {
	t.Helper()
	c, err := catalogue.Embedded()
	require.NoError(t, err)
	prices, err := c.Region(catalogue.USEast1)
	require.NoError(t, err)
	on, err := time.Parse(time.DateOnly, day)
	require.NoError(t, err)
	return bill.Plan(c, prices, name, on)
}

func TestBill(t *testing.T) {
	t.Parallel()
	support, err := plan(t, "business-plus", "2027-06-01")
	require.NoError(t, err)
	terms := bill.Terms{Support: support, TaxPercent: usd("8"), TenantUSD: usd("0.5"), Ceiling: 500, PlannedUSD: usd("100")}
	for name, c := range map[string]struct {
		bill                                                  bill.Bill
		environment, tenants, planned, support, tax, totalUSD string
	}{
		// 9 per cent of charges, 8 per cent of charges and support.
		"today":       {terms.With(usd("1000"), 10), "1000", "5", "0", "90.45", "87.636", "1183.086"},
		"at ceiling":  {terms.AtCeiling(usd("1000")), "1000", "250", "0", "112.5", "109", "1471.5"},
		"largest":     {terms.Largest(usd("1000")), "1000", "250", "100", "121.5", "117.72", "1589.22"},
		"the minimum": {terms.With(usd("100"), 0), "100", "0", "0", "29", "10.32", "139.32"},
		"no terms":    {bill.Terms{}.AtCeiling(usd("12.3")), "12.3", "0", "0", "0", "0", "12.3"},
	} {
		got := []string{c.bill.Environment.String(), c.bill.TenantsUSD.String(), c.bill.Planned.String(), c.bill.Support.String(), c.bill.Tax.String(), c.bill.Total.String()}
		assert.Equal(t, []string{c.environment, c.tenants, c.planned, c.support, c.tax, c.totalUSD}, got, name)
	}
}

func TestSupportPlans(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bill.Support{
		"": {Plan: "basic"}, "basic": {Plan: "basic"}, "developer": {Plan: "developer", MinimumUSD: usd("29"), Share: usd("0.03")},
		"business": {Plan: "business", MinimumUSD: usd("100"), Share: usd("0.1")}, "business-plus": {Plan: "business-plus", MinimumUSD: usd("29"), Share: usd("0.09")},
	} {
		got, err := plan(t, name, "2026-11-28")
		require.NoError(t, err)
		assert.Equal(t, want, got, name)
	}
	_, err := plan(t, "gold", "2026-11-28")
	require.EqualError(t, err, `budget.support: got "gold", expected one of basic, business, business-plus, developer`)
	_, err = plan(t, "business", "2027-01-01")
	require.EqualError(t, err, `budget.support: got "business", which AWS sells no more since 2027-01-01, expected one of basic, business-plus`)
}

// More of anything never costs less, and no bill is below its environment.
func TestBillsGrow(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Custom(func(t *rapid.T) decimal.Decimal { return decimal.New(rapid.Int64Range(0, 1e8).Draw(t, "cents"), -2) })
		terms := bill.Terms{
			Support:    bill.Support{MinimumUSD: amount.Draw(t, "minimum"), Share: decimal.New(rapid.Int64Range(0, 100).Draw(t, "share"), -2)},
			TaxPercent: decimal.NewFromInt(rapid.Int64Range(0, 100).Draw(t, "tax")), TenantUSD: amount.Draw(t, "tenant"), Ceiling: rapid.IntRange(0, 2000).Draw(t, "ceiling"),
		}
		environment, more := amount.Draw(t, "environment"), amount.Draw(t, "more")
		at := terms.AtCeiling(environment)
		assert.True(t, at.Total.GreaterThanOrEqual(environment))
		assert.True(t, terms.AtCeiling(environment.Add(more)).Total.GreaterThanOrEqual(at.Total))
		assert.True(t, terms.With(environment, 0).Total.LessThanOrEqual(at.Total))
		assert.True(t, terms.Largest(environment).Total.GreaterThanOrEqual(at.Total))
	})
}
