package bootstrap

import (
	"time"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/internal/environments"
)

// newSpend lists, by what it buys, the actions that start to cost money. Reading, deleting, scaling in and mending
// are not among them, nor is what both saves and spends (a node group's size, an instance's class): whoever is at
// the limit must be able to save, and to keep a snapshot of what goes. Wildcards take in future actions of a kind.
var newSpend = []struct {
	sid     string
	actions []string
}{
	{"DenyCompute", []string{
		"ec2:RunInstances", "ec2:StartInstances", "ec2:RequestSpotInstances", "ec2:RequestSpotFleet", "ec2:CreateFleet",
		"ec2:PurchaseReservedInstancesOffering", "ec2:AllocateHosts",
		"autoscaling:CreateAutoScalingGroup",
		"lambda:CreateFunction", "lambda:PutProvisionedConcurrencyConfig",
	}},
	{"DenyNetwork", []string{
		// An address costs by the hour, a gateway and an interface endpoint by the hour and the gigabyte.
		"ec2:AllocateAddress", "ec2:CreateNatGateway", "ec2:CreateVpcEndpoint", "ec2:CreateTransitGateway",
		"elasticloadbalancing:CreateLoadBalancer",
	}},
	{"DenyStorage", []string{"ec2:CreateVolume", "ec2:CopySnapshot", "elasticfilesystem:CreateFileSystem", "fsx:CreateFileSystem"}},
	{"DenyKubernetes", []string{"eks:CreateCluster", "eks:CreateNodegroup", "eks:CreateFargateProfile"}},
	{"DenyDatabases", []string{
		// Instances and their replicas, clusters, proxies; restores make instances too.
		"rds:CreateDBInstance*", "rds:CreateDBCluster", "rds:CreateDBProxy", "rds:CreateDBShardGroup", "rds:CreateBlueGreenDeployment",
		"rds:RestoreDB*", "rds:StartDB*",
		"dynamodb:CreateTable", "redshift:CreateCluster", "es:CreateDomain",
	}},
	{"DenyCaches", []string{
		"elasticache:CreateCacheCluster", "elasticache:CreateReplicationGroup", "elasticache:CreateGlobalReplicationGroup",
		"elasticache:CreateServerlessCache", "elasticache:IncreaseReplicaCount", "elasticache:PurchaseReservedCacheNodesOffering",
	}},
	{"DenyCommitments", []string{"savingsplans:CreateSavingsPlan", "rds:PurchaseReservedDBInstancesOffering"}},
	{"DenyMachineLearning", []string{"sagemaker:Create*", "bedrock:CreateProvisionedModelThroughput"}},
}

// breakerPolicy denies new spend. A Deny wins over whatever the roles are allowed.
func (a *account) breakerPolicy() string {
	statements := make([]statement, 0, len(newSpend))
	for _, kind := range newSpend {
		statements = append(statements, statement{
			Sid: kind.sid, Effect: deny, Action: kind.actions, Resource: []string{"*"}, // what does not exist yet has no ARN to name
		})
	}
	return policy(statements...)
}

// breakerRole is the role in which AWS Budgets, for this account alone, attaches and detaches that one policy, to exactly the
// roles that spend. A deployment may hand it to AWS Budgets, and to nothing else; it cannot change it.
func (a *account) breakerRole() role {
	targets := make([]string, 0, len(environments.BreakerRoles()))
	for _, name := range environments.BreakerRoles() {
		targets = append(targets, a.arn("iam", "", "role/"+name))
	}
	return role{
		name: budget.BreakerName, description: "AWS Budgets, to pull the breaker", session: time.Hour,
		trust: policy(statement{
			Effect: allow, Principal: principal{"Service": "budgets.amazonaws.com"}, Action: []string{"sts:AssumeRole"},
			Condition: condition{
				"StringEquals": {"aws:SourceAccount": {a.Account}},
				"ArnLike":      {"aws:SourceArn": {a.arn("budgets", "", "budget/*")}}, // the provider of AWS ends the budget's name at random
			},
		}),
		permissions: map[string]string{"breaker": policy(statement{
			Sid: "MoveTheBreaker", Effect: allow, Action: []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, Resource: targets,
			Condition: condition{"ArnEquals": {"iam:PolicyARN": {budget.BreakerPolicyARN(a.Account)}}},
		})},
	}
}
