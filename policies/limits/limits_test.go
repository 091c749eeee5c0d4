package limits_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/policies/limits"
)

var today = time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestEmbedded(t *testing.T) {
	t.Parallel()
	config, err := limits.Embedded()
	require.NoError(t, err)
	assert.True(t, d("2500").Equal(config.For("prod").MonthlyUSD))
	assert.True(t, d("163").Equal(config.For("prod").PlannedUSD()))
	assert.True(t, d("450").Equal(config.For("nobody-wrote-it-down").MonthlyUSD), "the tightest")
	assert.True(t, d("0.5").Equal(limits.ForTenant("no-such-tier")), "the least")
	assert.True(t, d("0.5").Equal(limits.ForTenant("pro")))
}

func TestEveryMistakeOfLimitsIsNamedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := limits.Parse("limits.yaml", []byte(`
environments:
  prod: {monthlyUsd: 0, resourceUsd: -1, instanceTypes: ["*"], databaseClasses: [], cacheNodeTypes: [a], natGateways: 0, interfaceEndpoints: 1, cacheNodes: 1, nodes: 1, colour: red, planned: [{monthlyUsd: 0}]}
`))
	for _, want := range []string{
		"field colour not found", `environments.prod.monthlyUsd: got "0", expected an amount in US dollars above 0`,
		`environments.prod.resourceUsd: got "-1"`, "environments.prod.instanceTypes: got [*]", "environments.prod.databaseClasses: got []",
		"environments.prod.natGateways: got 0, expected 1 or more",
		`environments.prod.planned[0].part: got "", expected the name of a part that is to come`, `environments.prod.planned[0].basis: got ""`,
		`environments.prod.planned[0].monthlyUsd: got "0", expected an amount in US dollars above 0`,
	} {
		assert.ErrorContains(t, err, want)
	}
	for _, text := range []string{"", "7", "environments: 7", "environments: {prod: {monthlyUsd: much}}"} {
		_, err := limits.Parse("limits.yaml", []byte(text))
		assert.ErrorContains(t, err, "limits.yaml: ", text)
	}
}

const approval = `{"monthlyUsd": 3000, "approvedBy": "Chief Financial Officer", "reason": "Load test of the new tier before its launch.", "expires": "2026-11-23"}`

func TestApproval(t *testing.T) {
	t.Parallel()
	a, err := limits.ParseApproval("policies:costLimit", []byte(approval), today)
	require.NoError(t, err)
	assert.False(t, a.Expired(today), "through its last day")
	assert.True(t, a.Expired(today.AddDate(0, 0, 1)))

	_, err = limits.ParseApproval("policies:costLimit", []byte(`{"monthlyUsd": -3, "approvedBy": " ", "reason": "because", "expires": "2030-01-01", "for": "ever"}`), today)
	for _, want := range []string{
		"field for not found", `policies:costLimit.monthlyUsd: got "-3"`, "policies:costLimit.approvedBy", `policies:costLimit.reason: got "because"`,
		`policies:costLimit.expires: got "2030-01-01", expected a day within three months from today`,
	} {
		assert.ErrorContains(t, err, want)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	raise := &limits.Approval{MonthlyUSD: d("3000"), ApprovedBy: "Chief Financial Officer", Reason: "Load test.", Expires: today}
	over := &limits.Approval{MonthlyUSD: d("3000"), ApprovedBy: "Chief Financial Officer", Expires: today.AddDate(0, 0, -1)}
	for name, c := range map[string]struct {
		asked    string
		approval *limits.Approval
		want     limits.Monthly
	}{
		"as written":          {"0", nil, limits.Monthly{Limit: d("2500"), Basis: "limits.yaml"}},
		"the settings ask it": {"2500", nil, limits.Monthly{Limit: d("2500"), Basis: "limits.yaml"}},
		"lowered":             {"900", nil, limits.Monthly{Limit: d("900"), Basis: "budget.monthlyLimitUsd"}},
		"raised without approval": {"2600", nil, limits.Monthly{Limit: d("2500"), Basis: "limits.yaml",
			Refusal: "budget.monthlyLimitUsd asks for USD 2600.00 and no approval goes beyond USD 2500.00"}},
		"approved": {"3000", raise, limits.Monthly{Limit: d("3000"), Basis: "approved by Chief Financial Officer until 2026-11-23: Load test."}},
		"beyond the approval": {"3001", raise, limits.Monthly{Limit: d("3000"), Basis: "approved by Chief Financial Officer until 2026-11-23: Load test.",
			Refusal: "budget.monthlyLimitUsd asks for USD 3001.00 and no approval goes beyond USD 3000.00"}},
		"expired": {"2000", over, limits.Monthly{Limit: d("2000"), Basis: "budget.monthlyLimitUsd",
			Refusal: "the approval of USD 3000.00 by Chief Financial Officer expired on 2026-11-22"}},
	} {
		got := limits.Resolve(d("2500"), "limits.yaml", d(c.asked), c.approval, today)
		assert.True(t, c.want.Limit.Equal(got.Limit), "%s: %s", name, got.Limit)
		assert.Equal(t, c.want.Basis, got.Basis, name)
		assert.Equal(t, c.want.Refusal, got.Refusal, name)
	}
}

// Without an approval that holds, no settings let a stack spend more than the base.
func TestNothingPassesTheBook(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := rapid.Custom(func(t *rapid.T) decimal.Decimal { return decimal.New(rapid.Int64Range(0, 1e9).Draw(t, "cents"), -2) })
		base, asked := amount.Draw(t, "base"), amount.Draw(t, "asked")
		var expired *limits.Approval
		if rapid.Bool().Draw(t, "expired") {
			expired = &limits.Approval{MonthlyUSD: amount.Draw(t, "approved"), Expires: today.AddDate(0, 0, -rapid.IntRange(1, 1000).Draw(t, "days"))}
		}
		m := limits.Resolve(base, "limits.yaml", asked, expired, today)
		assert.True(t, m.Limit.LessThanOrEqual(base))
		assert.Equal(t, expired != nil || asked.GreaterThan(base), m.Refusal != "")
	})
}
