package e2e

import (
	"encoding/json"
	"net/url"
	"path"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgetstypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestBudget(t *testing.T) {
	c := testcloud.Shared(t)
	client := budgets.NewFromConfig(c.AWS())
	account := aws.String(c.AccountID)
	out, err := client.DescribeBudgets(t.Context(), &budgets.DescribeBudgetsInput{AccountId: account})
	require.NoError(t, err)
	require.Len(t, out.Budgets, 1)
	budget := out.Budgets[0]
	assert.Contains(t, []string{"2500", "2500.0", "2500.00"}, aws.ToString(budget.BudgetLimit.Amount))
	notifications, err := client.DescribeNotificationsForBudget(t.Context(),
		&budgets.DescribeNotificationsForBudgetInput{AccountId: account, BudgetName: budget.BudgetName})
	require.NoError(t, err)
	var thresholds []string
	for _, n := range notifications.Notifications {
		thresholds = append(thresholds, string(n.NotificationType)+" "+formatThreshold(n.Threshold))
	}
	assert.ElementsMatch(t, []string{"ACTUAL 90", "ACTUAL 100", "ACTUAL 200", "FORECASTED 100"}, thresholds)
	actions, err := client.DescribeBudgetActionsForBudget(t.Context(),
		&budgets.DescribeBudgetActionsForBudgetInput{AccountId: account, BudgetName: budget.BudgetName})
	require.NoError(t, err)
	require.Len(t, actions.Actions, 1)
	checkBreaker(t, c, actions.Actions[0])
	assert.Len(t, observe.List(t, c, "aws:costexplorer/anomalyMonitor:AnomalyMonitor"), 1)
	assert.Len(t, observe.List(t, c, "aws:costexplorer/anomalySubscription:AnomalySubscription"), 1)
}

func formatThreshold(threshold float64) string {
	raw, _ := json.Marshal(threshold)
	return string(raw)
}

// checkBreaker asks what the budget would do at its limit, to whom, and whether it may.
func checkBreaker(t *testing.T, c *testcloud.Cloud, action budgetstypes.Action) {
	t.Helper()
	assert.Equal(t, budgetstypes.ApprovalModelAuto, action.ApprovalModel)
	assert.Equal(t, budgetstypes.NotificationTypeActual, action.NotificationType)
	assert.Equal(t, "100", formatThreshold(action.ActionThreshold.ActionThresholdValue))
	require.NotNil(t, action.Definition.IamActionDefinition)
	assert.Equal(t, []string{"platform-deployer"}, action.Definition.IamActionDefinition.Roles)

	client := iam.NewFromConfig(c.AWS())
	policy, err := client.GetPolicy(t.Context(), &iam.GetPolicyInput{PolicyArn: action.Definition.IamActionDefinition.PolicyArn})
	require.NoError(t, err)
	version, err := client.GetPolicyVersion(t.Context(),
		&iam.GetPolicyVersionInput{PolicyArn: policy.Policy.Arn, VersionId: policy.Policy.DefaultVersionId})
	require.NoError(t, err)
	assert.Contains(t, unescaped(t, version.PolicyVersion.Document), `"Effect":"Deny"`)

	name := path.Base(aws.ToString(action.ExecutionRoleArn))
	role, err := client.GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(name)})
	require.NoError(t, err)
	trust := unescaped(t, role.Role.AssumeRolePolicyDocument)
	assert.Contains(t, trust, `"budgets.amazonaws.com"`)
	assert.Contains(t, trust, `"aws:SourceAccount":"`+c.AccountID+`"`, "for this account alone")
	rights, err := client.ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String(name)})
	require.NoError(t, err)
	require.Len(t, rights.PolicyNames, 1)
	right, err := client.GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(rights.PolicyNames[0])})
	require.NoError(t, err)
	assert.Contains(t, unescaped(t, right.PolicyDocument), ":role/platform-deployer")
}

// unescaped is a document of IAM, which are told as parts of addresses, without the space between its words.
func unescaped(t *testing.T, document *string) string {
	t.Helper()
	text, err := url.QueryUnescape(aws.ToString(document))
	require.NoError(t, err)
	return compact(t, text)
}

// compact is JSON without space, and with single values in place of lists of one.
func compact(t *testing.T, text string) string {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value), text)
	raw, err := json.Marshal(single(value))
	require.NoError(t, err)
	return string(raw)
}

func single(value any) any {
	switch v := value.(type) {
	case map[string]any:
		for key := range v {
			v[key] = single(v[key])
		}
	case []any:
		if len(v) == 1 {
			return single(v[0])
		}
		for i := range v {
			v[i] = single(v[i])
		}
	}
	return value
}
