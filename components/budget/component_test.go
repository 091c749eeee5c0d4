package budget

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func record(t *testing.T, name string, args *BudgetArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		b, err := NewBudget(ctx, name, args)
		if err == nil {
			outputs = pulumitest.Outputs(t, ctx, b)
		}
		return err
	})
	return r, outputs
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	known := func(value string) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	want := map[string]pulumitest.Output{
		"Name":             known("budget-budget"),
		"TopicARN":         known("arn:aws:sns:us-east-1:123456789012:budget-topic"),
		"BreakerPolicyARN": known("arn:aws:iam::123456789012:policy/platform-budget-breaker"),
	}
	_, got := record(t, "budget", right())
	require.Equal(t, want, got)

	args := right()
	args.Breaker.Roles = nil
	want["BreakerPolicyARN"] = known("")
	_, got = record(t, "budget", args)
	require.Equal(t, want, got)
}

// checks hold for a budget that says nothing about itself. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkBudget, checkTopic, checkBreaker, checkAnomalies, checkConventions}

func TestDefaultsWarnAndStop(t *testing.T) {
	t.Parallel()
	r, _ := record(t, "budget", right())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * tags.Name", "Topic * displayName")
}

// checkConventions is what every component keeps to: parents, tags, no forgotten alias. Nothing is protected: a budget holds no data.
func checkConventions(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireBelow(t, "genericcorp:budget:Budget")
	r.RequireProtected(t)
	for _, taggable := range []string{
		"aws:budgets/budget:Budget", "aws:budgets/budgetAction:BudgetAction", "aws:costexplorer/anomalyMonitor:AnomalyMonitor",
		"aws:costexplorer/anomalySubscription:AnomalySubscription", "aws:sns/topic:Topic",
	} {
		require.Len(t, r.OfType(taggable), 1, taggable)
		tags, ok := r.OfType(taggable)[0].Value(t, "tags").(map[string]any)
		require.True(t, ok)
		require.Equal(t, "budget", tags["component"], taggable)
		require.Equal(t, "test", tags["environment"], taggable)
	}
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "budget"})
	for _, made := range r.All() {
		require.Empty(t, made.Aliases, made.Name)
	}
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 20)+"end", right())
	r.RequireNamesFit(t)
	for kind, limit := range map[string]int{
		"aws:budgets/budget:Budget": 100, "aws:costexplorer/anomalyMonitor:AnomalyMonitor": 1024,
	} {
		require.LessOrEqual(t, len(r.OfType(kind)[0].Name)+8, limit, kind) // the engine appends eight characters
	}
}

// Policies of the pack read the component's own inputs.
func TestInputsShowTheChoices(t *testing.T) {
	t.Parallel()
	args := right()
	args.CostTag = &CostTag{Key: "environment", Value: "prod"}
	args.AnomalyThresholdUSD = decimal.RequireFromString("12.5")
	r, _ := record(t, "budget", args)
	own := r.One(t, "genericcorp:budget:Budget", "budget")
	for path, want := range map[string]any{
		"accountId": "123456789012", "monthlyLimitUsd": "2500.00", "anomalyThresholdUsd": "12.50", "breaker.mode": "automatic",
		"breaker.roles": []any{"deployer", "developer"}, "costTag.key": "environment", "costTag.value": "prod", "mail": []any{"finance@genericcorp.example"},
	} {
		require.Equal(t, want, own.Value(t, path), path)
	}
	subscription := r.One(t, "aws:costexplorer/anomalySubscription:AnomalySubscription", "budget-anomalies")
	for path, want := range map[string]any{
		"thresholdExpression.dimension.key":          "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
		"thresholdExpression.dimension.matchOptions": []any{"GREATER_THAN_OR_EQUAL"},
		"thresholdExpression.dimension.values":       []any{"12.5"},
		"subscribers":                                []any{map[string]any{"type": "SNS", "address": "arn:aws:sns:us-east-1:123456789012:budget-topic"}},
		"monitorArnLists":                            []any{"arn:aws:costexplorer:us-east-1:123456789012:budget-anomalies"},
	} {
		require.Equal(t, want, subscription.Value(t, path), path)
	}
}
