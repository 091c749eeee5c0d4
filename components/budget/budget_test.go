package budget

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

func right() *BudgetArgs {
	return &BudgetArgs{
		AccountID: pulumitest.Account, MonthlyLimitUSD: decimal.NewFromInt(2500), Mail: []string{"finance@genericcorp.example"},
		Breaker: Breaker{Roles: []string{"deployer", "developer"}}, NotificationsKeyARN: pulumi.String("arn:notifications-key"),
	}
}

func limit(t *testing.T, args *BudgetArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewBudget(ctx, "budget", args)
		return err
	})
}

// statements reads an IAM policy among a resource's inputs, by the statements' ids.
func statements(t testing.TB, r pulumitest.Resource, path string) map[string]map[string]any {
	t.Helper()
	var document struct{ Statement []map[string]any }
	text, _ := r.Value(t, path).(string)
	require.NoError(t, json.Unmarshal([]byte(text), &document), text)
	bySid := map[string]map[string]any{}
	for i, s := range document.Statement {
		sid, named := s["Sid"].(string)
		if !named {
			sid = fmt.Sprint(i)
		}
		bySid[sid] = s
	}
	return bySid
}

// checkBudget requires that people are told before, at and far beyond the limit.
func checkBudget(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	budget := r.One(t, "aws:budgets/budget:Budget", "budget-budget")
	require.Equal(t, "2500.00", budget.Value(t, "limitAmount"))
	for path, want := range map[string]any{
		"timeUnit": "MONTHLY", "limitUnit": "USD", "budgetType": "COST", "accountId": pulumitest.Account, "costTypes.includeRefund": false,
	} {
		require.Equal(t, want, budget.Value(t, path), path)
	}
	var told []string
	for i := 0; budget.Has(fmt.Sprintf("notifications[%d]", i)); i++ {
		at := fmt.Sprintf("notifications[%d].", i)
		told = append(told, fmt.Sprint(budget.Value(t, at+"notificationType"), " ", budget.Value(t, at+"threshold")))
		require.Equal(t, []any{"finance@genericcorp.example"}, budget.Value(t, at+"subscriberEmailAddresses"))
		require.Equal(t, "PERCENTAGE", budget.Value(t, at+"thresholdType"))
		require.Equal(t, []any{"arn:aws:sns:us-east-1:123456789012:budget-topic"}, budget.Value(t, at+"subscriberSnsTopicArns"))
		require.Equal(t, "GREATER_THAN", budget.Value(t, at+"comparisonOperator"))
	}
	require.ElementsMatch(t, []string{"ACTUAL 90", "ACTUAL 100", "ACTUAL 200", "FORECASTED 100"}, told)
	for _, hides := range []string{"includeCredit", "includeRefund"} {
		require.Equal(t, false, budget.Value(t, "costTypes."+hides), "it hides what will be paid without it")
	}
	for _, counted := range []string{"includeSupport", "includeTax"} {
		require.Equal(t, true, budget.Value(t, "costTypes."+counted), "the estimate counts it, too")
	}
	require.False(t, budget.Has("costFilters[0]"), "the whole account")
}

func TestBudgetOfATag(t *testing.T) {
	t.Parallel()
	args := right()
	args.CostTag = &CostTag{Key: "environment", Value: "dev"}
	budget := limit(t, args).One(t, "aws:budgets/budget:Budget", "budget-budget")
	require.Equal(t, []any{"user:environment$dev"}, budget.Value(t, "costFilters[0].values"))
}

func TestOnlyTheCostServicesOfThisAccountPublish(t *testing.T) {
	t.Parallel()
	r := limit(t, right())
	require.Equal(t, "arn:notifications-key", r.One(t, "aws:sns/topic:Topic", "budget-topic").Value(t, "kmsMasterKeyId"))
	all := statements(t, r.One(t, "aws:sns/topicPolicy:TopicPolicy", "budget-topic"), "policy")
	require.Len(t, all, 2)
	for sid, service := range map[string]string{"Budgets": "budgets.amazonaws.com", "Anomalies": "costalerts.amazonaws.com"} {
		require.Contains(t, fmt.Sprint(all[sid]["Principal"]), service)
		require.Contains(t, fmt.Sprint(all[sid]["Condition"]), "aws:SourceAccount:["+pulumitest.Account+"]")
		require.Contains(t, fmt.Sprint(all[sid]["Action"]), "sns:Publish")
	}
}

func TestBreakerDeniesNewSpendAtTheLimit(t *testing.T) {
	t.Parallel()
	for mode, model := range map[BreakerMode]string{"": "AUTOMATIC", BreakerAutomatic: "AUTOMATIC", BreakerApproval: "MANUAL"} {
		args := right()
		args.Breaker.Mode = mode
		r := limit(t, args)
		action := r.One(t, "aws:budgets/budgetAction:BudgetAction", "budget-breaker")
		require.Equal(t, model, action.Value(t, "approvalModel"))
		require.InDelta(t, 100, action.Value(t, "actionThreshold.actionThresholdValue"), 0)
		require.Equal(t, "ACTUAL", action.Value(t, "notificationType"))
		require.Equal(t, []any{"deployer", "developer"}, action.Value(t, "definition.iamActionDefinition.roles"))
	}
}

func TestWithoutRolesThereIsNoBreaker(t *testing.T) {
	t.Parallel()
	args := right()
	args.Breaker.Roles = nil
	r := limit(t, args)
	require.Empty(t, r.OfType("aws:budgets/budgetAction:BudgetAction"))
	require.Empty(t, r.OfType("aws:iam/role:Role"))
}

func checkAnomalies(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	monitor := r.One(t, "aws:costexplorer/anomalyMonitor:AnomalyMonitor", "budget-anomalies")
	require.Equal(t, []any{"DIMENSIONAL", "SERVICE"}, []any{monitor.Value(t, "monitorType"), monitor.Value(t, "monitorDimension")})
	subscription := r.One(t, "aws:costexplorer/anomalySubscription:AnomalySubscription", "budget-anomalies")
	require.Equal(t, "IMMEDIATE", subscription.Value(t, "frequency"))
	for path, want := range map[string]any{
		"accountId":                         pulumitest.Account,
		"monitorArnLists":                   []any{"arn:aws:costexplorer:us-east-1:123456789012:budget-anomalies"},
		"subscribers":                       []any{map[string]any{"type": "SNS", "address": "arn:aws:sns:us-east-1:123456789012:budget-topic"}},
		"thresholdExpression.dimension.key": "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
		"thresholdExpression.dimension.matchOptions": []any{"GREATER_THAN_OR_EQUAL"},
		"thresholdExpression.dimension.values":       []any{"50"},
	} {
		require.Equal(t, want, subscription.Value(t, path), path)
	}
}

// AWS allows one monitor of services an account.
func TestMonitorThatTheAccountHas(t *testing.T) {
	t.Parallel()
	args := right()
	args.AnomalyMonitorARN = "arn:aws:ce::123456789012:anomalymonitor/0a1b"
	r := limit(t, args)
	require.Empty(t, r.OfType("aws:costexplorer/anomalyMonitor:AnomalyMonitor"))
	require.Equal(t, []any{args.AnomalyMonitorARN},
		r.One(t, "aws:costexplorer/anomalySubscription:AnomalySubscription", "budget-anomalies").Value(t, "monitorArnLists"))
}

func TestAllBelongsToTheBudget(t *testing.T) {
	t.Parallel()
	for _, resource := range limit(t, right()).All() {
		if resource.Custom && resource.Type != "pulumi:pulumi:Stack" {
			require.Contains(t, resource.Parent, "genericcorp:budget:Budget::budget", resource.Name)
		}
	}
}

func TestBadArgsAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewBudget(ctx, "budget", &BudgetArgs{
			AccountID: "1", MonthlyLimitUSD: decimal.RequireFromString("0.001"), Mail: []string{"Finance <f@genericcorp.example>", "x", "x"},
			CostTag: &CostTag{Key: "$", Value: ""}, AnomalyMonitorARN: "arn", AnomalyThresholdUSD: decimal.NewFromInt(-1),
			Breaker: Breaker{Mode: "never", Roles: []string{"arn:aws:iam::123456789012:role/r", "r", "r"}},
		})
		return err
	})
	for _, want := range []string{
		`accountId: got "1"`, "monthlyLimitUsd: got 0.001", "anomalyThresholdUsd: got -1", "notificationsKeyArn: got <nil>", `anomalyMonitorArn: got "arn"`,
		"mail[0]", "mail[1]", "mail[2]", "costTag.key", "costTag.value", `breaker.mode: got "never"`, "breaker.roles[0]", "breaker.roles[2]",
	} {
		require.ErrorContains(t, err, want)
	}
	require.Empty(t, r.All())
	_, err = pulumitest.Record(func(ctx *pulumi.Context) error {
		_, err := NewBudget(ctx, "budget", nil)
		return err
	})
	require.ErrorContains(t, err, "mail: got 0 elements, expected 1 to 10 different mail addresses")
}
