package api

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// What is about the breaker is with its own actions alone, and whole.
func TestBreakersRequests(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 12, 3, 0, 0, 0, 0, time.UTC)
	sheet := pricesheet.Sheet{Environment: "prod", Computed: until}
	sheet.Groups[3] = decimal.NewFromInt(7)
	for _, right := range []Request{
		{Action: ActionBreaker},
		{Action: ActionBreakerLog},
		{Action: ActionBreakerLog, Tenant: "acme"},
		{Action: ActionPublishPrices, Prices: &sheet},
		{Action: ActionOverride, Tenant: "acme", By: "eve", Reason: "a launch", Until: until},
		{Action: ActionEndOverride, Tenant: "acme", By: "eve"},
		{Action: ActionOverride, By: "eve", Reason: "a launch", Until: until}, // of the environment
		{Action: ActionEndOverride, By: "eve"},
		{Action: ActionSweep, LookAgainSeconds: 30},
	} {
		got, err := Parse(payload(t, right, ""))
		require.NoError(t, err)
		require.Equal(t, payload(t, right, ""), payload(t, got, ""))
	}
	for want, wrong := range map[string]Request{
		`request.tenant: got "acme", expected none`:           {Action: ActionBreaker, Tenant: "acme"},
		`tenant slug "Acme"`:                                  {Action: ActionBreakerLog, Tenant: "Acme"},
		`request.prices: got <nil>, expected what`:            {Action: ActionPublishPrices},
		`request.prices: got "a sheet", expected none`:        {Action: ActionSweep, Prices: &sheet},
		`request.prices.environment: got ""`:                  {Action: ActionPublishPrices, Prices: &pricesheet.Sheet{Computed: until}},
		`request.until: got "2026-12-03T00:00:00Z", expected`: {Action: ActionSweep, Until: until},
		`request.lookAgainSeconds: got 8, expected none`:      {Action: ActionBreaker, LookAgainSeconds: 8},
		`request.lookAgainSeconds: got 31, expected 0 to 30`:  {Action: ActionSweep, LookAgainSeconds: 31},
		`request.until: got "", expected when`:                {Action: ActionOverride, Tenant: "acme", By: "eve", Reason: "a launch"},
		`request.by: got "", expected who`:                    {Action: ActionOverride, Tenant: "acme", Reason: "a launch", Until: until},
		`request.reason: got "", expected why`:                {Action: ActionOverride, Tenant: "acme", By: "eve", Until: until},
		`request.by: got "eve", expected none`:                {Action: ActionBreaker, By: "eve"},
	} {
		_, err := Parse(payload(t, wrong, ""))
		require.ErrorContains(t, err, want)
	}
}
