package bootstrap

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	somewhere = "*" // what is only under "*"
	iamOf     = "arn:aws:iam::" + pulumitest.Account + ":"
	anEnd     = "-1a2b3c4" // as AWS's provider ends a name
)

// madeElsewhere are the kinds that the component of pulumi-eks registers in its own process, where no recorder sees it.
var madeElsewhere = []string{"aws:eks/cluster:Cluster", "aws:ec2/securityGroup:SecurityGroup", "aws:ec2/securityGroupRule:SecurityGroupRule"}

// sampleOf is a resource of a kind, as an environment's stack has it.
func sampleOf(kind string) string {
	switch strings.Split(kind, "/")[0] {
	case "aws:budgets":
		return "arn:aws:budgets::" + pulumitest.Account + ":budget/budget-budget" + anEnd
	case "aws:iam":
		if kind == "aws:iam/policy:Policy" {
			return iamOf + "policy/budget-deny-spend" + anEnd
		}
		return iamOf + "role/cluster-node" + anEnd
	case "aws:s3":
		return "arn:aws:s3:::monitoring-trail" + anEnd
	case "aws:secretsmanager":
		return "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:cache-auth" + anEnd
	case "aws:kms":
		return "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1"
	}
	return somewhere
}

// circumstances are what IAM knows of an ordinary call in an environment.
func circumstances(environment string) iampolicy.Context {
	return iampolicy.Context{
		"aws:RequestedRegion": {"us-east-1"}, "aws:ResourceTag/environment": {environment},
		"iam:PermissionsBoundary": {permissionsboundary.ARN(pulumitest.Account)}, "iam:PolicyARN": {"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
		"kms:ResourceAliases": {"alias/platform-" + environment + "-logs"},
	}
}

// Whatever the program registers, the role that deploys may make, change and remove, and the ones that look may read.
func TestEachKindOfResourceIsCovered(t *testing.T) {
	t.Parallel()
	for _, environment := range environments.All().Names() {
		context := circumstances(environment)
		kinds := append(typesOf(planOf(t, environment)), madeElsewhere...)
		require.Greater(t, len(kinds), 40)
		for _, kind := range kinds {
			n, known := needed[kind]
			require.True(t, known, "%s: the program registers it, and needs_test.go does not say which actions it takes", kind)
			may := func(role string, actions []string) {
				for _, action := range actions {
					assert.True(t, allowed(t, permissionsOf(t, environment, role), call{action, sampleOf(kind), context}),
						"%s in %s: %s needs %s", role, environment, kind, action)
				}
			}
			may("platform-deployer", slices.Concat(n.read, n.write))
			may("platform-drift", n.read)
			looks := n.read
			if kind == "aws:secretsmanager/secretVersion:SecretVersion" {
				looks = nil // a preview reads no value
			}
			may("platform-preview", looks)
			if environment == "dev" {
				may("platform-deployer", n.remove)
			}
		}
	}
}

// What tenants consist of, their own role makes and removes.
func TestTenantsAreCovered(t *testing.T) {
	t.Parallel()
	samples := map[string]string{
		"aws:budgets/budget:Budget":        "arn:aws:budgets::" + pulumitest.Account + ":budget/platform-prod-tenant-acme" + anEnd,
		"aws:lambda/invocation:Invocation": "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":function:platform-prod-us-east-1-provisioner",
		"aws:route53/record:Record":        "arn:aws:route53:::hostedzone/Z0123456789ABC",
		"aws:secretsmanager/secret:Secret": "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:platform/prod/tenants/acme" + anEnd,
	}
	context := circumstances("prod")
	context["route53:ChangeResourceRecordSetsRecordTypes"] = []string{"CNAME"}
	context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = []string{"acme.app.genericcorp.example"}
	kinds := typesOf(planOfTenant(t, "prod"))
	require.Len(t, kinds, len(samples), "%v", kinds)
	for _, kind := range kinds {
		n := needed[kind]
		for _, action := range slices.Concat(n.read, n.write, n.remove) {
			assert.True(t, allowed(t, permissionsOf(t, "prod", "platform-tenant"), call{action, samples[kind], context}), "%s needs %s", kind, action)
		}
	}
}

// Each role and policy by the name that the program gives it.
func TestTheProgramsOwnRoles(t *testing.T) {
	t.Parallel()
	deployer, context := permissionsOf(t, "prod", "platform-deployer"), circumstances("prod")
	roles := 0
	for _, r := range planOf(t, "prod") {
		resource := iamOf + "role/" + r.Name + anEnd
		switch r.Type {
		case "aws:iam/role:Role":
			roles++
			assert.Equal(t, permissionsboundary.ARN(pulumitest.Account), r.Value(t, "permissionsBoundary"), r.Name)
			assert.False(t, r.Has("name"), "%s: the permissions know it by its generated name", r.Name)
			assert.True(t, allowed(t, deployer, call{"iam:CreateRole", resource, context}), r.Name)
			for _, service := range trusted(t, r) {
				assert.True(t, allowed(t, deployer, call{"iam:PassRole", resource, iampolicy.Context{"iam:PassedToService": {service}}}), "%s to %s", r.Name, service)
			}
		case "aws:iam/policy:Policy":
			assert.True(t, strings.HasPrefix(r.Name+"-", breakerPolicy), "%s: the permissions and the boundary know no other policy", r.Name)
		case "aws:iam/rolePolicyAttachment:RolePolicyAttachment":
			policy := fmt.Sprint(r.Value(t, "policyArn"))
			given := iampolicy.Context{"iam:PermissionsBoundary": context["iam:PermissionsBoundary"], "iam:PolicyARN": {policy}}
			assert.True(t, allowed(t, deployer, call{"iam:AttachRolePolicy", resource, given}), policy)
		}
	}
	require.Greater(t, roles, 6)
}

func trusted(t *testing.T, role pulumitest.Resource) []string {
	t.Helper()
	var document struct {
		Statement []struct {
			Principal struct{ Service iampolicy.List }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(fmt.Sprint(role.Value(t, "assumeRolePolicy"))), &document))
	return document.Statement[0].Principal.Service
}

// What the pipelines may not do, whatever else they may.
func TestWhatNoWorkflowMay(t *testing.T) {
	t.Parallel()
	const (
		role      = iamOf + "role/"
		key       = "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1"
		state     = "arn:aws:s3:::genericcorp-platform-state-" + pulumitest.Account + "-us-east-1"
		budget    = "arn:aws:budgets::" + pulumitest.Account + ":budget/budget-budget" + anEnd
		secrets   = "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:"
		functions = "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":function:"
	)
	bounded := iampolicy.Context{"iam:PermissionsBoundary": {permissionsboundary.ARN(pulumitest.Account)}}
	with := func(key string, values ...string) iampolicy.Context {
		context := circumstances("prod")
		context[key] = values
		return context
	}
	for name, calls := range map[string][]call{
		"platform-deployer": {
			{"iam:CreateRole", role + "cluster-node" + anEnd, nil}, // without the boundary
			{"iam:CreateRole", role + "cluster-node" + anEnd, with("iam:PermissionsBoundary", iamOf+"policy/another")},
			{"iam:CreateRole", role + "helper", bounded}, // by a name that no part has
			{"iam:PutRolePolicy", role + "cluster-node" + anEnd, nil},
			{"iam:PutRolePolicy", role + "platform-deployer", bounded},
			{"iam:PutRolePolicy", role + "OrganizationAccountAccessRole", bounded},
			{"iam:UpdateAssumeRolePolicy", role + "OrganizationAccountAccessRole", nil},
			{"iam:UpdateAssumeRolePolicy", role + "platform-administrator", nil},
			{"iam:DeleteRolePermissionsBoundary", role + "cluster-node" + anEnd, bounded},
			{"iam:AttachRolePolicy", role + "cluster-node" + anEnd, map[string][]string{
				"iam:PermissionsBoundary": bounded["iam:PermissionsBoundary"], "iam:PolicyARN": {"arn:aws:iam::aws:policy/AdministratorAccess"},
			}},
			{"iam:DetachRolePolicy", role + "platform-deployer", circumstances("prod")}, // the breaker's
			{"iam:CreatePolicyVersion", iamOf + "policy/platform-boundary", nil},
			{"iam:CreatePolicy", iamOf + "policy/mine", nil},
			{"iam:PassRole", role + "platform-administrator", iampolicy.Context{"iam:PassedToService": {"lambda.amazonaws.com"}}},
			{"iam:CreateUser", iamOf + "user/me", nil},
			{"sts:AssumeRole", role + "platform-administrator", nil},
			{"budgets:ExecuteBudgetAction", budget, circumstances("prod")},
			{"kms:PutKeyPolicy", key, with("kms:ResourceAliases", "alias/platform-state")},
			{"kms:DisableKey", key, with("kms:ResourceAliases", "alias/platform-secrets")},
			{"kms:DeleteAlias", "arn:aws:kms:us-east-1:" + pulumitest.Account + ":alias/platform-state", circumstances("prod")},
			{"kms:ScheduleKeyDeletion", key, circumstances("prod")},
			{"s3:PutBucketPolicy", state, circumstances("prod")},
			{"s3:DeleteObjectVersion", state + "/.pulumi/stacks/platform/prod.json", circumstances("prod")},
			{"s3:PutObject", state + "/.pulumi/stacks/platform/prod-tenant-acme.json", circumstances("prod")},
			{"rds:DeleteDBInstance", somewhere, circumstances("prod")},
			{"lambda:InvokeFunction", functions + "platform-prod-us-east-1-provisioner", circumstances("prod")},
			{"secretsmanager:GetSecretValue", secrets + "another", with("aws:ResourceTag/environment")},
			{"ec2:CreateVpc", somewhere, with("aws:RequestedRegion", "eu-west-1")},
		},
		"platform-tenant": {
			{"budgets:ModifyBudget", budget, circumstances("prod")},
			{"budgets:ExecuteBudgetAction", budget, circumstances("prod")},
			{"lambda:InvokeFunction", functions + "another", circumstances("prod")},
			{"secretsmanager:DeleteSecret", secrets + "cache-auth" + anEnd, circumstances("prod")},
			{"secretsmanager:GetSecretValue", secrets + "platform/prod/tenants/acme" + anEnd, circumstances("prod")},
			{"route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", map[string][]string{
				"route53:ChangeResourceRecordSetsRecordTypes": {"MX"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": {"acme.app.genericcorp.example"},
			}},
			{"route53:ChangeResourceRecordSets", "arn:aws:route53:::hostedzone/Z1", map[string][]string{
				"route53:ChangeResourceRecordSetsRecordTypes": {"CNAME"}, "route53:ChangeResourceRecordSetsNormalizedRecordNames": {"www.genericcorp.example"},
			}},
			{"s3:PutObject", state + "/.pulumi/stacks/platform/prod.json", nil},
			{"iam:PutRolePolicy", role + "cluster-node" + anEnd, bounded},
		},
		"platform-preview": {
			{"s3:PutObject", state + "/.pulumi/stacks/platform/prod.json", nil},
			{"secretsmanager:GetSecretValue", secrets + "cache-auth" + anEnd, circumstances("prod")},
			{"lambda:InvokeFunction", functions + "platform-prod-us-east-1-provisioner", nil},
		},
		"platform-drift": {
			{"s3:PutObject", state + "/.pulumi/stacks/platform/prod.json", nil},
			{"secretsmanager:GetSecretValue", secrets + "another", with("aws:ResourceTag/environment")},
		},
		"platform-developer": {
			{"lambda:InvokeFunction", functions + "platform-prod-us-east-1-provisioner", nil},
			{"s3:PutObject", state + "/.pulumi/stacks/platform/prod.json", nil},
		},
	} {
		for _, c := range calls {
			assert.False(t, allowed(t, permissionsOf(t, "prod", name), c), "%s: %s on %s", name, c.action, c.resource)
		}
	}
}

// The state is written by who deploys what it is of, with its locks, history and backups.
func TestWhoWritesWhichState(t *testing.T) {
	t.Parallel()
	const bucket = "arn:aws:s3:::genericcorp-platform-state-" + pulumitest.Account + "-us-east-1/.pulumi/"
	for role, stack := range map[string]string{"platform-deployer": "dev", "platform-tenant": "dev-tenant-acme"} {
		for _, object := range []string{
			"stacks/platform/" + stack + ".json", "stacks/platform/" + stack + ".json.bak", "locks/organization/platform/" + stack + "/1.json",
			"history/platform/" + stack + "/1.history.json", "backups/platform/" + stack + "/1.json",
		} {
			// Without its end a folder's name and a file's are the same: dev's files begin with "dev.".
			assert.True(t, allowed(t, permissionsOf(t, "dev", role), call{"s3:PutObject", bucket + object, nil}), "%s: %s", role, object)
		}
	}
	for _, role := range []string{"platform-preview", "platform-drift"} {
		assert.True(t, allowed(t, permissionsOf(t, "dev", role), call{"s3:GetObject", bucket + "stacks/platform/dev.json", nil}), role)
	}
}

// AWS takes 10,240 characters of inline policies a role, and 6,144 of a policy of its own.
func TestPermissionsFitIntoTheirLimits(t *testing.T) {
	t.Parallel()
	for _, environment := range environments.All().Names() {
		a := accountOf(environment)
		a.Region, a.Branch = "ap-southeast-2", strings.Repeat("b", 40)
		for _, r := range a.roles() {
			total := 0
			for _, text := range r.permissions {
				total += len(text)
			}
			assert.LessOrEqual(t, total, 10_240, r.name)
			assert.LessOrEqual(t, len(r.trust), 2048, r.name)
		}
		assert.LessOrEqual(t, len(a.boundaryPolicy()), 6144)
	}
}
