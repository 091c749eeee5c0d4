package tiers

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheFourTiersAndTheirPrices(t *testing.T) {
	t.Parallel()
	prices := map[string]string{}
	for _, tier := range All() {
		prices[tier.Name] = tier.PriceUSD.String()
	}
	assert.Equal(t, map[string]string{"free": "0", "starter": "9", "pro": "49", "enterprise": "149"}, prices)
	assert.Equal(t, []string{"free", "starter", "pro", "enterprise"}, Names())
}

// What is promised now. Enterprise is meant to get 99.9 per cent and a channel of its own later.
func TestWhatIsPromised(t *testing.T) {
	t.Parallel()
	for _, tier := range All() {
		assert.Equal(t, SupportEmail, tier.Support, tier.Name)
		assert.Equal(t, "99.5", tier.AvailabilityPercent.String(), tier.Name)
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	pro, err := Find("pro")
	require.NoError(t, err)
	assert.Equal(t, "pro", pro.Name)
	_, err = Find("Pro")
	assert.EqualError(t, err, `tier: got "Pro", expected one of free, starter, pro, enterprise`)
}

func TestHighestCost(t *testing.T) {
	t.Parallel()
	assert.Equal(t, "0.5", HighestCostUSD().String())
}

func TestAllIsACopy(t *testing.T) {
	t.Parallel()
	All()[0].Name = "changed"
	assert.Equal(t, "free", All()[0].Name)
}

// Each mistake in the file is named.
func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ old, new, want string }{
		"unknown key":         {"workMemKiB: 2048", "workMem: 2048", "field workMem not found"},
		"missing key":         {"    connections: 3\n", "", "free.limits.connections: got 0, expected above 0"},
		"negative":            {"storageMiB: 256", "storageMiB: -1", "free.limits.storageMiB: got -1, expected above 0"},
		"no worker":           {"priceUsd: 149\n  worker: true", "priceUsd: 149\n  worker: false", "enterprise.worker: got false, expected true, as pro has one"},
		"loss":                {"priceUsd: 9", "priceUsd: 0.50", `starter.limits.monthlyCostUsd: got "0.5", expected less than what`},
		"no support":          {"  support: email\n  availabilityPercent: 99.5\n", "  availabilityPercent: 99.5\n", `starter.support: got "", expected email`},
		"support":             {"support: email", "support: telephone", `free.support: got "telephone", expected email`},
		"never away":          {"availabilityPercent: 99.5", "availabilityPercent: 100", `free.availabilityPercent: got "100", expected above 0 and below 100`},
		"no availability":     {"availabilityPercent: 99.5\n", "availabilityPercent: 0\n", `starter.availabilityPercent: got "0", expected above 0`},
		"less availability":   {"availabilityPercent: 99.5 #", "availabilityPercent: 99.9 #", `starter.availabilityPercent: got "99.5", expected not less than that of free`},
		"no latency":          {"  latency: {within: 1s, percent: 95} #", "  #", "free.latency.within: got 0s, expected above 0"},
		"latency of all":      {"percent: 95} #", "percent: 100} #", `free.latency.percent: got "100", expected above 0 and below 100`},
		"faster before":       {"within: 1s, percent: 95} #", "within: 400ms, percent: 95} #", "starter.latency.within: got 1s, expected not more than that of free"},
		"less latency":        {"percent: 95} #", "percent: 99} #", `starter.latency.percent: got "95", expected not less than that of free`},
		"allowance too low":   {"allowanceUsd: 1.00", "allowanceUsd: 0.40", `free.limits.allowanceUsd: got "0.4", expected not less than monthlyCostUsd`},
		"allowance too high":  {"allowanceUsd: 2.25", "allowanceUsd: 4.50", `starter.limits.allowanceUsd: got "4.5", expected less than half of the price`},
		"allowance order":     {"allowanceUsd: 12.25", "allowanceUsd: 2.00", `pro.limits.allowanceUsd: got "2", expected not less than that of starter`},
		"price order":         {"priceUsd: 49", "priceUsd: 9", `pro.priceUsd: got "9", expected more than the price of starter`},
		"less for more money": {"connections: 15", "connections: 4", "pro.limits.connections: got 4, expected not less than that of starter"},
		"parts of ms":         {"statementTimeout: 5s", "statementTimeout: 5s1us", "whole milliseconds"},
		"no duration":         {"statementTimeout: 5s", "statementTimeout: soon", "cannot unmarshal"},
		"name":                {"name: pro", "name: Pro!", `name: got "Pro!"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, string(text), c.old)
			_, err := parse("tiers.yaml", bytes.Replace(text, []byte(c.old), []byte(c.new), 1))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := parse("tiers.yaml", []byte("[]"))
	require.ErrorContains(t, err, "one at least")
}
