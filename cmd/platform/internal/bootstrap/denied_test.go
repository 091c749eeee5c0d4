package bootstrap

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	aRole      = iamOf + "role/"
	aPolicy    = iamOf + "policy/"
	aPart      = aRole + "bounded/provisioner" + anEnd // a role of the program
	aKey       = "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1"
	aState     = "arn:aws:s3:::genericcorp-platform-state-" + pulumitest.Account + "-us-east-1"
	aBudget    = "arn:aws:budgets::" + pulumitest.Account + ":budget/budget-budget" + anEnd
	aSecret    = "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:"
	ofATenant  = aSecret + "platform/prod/tenants/acme" + anEnd + "-AbCdEf"
	ofDatabase = aSecret + "rds!db-0a1b2c3d-AbCdEf"
	ofTheCache = aSecret + "cache-auth-secret" + anEnd + "-AbCdEf"
	ofStripe   = aSecret + "billing-secret" + anEnd + "-AbCdEf"
	ofBetter   = aSecret + "betterstack-secret" + anEnd + "-AbCdEf"
	aFunction  = "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":function:"
	provision  = aFunction + "platform-prod-us-east-1-provisioner"
	archives   = "arn:aws:s3:::provisioner-archives" + anEnd
	trail      = "arn:aws:s3:::monitoring-trail" + anEnd
	aLogGroup  = "arn:aws:logs:us-east-1:" + pulumitest.Account + ":log-group:"
	aBinding   = "arn:aws:eks:us-east-1:" + pulumitest.Account + ":podidentityassociation/platform-prod-cluster/a-1"
	aCluster   = "arn:aws:eks:us-east-1:" + pulumitest.Account + ":cluster/platform-prod-cluster"
	aPodsRole  = aRole + "bounded/tenants-pods" + anEnd
	aZone      = "arn:aws:route53:::hostedzone/Z0123456789ABC"
	breaker    = "platform-budget-breaker"
	admin      = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// with is an ordinary call's context in prod with one key set otherwise, or taken away when there is no value.
func with(key string, values ...string) iampolicy.Context {
	context := maps.Clone(circumstances("prod"))
	context[key] = values
	return context
}

// ofRecord is an ordinary call's context in prod about one record of a zone.
func ofRecord(kind, name string) iampolicy.Context {
	context := with("route53:ChangeResourceRecordSetsRecordTypes", kind)
	context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = []string{name}
	return context
}

// What each workflow may not do, whatever else it may. Each list is by what somebody with the role would be after.
func TestWhatNoWorkflowMay(t *testing.T) {
	t.Parallel()
	usual := circumstances("prod")
	bounded := iampolicy.Context{"iam:PermissionsBoundary": {permissionsboundary.ARN(pulumitest.Account)}}
	for name, wishes := range map[string]map[string][]call{
		"platform-deployer": {
			"a role without the boundary, or with another": {
				{"iam:CreateRole", aPart, nil},
				{"iam:CreateRole", aPart, with("iam:PermissionsBoundary", aPolicy+"another")},
				{"iam:PutRolePolicy", aPart, nil},
				{"iam:PutRolePermissionsBoundary", aPart, with("iam:PermissionsBoundary", admin)},
				{"iam:DeleteRolePermissionsBoundary", aPart, bounded},
				{"iam:AttachRolePolicy", aPart, with("iam:PolicyARN", admin)},
				{"iam:AttachRolePolicy", aPart, with("iam:PolicyARN", aPolicy+"mine")},
			},
			"a role that others made, bounded or not, even under the name of a part": {
				{"iam:CreateRole", aRole + "helper", bounded},
				{"iam:PutRolePolicy", aRole + "OrganizationAccountAccessRole", bounded},
				{"iam:UpdateAssumeRolePolicy", aRole + "OrganizationAccountAccessRole", nil},
				{"iam:UpdateAssumeRolePolicy", aRole + "platform-administrator", nil},
				{"iam:UpdateAssumeRolePolicy", aRole + "network-operations", usual},
				{"iam:UpdateAssumeRolePolicy", aRole + "monitoring-of-the-company", usual},
				{"iam:UpdateAssumeRolePolicy", aRole + "database-administrators", usual},
				{"iam:UpdateAssumeRolePolicy", aRole + "cluster-administrators", usual},
				{"iam:DeleteRole", aRole + "network-operations", usual},
				{"iam:UpdateRole", aRole + "network-operations", usual},
			},
			"to hand a stronger role to a service": {
				{"iam:PassRole", aRole + "platform-administrator", with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:PassRole", aRole + "platform-deployer", with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:PassRole", aRole + "network-operations", with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:PassRole", aRole + "monitoring-of-the-company", with("iam:PassedToService", "ec2.amazonaws.com")},
				{"iam:PassRole", aRole + "database-administrators", with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:PassRole", aRole + breaker, with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:PassRole", aPart, with("iam:PassedToService", "glue.amazonaws.com")},
				{"sts:AssumeRole", aRole + "platform-administrator", nil},
			},
			"its own policies and boundary, and bootstrap's": {
				{"iam:PutRolePolicy", aRole + "platform-deployer", bounded},
				{"iam:DeleteRolePolicy", aRole + "platform-deployer", bounded},
				{"iam:AttachRolePolicy", aRole + "platform-deployer", usual},
				{"iam:DetachRolePolicy", aRole + "platform-deployer", usual},
				{"iam:CreatePolicyVersion", aPolicy + "platform-boundary", usual},
				{"iam:CreatePolicyVersion", aPolicy + "platform-guardrails", usual},
				{"iam:SetDefaultPolicyVersion", aPolicy + "platform-boundary", usual},
				{"iam:DeletePolicy", aPolicy + "platform-boundary", usual},
			},
			"a policy or an identity of its own": {
				{"iam:CreatePolicy", aPolicy + "mine", usual},
				{"iam:CreateUser", iamOf + "user/me", usual},
				{"iam:CreateAccessKey", iamOf + "user/alice", usual},
				{"iam:PutUserPolicy", iamOf + "user/alice", usual},
				{"iam:AddRoleToInstanceProfile", iamOf + "instance-profile/mine", usual},
				{"iam:CreateOpenIDConnectProvider", iamOf + "oidc-provider/evil.example", usual},
			},
			// The way to become administrator: a policy under the breaker's name with any document, which a role that may
			// move the breaker then attaches to anybody.
			"the breaker": {
				{"iam:CreatePolicy", aPolicy + "budget-deny-spend-mine", usual},
				{"iam:CreatePolicyVersion", aPolicy + "budget-deny-spend" + anEnd, usual},
				{"iam:SetDefaultPolicyVersion", aPolicy + "budget-deny-spend" + anEnd, usual},
				{"iam:DeletePolicy", aPolicy + "budget-deny-spend" + anEnd, usual},
				{"iam:CreatePolicy", aPolicy + breaker, usual},
				{"iam:CreatePolicyVersion", aPolicy + breaker, usual},
				{"iam:DeletePolicyVersion", aPolicy + breaker, usual},
				{"iam:DetachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", aPolicy+breaker)},
				{"iam:AttachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", aPolicy+breaker)},
				{"iam:PutRolePolicy", aRole + breaker, bounded},
				{"iam:UpdateAssumeRolePolicy", aRole + breaker, usual},
				{"iam:DeleteRole", aRole + breaker, usual},
				{"budgets:ExecuteBudgetAction", aBudget + "/action/1", usual},
				{"budgets:DeleteBudgetAction", aBudget + "/action/1", usual},
			},
			"what tenants and the database's administrator connect with": {
				{"secretsmanager:GetSecretValue", ofATenant, usual}, // which carries the environment's tag
				{"secretsmanager:PutSecretValue", ofATenant, usual},
				{"secretsmanager:UpdateSecret", ofATenant, usual},
				{"secretsmanager:PutResourcePolicy", ofATenant, usual},
				{"secretsmanager:RotateSecret", ofATenant, usual},
				{"secretsmanager:DeleteSecret", ofATenant, usual},
				{"secretsmanager:GetSecretValue", ofDatabase, usual},
				{"secretsmanager:PutSecretValue", ofDatabase, usual},
				{"secretsmanager:GetSecretValue", aSecret + "another", usual},
				{"secretsmanager:GetSecretValue", ofStripe, usual},
				{"secretsmanager:PutSecretValue", ofStripe, usual},
				{"secretsmanager:PutSecretValue", ofBetter, usual},
				{"secretsmanager:BatchGetSecretValue", somewhere, usual},
				{"secretsmanager:TagResource", ofATenant, usual}, // by a tag nothing is opened, and none may be set
				{"secretsmanager:TagResource", aSecret + "another", usual},
				{"kms:Decrypt", aKey, usual}, // but through the services
			},
			"to call the functions, or to let others call them": {
				{"lambda:InvokeFunction", provision, usual},
				{"lambda:AddPermission", provision, with("lambda:Principal", "999999999999")},
				{"lambda:AddPermission", provision, with("lambda:Principal", "*")},
				{"lambda:AddPermission", provision, with("lambda:Principal", "s3.amazonaws.com")},
				{"lambda:AddPermission", provision, with("lambda:Principal")},
				{"lambda:AddPermission", provision, with("lambda:Principal", "apigateway.amazonaws.com")},
				{"lambda:CreateFunctionUrlConfig", provision, usual},
				{"lambda:UpdateFunctionUrlConfig", provision, usual},
				{"lambda:CreateEventSourceMapping", provision, usual},
				{"lambda:AddLayerVersionPermission", "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":layer:x:1", usual},
				{"lambda:UpdateFunctionCode", aFunction + "of-somebody-else", usual},
			},
			"the state": {
				{"kms:PutKeyPolicy", aKey, with("kms:ResourceAliases", "alias/platform-state")},
				{"kms:DisableKey", aKey, with("kms:ResourceAliases", "alias/platform-secrets")},
				{"kms:DeleteAlias", "arn:aws:kms:us-east-1:" + pulumitest.Account + ":alias/platform-state", usual},
				{"s3:PutBucketPolicy", aState, usual},
				{"s3:DeleteBucketPolicy", aState, usual},
				{"s3:DeleteObjectVersion", aState + "/.pulumi/stacks/platform/prod.json", usual},
				{"s3:PutObject", aState + "/.pulumi/stacks/platform/prod-tenant-acme.json", usual},
			},
			"what watches the account": {
				{"guardduty:CreateDetector", somewhere, usual}, {"guardduty:DeleteDetector", somewhere, usual}, {"guardduty:UpdateDetector", somewhere, usual},
				{"access-analyzer:DeleteAnalyzer", somewhere, usual},
			},
			"names that are not the edge's": {
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("A", "www.genericcorp.example")},
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("A", "genericcorp.example")},
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("A", "acme.app.genericcorp.example")}, // a tenant's
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("A", `\052.genericcorp.example`)},
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("CNAME", "_proof.genericcorp.example")}, // for a certificate of another name
				{"route53:ChangeResourceRecordSets", aZone, ofRecord("TXT", "app.genericcorp.example")},
				{"route53:DeleteHostedZone", aZone, usual},
			},
			"certificates' keys, and other groups of machines": {
				{"acm:ExportCertificate", somewhere, usual}, {"acm:ImportCertificate", somewhere, usual},
				{"autoscaling:AttachLoadBalancerTargetGroups", "arn:aws:autoscaling:us-east-1:" + pulumitest.Account + ":autoScalingGroup:1-2:autoScalingGroupName/mine", usual},
				{"autoscaling:UpdateAutoScalingGroup", "arn:aws:autoscaling:us-east-1:" + pulumitest.Account + ":autoScalingGroup:1-2:autoScalingGroupName/eks-general-1", usual},
			},
			"another region": {{"ec2:CreateVpc", somewhere, with("aws:RequestedRegion", "eu-west-1")}},
		},
		"platform-tenant": {
			"money": {
				{"budgets:ModifyBudget", aBudget, usual},
				{"budgets:ExecuteBudgetAction", aBudget, usual},
			},
			"secrets": {
				{"secretsmanager:DeleteSecret", ofTheCache, usual},
				{"secretsmanager:GetSecretValue", ofATenant, usual},
				{"secretsmanager:PutSecretValue", ofATenant, usual},
				{"secretsmanager:PutResourcePolicy", ofATenant, usual},
				{"secretsmanager:DeleteResourcePolicy", ofATenant, usual},
				{"secretsmanager:GetSecretValue", ofDatabase, usual},
				{"secretsmanager:TagResource", ofDatabase, usual},
			},
			"other functions": {{"lambda:InvokeFunction", aFunction + "another", usual}, {"lambda:UpdateFunctionCode", provision, usual}},
			"other names": {
				{"route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", iampolicy.Context{
					"route53:ChangeResourceRecordSetsRecordTypes": {"MX"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": {"acme.app.genericcorp.example"},
				}},
				{"route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", iampolicy.Context{
					"route53:ChangeResourceRecordSetsRecordTypes": {"CNAME"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": {"www.genericcorp.example"},
				}},
			},
			"other states": {{"s3:PutObject", aState + "/.pulumi/stacks/platform/prod.json", nil}, {"s3:PutObject", aState + "/.pulumi/stacks/platform/prod-workloads.json", nil}},
			"identities": {
				{"iam:PutRolePolicy", aPart, bounded}, {"iam:PassRole", aPart, with("iam:PassedToService", "lambda.amazonaws.com")},
				{"iam:CreateRole", aPodsRole, bounded}, {"iam:PutRolePolicy", aPodsRole, bounded}, {"iam:UpdateAssumeRolePolicy", aPodsRole, usual}, {"sts:AssumeRole", aPodsRole, usual},
			},
			"another role for pods, or the pods' role for others": {
				{"iam:PassRole", aPart, with("iam:PassedToService", "pods.eks.amazonaws.com")},
				{"iam:PassRole", aRole + "platform-administrator", with("iam:PassedToService", "pods.eks.amazonaws.com")},
				{"iam:PassRole", aPodsRole, with("iam:PassedToService", "lambda.amazonaws.com")},
			},
			"the bindings of pods that are no tenant's": {
				{"eks:CreatePodIdentityAssociation", aCluster, usual},
				{"eks:UpdatePodIdentityAssociation", aBinding, usual},
				{"eks:DeletePodIdentityAssociation", aBinding, usual},
				{"eks:UntagResource", aBinding, usual},
				{"eks:UpdatePodIdentityAssociation", aBinding, with("aws:RequestTag/tenant", "acme")},
			},
			"the cluster":     {{"eks:UpdateClusterConfig", aCluster, usual}, {"eks:CreateAccessEntry", aCluster, usual}, {"eks:AssociateAccessPolicy", aCluster, usual}},
			"tenants' data":   {{"s3:GetObject", archives + "/archives/prod/acme/1", usual}, {"s3:DeleteObject", archives + "/archives/prod/acme/1", usual}},
			"another account": {{"secretsmanager:PutSecretValue", "arn:aws:secretsmanager:us-east-1:999999999999:secret:platform/prod/tenants/acme", usual}},
		},
		"platform-preview": {
			"to write": {{"s3:PutObject", aState + "/.pulumi/stacks/platform/prod.json", nil}},
			"secrets": {
				{"secretsmanager:GetSecretValue", ofTheCache, usual},
				{"secretsmanager:GetSecretValue", ofATenant, usual},
				{"secretsmanager:GetSecretValue", ofBetter, usual},
			},
			"to call":       {{"lambda:InvokeFunction", provision, nil}},
			"tenants' data": {{"s3:GetObject", archives + "/archives/prod/acme/1", usual}},
		},
		"platform-drift": {
			"to write": {{"s3:PutObject", aState + "/.pulumi/stacks/platform/prod.json", nil}, {"kms:GenerateDataKey", aKey, with("kms:ViaService", "secretsmanager.us-east-1.amazonaws.com")}},
			"secrets": {
				{"secretsmanager:GetSecretValue", ofATenant, usual}, // which carries the environment's tag
				{"secretsmanager:GetSecretValue", ofDatabase, usual},
				{"secretsmanager:GetSecretValue", aSecret + "another", usual},
			},
			"to call": {{"lambda:InvokeFunction", provision, nil}},
		},
		"platform-developer": {
			"to write": {{"s3:PutObject", aState + "/.pulumi/stacks/platform/prod.json", nil}},
			"to call":  {{"lambda:InvokeFunction", provision, nil}},
			"secrets":  {{"secretsmanager:GetSecretValue", ofATenant, usual}, {"secretsmanager:GetSecretValue", ofDatabase, usual}},
		},
		breaker: {
			"another policy, or another role": {
				{"iam:AttachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", admin)},
				{"iam:AttachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", aPolicy+"budget-deny-spend-mine")},
				{"iam:AttachRolePolicy", aRole + "platform-administrator", with("iam:PolicyARN", aPolicy+breaker)},
				{"iam:DetachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", aPolicy+guardrailsPolicy)},
				{"iam:CreatePolicyVersion", aPolicy + breaker, usual},
			},
		},
	} {
		for wish, calls := range wishes {
			for _, c := range calls {
				assert.False(t, allowed(t, permissionsOf(t, "prod", name), c), "%s wants %s: %s on %s", name, wish, c.action, c.resource)
			}
		}
	}
}

// What each role is there for.
func TestWhatRolesMay(t *testing.T) {
	t.Parallel()
	usual := circumstances("prod")
	for name, calls := range map[string][]call{
		"platform-deployer": {
			{"iam:CreateRole", aPart, usual},
			{"iam:UpdateAssumeRolePolicy", aPart, usual},
			{"iam:PassRole", aPart, with("iam:PassedToService", "lambda.amazonaws.com")},
			{"iam:PassRole", aRole + breaker, with("iam:PassedToService", "budgets.amazonaws.com")},
			{"budgets:CreateBudgetAction", aBudget + "/action/1", usual},
			{"lambda:AddPermission", provision, usual},
			{"lambda:AddPermission", aFunction + "platform-prod-us-east-1-billing", with("lambda:Principal", "apigateway.amazonaws.com")},
			{"apigateway:TagResource", "arn:aws:apigateway:us-east-1::/tags/arn", usual},
			{"lambda:UpdateFunctionCode", provision, usual}, // reviewed, as everything that is deployed
			{"secretsmanager:GetSecretValue", ofTheCache, usual},
			{"secretsmanager:GetSecretValue", ofBetter, usual},
			{"secretsmanager:CreateSecret", ofBetter, usual},
			{"secretsmanager:CreateSecret", ofDatabase, usual},
			{"secretsmanager:DescribeSecret", ofATenant, usual},
			{"iam:GetPolicyVersion", aPolicy + breaker, usual},
			{"logs:PutRetentionPolicy", aLogGroup + "/aws/lambda/platform-prod-us-east-1-report", usual},
		},
		"platform-tenant": {
			{"iam:PassRole", aPodsRole, with("iam:PassedToService", "pods.eks.amazonaws.com")},
			{"eks:CreatePodIdentityAssociation", aCluster, with("aws:RequestTag/tenant", "acme")},
			{"eks:UpdatePodIdentityAssociation", aBinding, with("aws:ResourceTag/tenant", "acme")},
			{"secretsmanager:CreateSecret", ofATenant, usual},
			{"secretsmanager:DeleteSecret", ofATenant, with("secretsmanager:RecoveryWindowInDays", "30")},
		},
		"platform-drift":   {{"secretsmanager:GetSecretValue", ofTheCache, usual}, {"secretsmanager:GetSecretValue", ofBetter, usual}, {"kms:Decrypt", aKey, with("kms:ViaService", "secretsmanager.us-east-1.amazonaws.com")}},
		"platform-preview": {{"secretsmanager:DescribeSecret", ofATenant, usual}},
		breaker: {
			{"iam:AttachRolePolicy", aRole + "platform-deployer", with("iam:PolicyARN", aPolicy+breaker)},
			{"iam:DetachRolePolicy", aRole + "platform-developer", with("iam:PolicyARN", aPolicy+breaker)},
		},
	} {
		for _, c := range calls {
			assert.True(t, allowed(t, permissionsOf(t, "prod", name), c), "%s: %s on %s", name, c.action, c.resource)
		}
	}
}

// The ways to lose data or records in production, at once or by and by; and what stays possible beside each.
func TestProductionKeepsItsData(t *testing.T) {
	t.Parallel()
	usual := circumstances("prod")
	for _, role := range []string{"platform-deployer", "platform-tenant"} {
		for _, c := range []call{
			{"secretsmanager:DeleteSecret", ofTheCache, with("secretsmanager:ForceDeleteWithoutRecovery", "true")},
			{"secretsmanager:DeleteSecret", ofATenant, with("secretsmanager:ForceDeleteWithoutRecovery", "true")},
			{"secretsmanager:DeleteSecret", ofTheCache, with("secretsmanager:RecoveryWindowInDays", "7")},
			{"secretsmanager:DeleteSecret", ofATenant, with("secretsmanager:RecoveryWindowInDays", "7")},
			{"s3:PutLifecycleConfiguration", archives, usual}, {"s3:PutLifecycleConfiguration", trail, usual},
			{"s3:PutBucketVersioning", archives, usual}, {"s3:PutBucketVersioning", trail, usual},
			{"s3:DeleteBucket", archives, usual}, {"s3:DeleteBucket", trail, usual},
			{"s3:DeleteObject", archives + "/archives/prod/acme/1", usual}, {"s3:DeleteObjectVersion", archives + "/archives/prod/acme/1", usual},
			{"s3:DeleteObjectVersion", trail + "/AWSLogs/1", usual},
			{"cloudtrail:StopLogging", somewhere, usual}, {"cloudtrail:DeleteTrail", somewhere, usual},
			{"cloudtrail:PutEventSelectors", somewhere, usual}, {"cloudtrail:UpdateTrail", somewhere, usual}, // to record nothing, or elsewhere
			{"rds:DeleteDBInstance", somewhere, usual}, {"rds:DeleteDBInstanceAutomatedBackup", somewhere, usual}, {"rds:DeleteDBSnapshot", somewhere, usual},
			{"rds:ModifyDBSnapshotAttribute", somewhere, usual},
			{"elasticache:DeleteReplicationGroup", somewhere, usual}, {"elasticache:DeleteSnapshot", somewhere, usual},
			{"elasticache:ModifyReplicationGroup", somewhere, with("elasticache:SnapshotRetentionLimit", "0")},
			{"eks:DeleteCluster", somewhere, usual}, {"ec2:DeleteVolume", somewhere, usual}, {"ec2:DeleteSnapshot", somewhere, usual},
			{"kms:DisableKey", aKey, usual}, {"kms:ScheduleKeyDeletion", aKey, usual},
			{"kms:PutKeyPolicy", aKey, with("kms:BypassPolicyLockoutSafetyCheck", "true")},
			{"logs:DeleteLogGroup", aLogGroup + "/aws/eks/platform-prod-cluster/cluster", usual},
			{"logs:PutRetentionPolicy", aLogGroup + "/aws/eks/platform-prod-cluster/cluster", usual},
			{"logs:DeleteLogGroup", aLogGroup + "network-flow-log" + anEnd, usual},
			{"logs:DeleteLogGroup", aLogGroup + "/aws/rds/instance/platform-prod-database-main/postgresql", usual},
		} {
			assert.False(t, allowed(t, permissionsOf(t, "prod", role), c), "%s: %s on %s with %v", role, c.action, c.resource, c.context)
		}
	}
	for _, c := range []call{
		{"secretsmanager:DeleteSecret", ofTheCache, with("secretsmanager:RecoveryWindowInDays", "30")},
		{"elasticache:ModifyReplicationGroup", somewhere, with("elasticache:SnapshotRetentionLimit", "7")},
		{"elasticache:ModifyReplicationGroup", somewhere, usual},
		{"rds:ModifyDBInstance", somewhere, usual},
		{"kms:PutKeyPolicy", aKey, usual},
		{"s3:PutBucketPolicy", archives, usual},
		{"logs:DeleteLogGroup", aLogGroup + "/aws/lambda/platform-prod-us-east-1-report", usual},
	} {
		assert.True(t, allowed(t, permissionsOf(t, "prod", "platform-deployer"), c), "%s on %s with %v", c.action, c.resource, c.context)
	}
}
