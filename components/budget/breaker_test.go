package budget

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// The budget attaches the policy that bootstrap made, in the role that bootstrap made, to exactly the named roles. The program makes
// neither, or whoever deploys could write into them what he likes.
func checkBreaker(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for _, kind := range []string{"aws:iam/policy:Policy", "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"} {
		require.Empty(t, r.OfType(kind))
	}
	action := r.One(t, "aws:budgets/budgetAction:BudgetAction", "budget-breaker")
	for path, want := range map[string]any{
		"accountId": "123456789012", "budgetName": "budget-budget", "actionType": "APPLY_IAM_POLICY",
		"approvalModel": "AUTOMATIC", "notificationType": "ACTUAL", "actionThreshold.actionThresholdValue": 100.0,
		"actionThreshold.actionThresholdType":      "PERCENTAGE",
		"executionRoleArn":                         "arn:aws:iam::123456789012:role/platform-budget-breaker",
		"definition.iamActionDefinition.policyArn": "arn:aws:iam::123456789012:policy/platform-budget-breaker",
		"definition.iamActionDefinition.roles":     []any{"deployer", "developer"},
		"subscribers": []any{
			map[string]any{"subscriptionType": "SNS", "address": "arn:aws:sns:us-east-1:123456789012:budget-topic"},
			map[string]any{"subscriptionType": "EMAIL", "address": "finance@genericcorp.example"},
		},
	} {
		require.Equal(t, want, action.Value(t, path), path)
	}
}

func checkTopic(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	const topic = "arn:aws:sns:us-east-1:123456789012:budget-topic"
	policy := r.One(t, "aws:sns/topicPolicy:TopicPolicy", "budget-topic")
	require.Equal(t, topic, policy.Value(t, "arn"))
	require.Equal(t, "arn:notifications-key", r.One(t, "aws:sns/topic:Topic", "budget-topic").Value(t, "kmsMasterKeyId"))
	mail := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "budget-mail-finance@genericcorp.example")
	for path, want := range map[string]any{"topic": topic, "protocol": "email", "endpoint": "finance@genericcorp.example"} {
		require.Equal(t, want, mail.Value(t, path), path)
	}
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Budgets", "Effect": "Allow", "Principal": {"Service": ["budgets.amazonaws.com"]},
		 "Action": ["sns:Publish"], "Resource": ["`+topic+`"], "Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]}, "ArnLike": {"aws:SourceArn": ["arn:aws:budgets::123456789012:*"]}}},
		{"Sid": "Anomalies", "Effect": "Allow", "Principal": {"Service": ["costalerts.amazonaws.com"]},
		 "Action": ["sns:Publish"], "Resource": ["`+topic+`"], "Condition": {"StringEquals": {"aws:SourceAccount": ["123456789012"]}}}]}`,
		fmt.Sprint(policy.Value(t, "policy")))
}
