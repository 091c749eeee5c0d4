package budget

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
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

// denyNewSpend is the breaker's policy. A Deny wins over whatever the roles are allowed.
func denyNewSpend() pulumi.StringOutput {
	statements := make([]policydoc.Statement, 0, len(newSpend))
	for _, kind := range newSpend {
		statements = append(statements, policydoc.Statement{
			Sid:     kind.sid,
			Effect:  policydoc.Deny,
			Actions: kind.actions,
			// Everything: what does not exist yet has no ARN to name.
			Resources: []pulumi.StringInput{pulumi.String("*")},
		})
	}
	return policydoc.Document(statements...)
}
