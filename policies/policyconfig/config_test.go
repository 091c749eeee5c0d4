package policyconfig_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/policies/limits"
	"github.com/genericcorp/platform/policies/policyconfig"
)

var today = time.Date(2026, time.November, 24, 9, 0, 0, 0, time.UTC)

func of(values map[string]string) policyconfig.Lookup {
	return func(key string) string { return values[key] }
}

const production = `{"kind": "environment", "environment": "prod", "budget": {"monthlyLimitUsd": 2500}}`

func TestTermsOfProduction(t *testing.T) {
	t.Parallel()
	got, err := policyconfig.Read(of(map[string]string{policyconfig.SettingsKey: production, policyconfig.RegionKey: "us-east-1"}), today)
	require.NoError(t, err)
	assert.True(t, got.Production)
	assert.Equal(t, "2500", got.Limit.Limit.String())
	assert.Equal(t, usage.Prod, got.Usage.Environment())
}

func TestTermsOfATenant(t *testing.T) {
	t.Parallel()
	got, err := policyconfig.Read(of(map[string]string{
		policyconfig.SettingsKey: `{"kind": "tenant", "environment": "prod", "tier": "pro", "budget": {"monthlyLimitUsd": 16, "support": "gold"}}`,
	}), today)
	require.NoError(t, err)
	assert.Equal(t, "0.5", got.Limit.Limit.String(), "the tier's")
	assert.Equal(t, "tiers.yaml", got.Limit.Basis)
	assert.Contains(t, got.Limit.Refusal, "no approval goes beyond USD 0.50")
	assert.Equal(t, usage.Tenant, got.Usage.Environment())
	assert.Equal(t, bill.Terms{}, got.Bill, "support and tax are the environment's")
}

// The bill counts all tenants that an environment may have, each at what its stack is held to, support and tax.
func TestBillOfAnEnvironment(t *testing.T) {
	t.Parallel()
	read := func(settings string, now time.Time) (policyconfig.Config, error) {
		return policyconfig.Read(of(map[string]string{policyconfig.SettingsKey: settings}), now)
	}
	got, err := read(`{"kind": "environment", "environment": "prod", "budget": {"support": "business", "taxPercent": 7.5}, "provisioner": {"schemaCeiling": 40}}`, today)
	require.NoError(t, err)
	assert.Equal(t, "business", got.Bill.Support.Plan)
	assert.Equal(t, []string{"7.5", "0.5", "163"}, []string{got.Bill.TaxPercent.String(), got.Bill.TenantUSD.String(), got.Bill.PlannedUSD.String()})
	assert.Equal(t, 40, got.Bill.Ceiling)
	assert.True(t, got.Bill.TenantUSD.Equal(limits.ForTenant("enterprise")), "no tenant's stack may cost more than the bill counts for one")

	got, err = read(production, today)
	require.NoError(t, err)
	assert.Equal(t, []any{"basic", 500}, []any{got.Bill.Support.Plan, got.Bill.Ceiling}, "the settings' own defaults")

	_, err = read(`{"environment": "prod", "budget": {"support": "gold", "taxPercent": -1}, "provisioner": {"schemaCeiling": -1}}`, today)
	for _, want := range []string{`budget.support: got "gold", expected one of basic, business`, "budget.taxPercent: got -1", "provisioner.schemaCeiling: got -1"} {
		require.ErrorContains(t, err, want)
	}
	_, err = read(`{"environment": "prod", "budget": {"support": "business"}}`, time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC))
	require.ErrorContains(t, err, "AWS sells no more since 2027-01-01")
}

// An approval holds through its last day and refuses from the day after.
func TestApprovalExpires(t *testing.T) {
	t.Parallel()
	configuration := of(map[string]string{
		policyconfig.SettingsKey: `{"environment": "prod", "budget": {"monthlyLimitUsd": 3000}}`,
		policyconfig.LimitKey: `{"monthlyUsd": 3000, "approvedBy": "Chief Financial Officer", "expires": "2026-11-24",
			"reason": "Load test of the new tier before its launch."}`,
	})
	holds, err := policyconfig.Read(configuration, today)
	require.NoError(t, err)
	assert.Empty(t, holds.Limit.Refusal)
	assert.Equal(t, "3000", holds.Limit.Limit.String())
	over, err := policyconfig.Read(configuration, today.AddDate(0, 0, 1))
	require.NoError(t, err)
	assert.Contains(t, over.Limit.Refusal, "expired on 2026-11-24")
	assert.Equal(t, "2500", over.Limit.Limit.String())
}

func TestUnknownValuesAreRefusedWhereTheSettingsSaySo(t *testing.T) {
	t.Parallel()
	database := estimator.Resource{URN: "urn:pulumi:dev::platform::aws:rds/instance:Instance::d", Type: "aws:rds/instance:Instance", Name: "d",
		Properties: estimator.FromJSON(map[string]any{"engine": "postgres", "instanceClass": "04da6b54-80e4-46f7-96ec-b56ff0331ba9"})}
	for mode, blocked := range map[string]int{"": 0, "worst": 0, "refuse": 1} {
		got, err := policyconfig.Read(of(map[string]string{policyconfig.UnknownKey: mode, policyconfig.SettingsKey: `{"environment": "dev"}`}), today)
		require.NoError(t, err)
		report := got.Estimator.Estimate([]estimator.Resource{database})
		assert.Len(t, report.Blocking(), blocked, mode)
		assert.Contains(t, report.Problems[0].Message, "assumed db.t4g.medium", "the most expensive that dev allows")
	}
}

func TestUsageOfTheStack(t *testing.T) {
	t.Parallel()
	got, err := policyconfig.Read(of(map[string]string{
		policyconfig.SettingsKey: production,
		policyconfig.UsageKey:    `{"quantities": {"nat.processedGB": 500}, "resources": {"*::main-nat-a": {"nat.processedGB": 900}}}`,
	}), today)
	require.NoError(t, err)
	assert.Equal(t, "500", got.Usage.For("x", usage.NATProcessedGB).String())
	assert.Equal(t, "900", got.Usage.For("urn::main-nat-a", usage.NATProcessedGB).String())
	assert.Equal(t, "5", got.Usage.For("x", usage.LogIngestGB).String(), "the rest stays at prod's defaults")
}

func TestEveryMistakeIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := policyconfig.Read(of(map[string]string{
		policyconfig.LimitKey: `{"monthlyUsd": -1}`, policyconfig.UnknownKey: "ignore",
		policyconfig.UsageKey: `{"environment": "dev", "quantities": {"nat.processedGB": -1, "no.such": 2}}`,
	}), today)
	for _, want := range []string{
		"policies:costLimit.monthlyUsd", "policies:costLimit.approvedBy", `policies:unknownValues: got "ignore", expected worst or refuse`,
		"policies:usage:1: environment: unknown key, expected quantities or resources",
		"policies:usage:1: quantities.no.such: unknown quantity", `policies:usage:1: quantities.nat.processedGB: got "-1"`,
	} {
		assert.ErrorContains(t, err, want)
	}
	_, err = policyconfig.Read(of(map[string]string{policyconfig.RegionKey: "eu-west-1"}), today)
	assert.ErrorContains(t, err, `no prices are loaded for region "eu-west-1" (loaded: us-east-1)`)
}

// Whatever the configuration contains, reading it gives a configuration or an error, and never a limit beyond those written down.
func TestNoConfigurationPassesTheLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{production, `{"budget": {"monthlyLimitUsd": 1e999999999}}`, `{"monthlyUsd": 1e999999999}`, `[]`, `null`, `{"kind": "tenant"}`}))
		got, err := policyconfig.Read(of(map[string]string{
			policyconfig.SettingsKey: value.Draw(t, "settings"), policyconfig.UsageKey: value.Draw(t, "usage"), policyconfig.LimitKey: value.Draw(t, "limit"),
		}), today)
		if err == nil {
			assert.LessOrEqual(t, got.Limit.Limit.InexactFloat64(), 2500.0)
		}
	})
}

// An environment that was only added to the registry has the limits and the assumed usage of its kind; one that nobody
// registered has production's rules, the tightest limits and the largest usage.
func TestConfigFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	registry := append(environments.All(), environments.Environment{Name: "prod-eu", Production: true}, environments.Environment{Name: "stage"})
	for environment, want := range map[string]struct {
		production bool
		limit      string
		usage      usage.Environment
	}{
		"prod-eu": {true, "2500", usage.Prod}, "stage": {false, "450", usage.Dev}, "local": {false, "2500", usage.Local}, "unknown": {true, "450", usage.Prod},
	} {
		settings := `{"kind": "environment", "environment": "` + environment + `"}`
		got, err := policyconfig.ReadFor(registry, of(map[string]string{policyconfig.SettingsKey: settings, policyconfig.RegionKey: "us-east-1"}), today)
		require.NoError(t, err)
		assert.Equal(t, want.production, got.Production, environment)
		assert.Equal(t, want.limit, got.Limit.Limit.String(), environment)
		assert.Equal(t, want.usage, got.Usage.Environment(), environment)
	}
}
