package breaker

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

var now = time.Date(2026, 11, 30, 2, 0, 0, 0, time.UTC)

func TestOverrideHasAReasonAnEndAndAName(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]overrideOptions{
		"2026-12-03T00:00:00Z":                                                      {by: "eve", reason: "a launch", until: "2026-12-03"},
		"2026-11-30T03:00:00Z":                                                      {by: "eve", reason: "a launch", until: "2026-11-30T05:00:00+02:00"},
		"0001-01-01T00:00:00Z":                                                      {by: "eve", end: true},
		"nobody knows who you are":                                                  {reason: "a launch", until: "2026-12-03"},
		`--reason: got "", expected why, in a line`:                                 {by: "eve", until: "2026-12-03"},
		`--until: got "", expected a day or a time to come`:                         {by: "eve", reason: "a launch"},
		`--until: got "soon", expected a day or a time to come`:                     {by: "eve", reason: "a launch", until: "soon"},
		`--until: got "2026-11-30", expected`:                                       {by: "eve", reason: "a launch", until: "2026-11-30"},
		`--until: got "2027-01-03", expected a day or a time to come, at most 31 d`: {by: "eve", reason: "a launch", until: "2027-01-03"},
		"--end: leave out --reason and --until":                                     {by: "eve", end: true, reason: "a launch"},
	} {
		o.now = now
		if err := o.check(); err != nil {
			require.ErrorContains(t, err, want)
			continue
		}
		require.Equal(t, want, o.ends.UTC().Format(time.RFC3339))
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		make    func(*cmdutil.Factory) *cobra.Command
		args    []string
		refused string
	}{
		{func(f *cmdutil.Factory) *cobra.Command { return newStatus(f, accept[options]) }, []string{}, ""},
		{func(f *cmdutil.Factory) *cobra.Command { return newStatus(f, accept[options]) }, []string{"acme"}, "unknown command"},
		{func(f *cmdutil.Factory) *cobra.Command { return newStatus(f, accept[options]) }, []string{"--env=moon"}, `--env: got "moon"`},
		{func(f *cmdutil.Factory) *cobra.Command { return newLog(f, accept[options]) }, []string{}, ""},
		{func(f *cmdutil.Factory) *cobra.Command { return newLog(f, accept[options]) }, []string{"acme"}, ""},
		{func(f *cmdutil.Factory) *cobra.Command { return newLog(f, accept[options]) }, []string{"acme", "bolt"}, "got 2 arguments, expected the tenant's name"},
		{func(f *cmdutil.Factory) *cobra.Command { return newLog(f, accept[options]) }, []string{"Acme!"}, `"Acme!"`},
		{func(f *cmdutil.Factory) *cobra.Command { return newOverride(f, accept[overrideOptions]) }, []string{}, "got 0 arguments, expected the tenant's name"},
		{func(f *cmdutil.Factory) *cobra.Command { return newOverride(f, accept[overrideOptions]) }, []string{"--limit", "acme"}, "--limit: got the tenant acme besides"},
		{func(f *cmdutil.Factory) *cobra.Command { return newPublish(f, accept[publishOptions]) }, []string{"--env=moon"}, `--env: got "moon"`},
	} {
		cmd := test.make(&cmdutil.Factory{})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(test.args)
		err := cmd.Execute()
		if test.refused == "" {
			require.NoError(t, err, test.args)
			continue
		}
		require.ErrorContains(t, err, test.refused, test.args)
	}
}

func accept[O any](context.Context, *O) error { return nil }

func someBreaker() *tenant.Breaker {
	usd := decimal.RequireFromString
	prices := now.AddDate(0, 0, -1)
	acted := api.BreakerEvent{
		At: now.Add(-time.Hour), Tenant: "acme", Tier: "pro", Cause: "use", Before: "warned", After: "limited", Due: "limited", Month: now.AddDate(0, 0, -29),
		UsedUSD: usd("12.2500"), AllowanceUSD: usd("12.25"),
	}
	blind := acted
	blind.Tenant, blind.Before, blind.After, blind.Due, blind.Cause, blind.Blind = "left", "limited", "", "", "month", true
	all := acted
	all.Tenant, all.Tier, all.UsedUSD, all.AllowanceUSD = "", "", usd("2512.5"), usd("2500")
	return &tenant.Breaker{Environment: "prod", Breaker: api.Breaker{
		Whole: &api.BreakerWhole{ForecastUSD: usd("2512.5"), LimitUSD: usd("2500"), Level: "limited", Due: "limited", Last: &all},
		Month: acted.Month, Prices: &prices, Blind: []string{},
		Tenants: []api.BreakerTenant{
			{Slug: "acme", Tier: "pro", State: api.StateActive, UsedUSD: usd("12.3"), AllowanceUSD: usd("12.25"), Level: "limited", Due: "limited", Last: &acted},
			{Slug: "bolt", Tier: "free", State: api.StateActive, UsedUSD: usd("0.999999"), AllowanceUSD: usd("1"), Level: "warned", Due: "suspended",
				Override: &api.Override{By: "eve", Reason: "a launch", Until: now.AddDate(0, 0, 3)}},
			{Slug: "cedar", Tier: "old", State: api.StateSuspended, UsedUSD: usd("0.4")},
			{Slug: "delta", Tier: "free", State: api.StateActive, UsedUSD: usd("0.5"), AllowanceUSD: usd("1"), Level: "suspended", ForAll: true},
			{Slug: "elm", Tier: "free", State: api.StateActive, UsedUSD: usd("0.5"), AllowanceUSD: usd("1"), Spared: true},
		},
		Events: []api.BreakerEvent{acted, blind, all},
	}}
}

func TestStatusText(t *testing.T) {
	t.Parallel()
	b := someBreaker()
	require.Equal(t, `environment prod: this month will cost USD 2512.50 of USD 2500.00, 100 per cent: limited, no tenant is made, and none gets a larger tier
TENANT  TIER  USED USD  OF USD  PER CENT  STATE                                                         LAST ACT
acme    pro      12.30   12.25       100  active, limited by the breaker                                2026-11-30 01:00 limited (use)
bolt    free      1.00    1.00        99  active, warned by the breaker, not suspended                  -
cedar   old       0.40    0.00         -  suspended                                                     -
delta   free      0.50    1.00        50  active, suspended by the breaker for the environment's limit  -
elm     free      0.50    1.00        50  active, spared by the settings                                -
bolt: overridden by eve until 2026-12-03 02:00, because: a launch
(prod, 2026-11 so far, at the prices of 2026-11-29 02:00, UTC. An estimate of the tenant's own resources and its use of database, storage, nodes and internet:
it has no part of what is there for all. 90 per cent: warned; 100: limited; 200: suspended, until the month ends.)`, statusText(b))
	b.Prices, b.Blind = nil, []string{"nobody has published what the environment costs"}
	require.Contains(t, statusText(b), "unknown")
	require.Contains(t, statusText(b), "\nwarning: nobody is let go: nobody has published what the environment costs")
	b.Tenants, b.Whole = nil, &api.BreakerWhole{}
	require.Equal(t, "environment prod has no tenants\nwarning: nobody is let go: nobody has published what the environment costs", statusText(b))
}

// A person who lets the environment cost more shows, and what would hold.
func TestOverriddenLimit(t *testing.T) {
	t.Parallel()
	b := someBreaker()
	b.Whole.Level, b.Whole.Due, b.Whole.Override = "warned", "suspended", &api.Override{By: "eve", Reason: "a sale", Until: now.AddDate(0, 0, 3)}
	require.Contains(t, statusText(b), ", 100 per cent: warned, nothing is held (not suspended)\nenvironment prod: its limit is overridden by eve until 2026-12-03 02:00, because: a sale\n")
}

func TestLogText(t *testing.T) {
	t.Parallel()
	b := someBreaker()
	require.Equal(t, `AT                    TENANT         TIER  FROM     TO       DUE      CAUSE                 USED USD   OF USD  PER CENT  MONTH
2026-11-30T01:00:00Z  acme           pro   warned   limited  limited  use                      12.25    12.25       100  2026-11
2026-11-30T01:00:00Z  left           pro   limited  free     free     month, not all known     12.25    12.25       100  2026-11
2026-11-30T01:00:00Z  (environment)  -     warned   limited  limited  use                    2512.50  2500.00       100  2026-11`, logText(b))
	b.Events = nil
	require.Equal(t, "the breaker of environment prod has done nothing", logText(b))
}
