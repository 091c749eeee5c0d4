package bootstrap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/permissionsboundary"
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
	own, attached := 0, 0
	for _, r := range slices.Concat(planOf(t, "prod"), planOfTenant(t, "prod"), planOfWorkloads(t, "prod")) {
		context := iampolicy.Context{"kms:ResourceAliases": {"alias/platform-prod-logs"}, "lambda:SourceFunctionArn": {aFunction + "platform-prod-us-east-1-" + r.Name}}
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
						if action == "lambda:InvokeFunction" {
							resource = provision // which no record names as AWS does
						}
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

// A missing archive reads as missing. S3 answers with 404 only to who may list the bucket, and asks that without the prefix of a
// listing, which a request for an object does not carry (Amazon S3 API Reference, GetObject, "Permissions").
func TestAMissingArchiveIsMissing(t *testing.T) {
	t.Parallel()
	for _, r := range planOf(t, "prod") {
		if r.Type == "aws:iam/rolePolicy:RolePolicy" && r.Name == "provisioner" {
			own := []string{fmt.Sprint(r.Value(t, "policy"))}
			assert.True(t, allowed(t, own, call{"s3:ListBucket", "arn:aws:s3:::provisioner-archives", nil}))
			assert.False(t, allowed(t, own, call{"s3:ListBucket", trail, nil}), "another bucket")
			return
		}
	}
	require.Fail(t, "the provisioner has no permissions")
}

// And no role of the program can do what its maker may not, whatever policies its maker gives it.
func TestWhatTheBoundaryKeepsOut(t *testing.T) {
	t.Parallel()
	everything := parsed(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	for _, c := range []call{
		{"iam:CreateRole", aRole + "me", nil},
		{"iam:CreateRole", aPart, with("iam:PermissionsBoundary", permissionsboundary.ARN(pulumitest.Account))},
		{"iam:PassRole", aRole + "me", nil},
		{"iam:PutRolePolicy", aRole + "platform-deployer", nil},
		{"iam:AttachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", admin)},
		{"iam:AttachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", aPolicy+"budget-deny-spend-mine")},
		{"iam:AttachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", aPolicy+breaker)},
		{"iam:DetachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", aPolicy+breaker)},
		{"iam:DetachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", aPolicy+guardrailsPolicy)},
		{"iam:CreatePolicyVersion", aPolicy + "platform-boundary", nil},
		{"sts:AssumeRole", aRole + "platform-administrator", nil},
		{"ec2:RunInstances", somewhere, nil},
		{"rds:DeleteDBInstance", somewhere, nil},
		{"budgets:ModifyBudget", somewhere, nil},
		{"budgets:ExecuteBudgetAction", somewhere, nil},
		{"s3:GetObject", aState + "/.pulumi/stacks/platform/prod.json", nil},
		{"s3:ListBucket", aState, nil},
		{"s3:DeleteObject", trail + "/log", nil},
		{"s3:DeleteObjectVersion", archives + "/archives/prod/acme/1", nil},
		{"s3:PutBucketPolicy", trail, nil},
		{"s3:PutLifecycleConfiguration", archives, nil},
		{"cloudtrail:StopLogging", somewhere, nil},
		{"secretsmanager:DeleteSecret", ofATenant, nil},
		{"secretsmanager:PutResourcePolicy", ofATenant, nil},
		{"lambda:UpdateFunctionCode", provision, nil},
		{"lambda:InvokeFunction", provision, nil},
		{"lambda:InvokeFunction", provision, with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-provisioner")},
		{"lambda:InvokeFunction", aFunction + "another", with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-report")},
		{"lambda:InvokeFunction", aFunction + "another", with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-billing")},
		{"ses:SendEmail", somewhere, with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-billing")},
		{"ses:SendEmail", somewhere, nil},
		{"ce:GetCostAndUsage", somewhere, with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-billing")},
		{"ce:GetCostAndUsage", somewhere, nil},
		{"ce:GetCostForecast", somewhere, with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-report")},
		{"kms:Decrypt", aKey, with("kms:ResourceAliases", "alias/platform-secrets")},
		{"kms:ScheduleKeyDeletion", aKey, nil},
		{"kms:PutKeyPolicy", aKey, nil},
	} {
		within := iampolicy.Policies{Identity: everything, Boundary: parsed(t, accountOf("prod").boundaryPolicy())}
		assert.False(t, decide(t, within, c), "%s on %s", c.action, c.resource)
	}
}

// The programs of the report's function and of billing's, and no other, ask the provisioner, and the former sends mail and reads the bill.
func TestWhatReportAndBillingMay(t *testing.T) {
	t.Parallel()
	everything := parsed(t, `{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}`)
	within := iampolicy.Policies{Identity: everything, Boundary: parsed(t, accountOf("prod").boundaryPolicy())}
	report := with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-report")
	assert.True(t, decide(t, within, call{"lambda:InvokeFunction", provision, report}))
	assert.True(t, decide(t, within, call{"lambda:InvokeFunction", provision, with("lambda:SourceFunctionArn", aFunction+"platform-prod-us-east-1-billing")}))
	assert.True(t, decide(t, within, call{"ses:SendEmail", "arn:aws:ses:us-east-1:" + pulumitest.Account + ":identity/genericcorp.example", report}))
	assert.True(t, decide(t, within, call{"ce:GetCostAndUsage", somewhere, report}))
}
