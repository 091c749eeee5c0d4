package budget

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	money   = "expected an amount above 0 and up to 1000000, in whole cents"
	aMail   = `expected a mail address such as "platform@genericcorp.example"`
	aRole   = "expected the name of an IAM role, not its ARN"
	aTag    = "expected 1 to 128 letters, digits, spaces and any of _ . : / = + - @"
	monitor = "expected the ARN of a cost anomaly monitor"
)

// numbered gives so many different texts.
func numbered(format string, n int) []string {
	list := make([]string, 0, n)
	for i := range n {
		list = append(list, fmt.Sprintf(format, i))
	}
	return list
}

// One wrong thing at a time, with its whole message: the input's name, what was given, what was expected.
func TestEachBadArg(t *testing.T) {
	t.Parallel()
	limit := func(amount string) func(*BudgetArgs) {
		return func(a *BudgetArgs) { a.MonthlyLimitUSD = decimal.RequireFromString(amount) }
	}
	people := func(list ...string) func(*BudgetArgs) {
		return func(a *BudgetArgs) { a.Mail = list }
	}
	roles := func(list ...string) func(*BudgetArgs) {
		return func(a *BudgetArgs) { a.Breaker.Roles = list }
	}
	for name, c := range map[string]struct {
		change  func(*BudgetArgs)
		message string
	}{
		"account":          {func(a *BudgetArgs) { a.AccountID = "12345678901x" }, `accountId: got "12345678901x", expected the 12 digits of an AWS account`},
		"no limit":         {limit("0"), "monthlyLimitUsd: got 0, " + money},
		"negative limit":   {limit("-1"), "monthlyLimitUsd: got -1, " + money},
		"huge limit":       {limit("1000000.01"), "monthlyLimitUsd: got 1000000.01, " + money},
		"parts of a cent":  {limit("2500.001"), "monthlyLimitUsd: got 2500.001, " + money},
		"anomaly":          {func(a *BudgetArgs) { a.AnomalyThresholdUSD = decimal.NewFromInt(-1) }, "anomalyThresholdUsd: got -1, " + money},
		"no key":           {func(a *BudgetArgs) { a.NotificationsKeyARN = nil }, "notificationsKeyArn: got <nil>, expected the ARN of a KMS key"},
		"monitor's name":   {func(a *BudgetArgs) { a.AnomalyMonitorARN = "services" }, `anomalyMonitorArn: got "services", ` + monitor},
		"nobody":           {people(), "mail: got 0 elements, expected 1 to 10 different mail addresses"},
		"too many people":  {people(numbered("p%d@genericcorp.example", 11)...), "mail: got 11 elements, expected 1 to 10 different mail addresses"},
		"mail with a name": {people("CEO <ceo@genericcorp.example>"), `mail[0]: got "CEO <ceo@genericcorp.example>", ` + aMail},
		"mail twice":       {people("a@b.example", "a@b.example"), `mail[1]: got "a@b.example", expected a value that is not in the list already`},
		"tag's key": {
			func(a *BudgetArgs) { a.CostTag = &CostTag{Key: "a$b", Value: "x"} },
			`costTag.key: got "a$b", ` + aTag,
		},
		"tag's value": {
			func(a *BudgetArgs) { a.CostTag = &CostTag{Key: "environment"} },
			`costTag.value: got "", ` + aTag,
		},
		"mode":       {func(a *BudgetArgs) { a.Breaker.Mode = "never" }, `breaker.mode: got "never", expected automatic or approval`},
		"ARN":        {roles("arn:aws:iam::123456789012:role/r"), `breaker.roles[0]: got "arn:aws:iam::123456789012:role/r", ` + aRole},
		"wildcard":   {roles("deployer", "*"), `breaker.roles[1]: got "*", ` + aRole},
		"role twice": {roles("r", "r"), `breaker.roles[1]: got "r", expected a value that is not in the list already`},
		"many roles": {roles(numbered("r%d", 11)...), "breaker.roles: got 11 elements, expected at most 10 different names of IAM roles"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := right()
			c.change(args)
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := NewBudget(ctx, "budget", args)
				require.EqualError(t, err, `budget "budget": `+c.message)
				return err
			})
			require.Error(t, err)
			require.Empty(t, r.All())
		})
	}
}

// The last values that are still right.
func TestBounds(t *testing.T) {
	t.Parallel()
	args := right()
	args.MonthlyLimitUSD, args.AnomalyThresholdUSD = decimal.RequireFromString("0.01"), decimal.RequireFromString("0.01")
	args.Mail = numbered("p%d@genericcorp.example", 10)
	args.Breaker.Roles = append(numbered("r%d", 9), strings.Repeat("r", 64))
	args.CostTag = &CostTag{Key: "cost-centre", Value: "R&D"}
	require.ErrorContains(t, args.validate("budget"), "costTag.value", "R&D is no value that AWS takes in a tag")
	args.CostTag.Value = "4711 / east"
	full := args.withDefaults()
	require.NoError(t, full.validate("budget"))
}

// Money is written to the cent, whatever it was given as.
func TestAmounts(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"2500": "2500.00", "0.1": "0.10", "1234.5600": "1234.56", "1e4": "10000.00"} {
		args := right()
		args.MonthlyLimitUSD = decimal.RequireFromString(given)
		require.Equal(t, want, limit(t, args).One(t, "aws:budgets/budget:Budget", "budget-budget").Value(t, "limitAmount"), given)
	}
}
