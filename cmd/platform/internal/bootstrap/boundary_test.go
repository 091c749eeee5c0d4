package bootstrap

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// awsPolicies holds, for each of AWS's own policies that the program attaches, what its role does by it.
var awsPolicies = map[string][]string{
	"AmazonEKSClusterPolicy": {
		"autoscaling:DescribeAutoScalingGroups", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateRoute", "ec2:CreateSecurityGroup", "ec2:CreateTags", "ec2:DescribeInstances",
		"ec2:ModifyInstanceAttribute", "elasticloadbalancing:CreateLoadBalancer", "kms:DescribeKey",
	},
	"AmazonEKSWorkerNodePolicy":          {"ec2:DescribeInstances", "ec2:DescribeVolumes", "eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity"},
	"AmazonEC2ContainerRegistryPullOnly": {"ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:GetAuthorizationToken", "ecr:GetDownloadUrlForLayer"},
	"AmazonEKS_CNI_Policy": {
		"ec2:AssignPrivateIpAddresses", "ec2:AttachNetworkInterface", "ec2:CreateNetworkInterface", "ec2:CreateTags", "ec2:DeleteNetworkInterface", "ec2:DescribeInstanceTypes",
		"ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute", "ec2:UnassignPrivateIpAddresses",
	},
	"AmazonEBSCSIDriverPolicy": {
		"ec2:AttachVolume", "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:CreateVolume", "ec2:DeleteSnapshot", "ec2:DeleteTags", "ec2:DeleteVolume", "ec2:DescribeVolumesModifications",
		"ec2:DetachVolume", "ec2:ModifyVolume",
	},
}

// Every role of the program can do within the boundary what its own policies give it.
func TestTheBoundaryLetsThePartsWork(t *testing.T) {
	t.Parallel()
	bounds := []string{accountOf("prod").boundaryPolicy()}
	context := iampolicy.Context{"iam:PolicyARN": {iamOf + "policy/budget-deny-spend" + anEnd}, "kms:ResourceAliases": {"alias/platform-prod-logs"}}
	own, attached := 0, 0
	for _, r := range planOf(t, "prod") {
		switch r.Type {
		case "aws:iam/rolePolicy:RolePolicy":
			for _, s := range statementsOf(t, fmt.Sprint(r.Value(t, "policy"))) {
				if s.Effect == deny {
					continue
				}
				require.NotEmpty(t, s.Action, r.Name)
				for _, action := range s.Action {
					for _, resource := range s.Resource {
						own++
						assert.True(t, allowed(t, bounds, call{action, resource, context}), "%s: %s on %s", r.Name, action, resource)
					}
				}
			}
		case "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
			attached++
			arn := fmt.Sprint(r.Value(t, "policyArn"))
			name := arn[strings.LastIndex(arn, "/")+1:]
			require.Contains(t, awsPolicies, name, "say what %s does by it", r.Name)
			for _, action := range awsPolicies[name] {
				assert.True(t, allowed(t, bounds, call{action, somewhere, context}), "%s: %s", name, action)
			}
		}
	}
	require.Greater(t, own, 15)
	require.Greater(t, attached, 4)
}

// And no role of the program can do what its maker may not.
func TestWhatTheBoundaryKeepsOut(t *testing.T) {
	t.Parallel()
	const state = "arn:aws:s3:::genericcorp-platform-state-" + pulumitest.Account + "-us-east-1"
	for _, c := range []call{
		{"iam:CreateRole", iamOf + "role/me", nil},
		{"iam:PassRole", iamOf + "role/me", nil},
		{"iam:PutRolePolicy", iamOf + "role/platform-deployer", nil},
		{"iam:AttachRolePolicy", iamOf + "role/platform-deployer", iampolicy.Context{"iam:PolicyARN": {"arn:aws:iam::aws:policy/AdministratorAccess"}}},
		{"iam:CreatePolicyVersion", iamOf + "policy/platform-boundary", nil},
		{"sts:AssumeRole", iamOf + "role/platform-administrator", nil},
		{"ec2:RunInstances", somewhere, nil},
		{"rds:DeleteDBInstance", somewhere, nil},
		{"budgets:ModifyBudget", somewhere, nil},
		{"s3:GetObject", state + "/.pulumi/stacks/platform/prod.json", nil},
		{"s3:ListBucket", state, nil},
		{"s3:DeleteObject", "arn:aws:s3:::monitoring-trail" + anEnd + "/log", nil},
		{"s3:PutBucketPolicy", "arn:aws:s3:::monitoring-trail" + anEnd, nil},
		{"cloudtrail:StopLogging", somewhere, nil},
		{"kms:Decrypt", "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1", map[string][]string{"kms:ResourceAliases": {"alias/platform-secrets"}}},
		{"kms:ScheduleKeyDeletion", "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1", nil},
	} {
		assert.False(t, allowed(t, []string{accountOf("prod").boundaryPolicy()}, c), "%s on %s", c.action, c.resource)
	}
}
