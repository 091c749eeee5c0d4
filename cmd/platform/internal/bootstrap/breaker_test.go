package bootstrap

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// At the limit a person can still look, delete, scale in and repair, and the platform's parts can no longer be made.
func TestTheBreakerDeniesNewSpend(t *testing.T) {
	t.Parallel()
	everything := `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`
	policies := []string{everything, accountOf("prod").breakerPolicy()}
	for action, denied := range map[string]bool{
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
		assert.Equal(t, !denied, allowed(t, policies, call{action, somewhere, nil}), action)
	}
}

// AWS Budgets takes the breaker's role for this account's budgets, and nobody else takes it.
func TestWhoTakesTheBreakersRole(t *testing.T) {
	t.Parallel()
	trust := parsed(t, accountOf("prod").breakerRole().trust)
	for name, c := range map[string]struct {
		caller  iampolicy.Caller
		account string
		source  string
		want    bool
	}{
		"a budget":                {iampolicy.Caller{Service: "budgets.amazonaws.com"}, pulumitest.Account, aBudget, true},
		"another account's":       {iampolicy.Caller{Service: "budgets.amazonaws.com"}, "999999999999", "arn:aws:budgets::999999999999:budget/b", false},
		"another service":         {iampolicy.Caller{Service: "lambda.amazonaws.com"}, pulumitest.Account, provision, false},
		"the role of deployments": {iampolicy.Caller{Role: aRole + "platform-deployer"}, pulumitest.Account, aBudget, false},
	} {
		decision, err := iampolicy.Evaluate(iampolicy.Request{
			Caller: c.caller, Action: "sts:AssumeRole", Resource: aRole + breaker,
			Context: iampolicy.Context{"aws:SourceAccount": {c.account}, "aws:SourceArn": {c.source}},
		}, iampolicy.Policies{Resource: trust, ResourceDecides: true})
		require.NoError(t, err)
		assert.Equal(t, c.want, decision.Allowed, name)
	}
}
