package cost

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// A sheet has all that an environment costs, and passes through JSON unchanged.
func TestSheet(t *testing.T) {
	t.Parallel()
	d, terms := fixture(t, "state.json")
	own := decimal.RequireFromString("0.45")
	d.Config = map[string]string{policyconfig.SettingsKey: `{"breaker": {"spare": [{"tenant": "acme", "reason": "the company's own shop"}]}}`}
	spared, err := d.Spared("")
	require.NoError(t, err)
	require.Equal(t, []pricesheet.Spared{{Tenant: "acme", Reason: "the company's own shop"}}, spared)
	sheet, err := Sheet(d, terms, own, today)
	require.NoError(t, err)
	sum := decimal.Zero
	for _, usd := range sheet.Groups {
		sum = sum.Add(usd)
	}
	require.Equal(t, terms.Bill.With(terms.Estimator.Estimate(d.After).Total(), 0).Total.String(), sum.String())
	require.True(t, sheet.AssumedTraffic.IsPositive() && sheet.AssumedTraffic.LessThan(sheet.Groups[allocation.Traffic]), sheet.AssumedTraffic)
	require.Equal(t, "prod", sheet.Environment)
	require.Equal(t, "2500", sheet.Limit.String())
	require.Equal(t, "0.45", sheet.Own.String())
	require.Equal(t, "0.11", sheet.InternetGB.String(), "to the internet, and twice between zones")
	problems := check.Under("")
	sheet.Check(problems)
	require.NoError(t, problems.Err())

	text, err := json.Marshal(sheet)
	require.NoError(t, err)
	var read pricesheet.Sheet
	require.NoError(t, json.Unmarshal(text, &read))
	again, err := json.Marshal(read)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))
	pools, err := sheet.Pools(time.Hour)
	require.NoError(t, err)
	same, err := read.Pools(time.Hour)
	require.NoError(t, err)
	require.Equal(t, pools, same)
}
