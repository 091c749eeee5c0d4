package budget

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

// The budget service acts in a role that no other account's budgets can take, and that moves one policy between
// the named roles.
func checkBreaker(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Principal": {"Service": ["budgets.amazonaws.com"]}, "Action": ["sts:AssumeRole"],
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:budgets::123456789012:budget/*"]}}}]}`,
		fmt.Sprint(r.One(t, "aws:iam/role:Role", "budget-breaker").Value(t, "assumeRolePolicy")))
	rights := r.One(t, "aws:iam/rolePolicy:RolePolicy", "budget-breaker")
	require.Equal(t, "budget-breaker", rights.Value(t, "role"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": ["iam:AttachRolePolicy", "iam:DetachRolePolicy"],
		"Resource": ["arn:aws:iam::123456789012:role/deployer", "arn:aws:iam::123456789012:role/developer"],
		"Condition": {"ArnEquals": {"iam:PolicyARN": ["arn:aws:iam:us-east-1:123456789012:budget-deny-spend"]}}}]}`,
		fmt.Sprint(rights.Value(t, "policy")))

	action := r.One(t, "aws:budgets/budgetAction:BudgetAction", "budget-breaker")
	for path, want := range map[string]any{
		"accountId": "123456789012", "budgetName": "budget-budget", "actionType": "APPLY_IAM_POLICY",
		"approvalModel": "AUTOMATIC", "notificationType": "ACTUAL", "actionThreshold.actionThresholdValue": 100.0,
		"actionThreshold.actionThresholdType":      "PERCENTAGE",
		"executionRoleArn":                         "arn:aws:iam:us-east-1:123456789012:budget-breaker",
		"definition.iamActionDefinition.policyArn": "arn:aws:iam:us-east-1:123456789012:budget-deny-spend",
		"definition.iamActionDefinition.roles":     []any{"deployer", "developer"},
		"subscribers": []any{
			map[string]any{"subscriptionType": "SNS", "address": "arn:aws:sns:us-east-1:123456789012:budget-topic"},
			map[string]any{"subscriptionType": "EMAIL", "address": "finance@genericcorp.example"},
		},
	} {
		require.Equal(t, want, action.Value(t, path), path)
	}
	require.True(t, slices.ContainsFunc(action.Request.GetDependencies(), func(urn string) bool {
		return strings.HasSuffix(urn, "RolePolicy::budget-breaker")
	}), "AWS tries the role when the action is made: its rights come first")
}

// At the limit a person can still look, delete, scale in and repair, and the platform's parts can no longer be made.
func checkDenied(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	policy := r.One(t, "aws:iam/policy:Policy", "budget-deny-spend")
	text := fmt.Sprint(policy.Value(t, "policy"))
	require.LessOrEqual(t, len(text), 6144, "IAM's limit for a managed policy")
	require.Contains(t, text, `"Version":"2012-10-17"`)
	var denied []string
	for sid, s := range statements(t, policy, "policy") {
		require.Equal(t, "Deny", s["Effect"], sid)
		require.Equal(t, []any{"*"}, s["Resource"], sid)
		require.NotContains(t, s, "Condition", sid)
		list, ok := s["Action"].([]any)
		require.True(t, ok, sid)
		for _, action := range list {
			denied = append(denied, fmt.Sprint(action))
		}
	}
	for action, want := range map[string]bool{
		"ec2:RunInstances": true, "ec2:StartInstances": true, "ec2:CreateNatGateway": true, "ec2:CreateVpcEndpoint": true, "ec2:CreateVolume": true,
		"eks:CreateCluster": true, "eks:CreateNodegroup": true, "elasticloadbalancing:CreateLoadBalancer": true,
		"rds:CreateDBInstance": true, "rds:CreateDBInstanceReadReplica": true, "rds:RestoreDBInstanceToPointInTime": true, "rds:StartDBInstance": true,
		"rds:CreateDBCluster": true, "rds:CreateDBProxy": true, "elasticache:CreateReplicationGroup": true, "elasticache:CreateCacheCluster": true,
		"elasticache:CreateServerlessCache": true, "elasticache:IncreaseReplicaCount": true, "lambda:CreateFunction": true,

		"ec2:TerminateInstances": false, "ec2:DescribeInstances": false, "ec2:StopInstances": false, "ec2:DeleteNatGateway": false,
		"eks:UpdateNodegroupConfig": false, "eks:DeleteCluster": false, "eks:DescribeCluster": false,
		"rds:ModifyDBInstance": false, "rds:DeleteDBInstance": false, "rds:StopDBInstance": false, "rds:RebootDBInstance": false,
		// AWS asks for these when a database or a cache is deleted with a last snapshot.
		"rds:CreateDBSnapshot": false, "rds:CreateDBClusterSnapshot": false, "elasticache:CreateSnapshot": false,
		"elasticache:CreateServerlessCacheSnapshot": false,
		"elasticache:DecreaseReplicaCount":          false, "elasticache:DeleteReplicationGroup": false, "lambda:InvokeFunction": false,
		"iam:DetachRolePolicy": false, "secretsmanager:GetSecretValue": false, "s3:PutObject": false, "budgets:ModifyBudget": false,
	} {
		require.Equal(t, want, slices.ContainsFunc(denied, func(pattern string) bool {
			prefix, wild := strings.CutSuffix(pattern, "*")
			return action == pattern || wild && strings.HasPrefix(action, prefix)
		}), action)
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
