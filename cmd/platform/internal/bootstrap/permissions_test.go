package bootstrap

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
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

// resourceOf is what an action that a registered resource takes is about, as IAM names it in the environment.
func resourceOf(t *testing.T, environment string, r pulumitest.Resource, action string) string {
	t.Helper()
	name := r.Name + anEnd
	if r.Has("name") {
		name = fmt.Sprint(r.Value(t, "name"))
	}
	service, _, _ := strings.Cut(action, ":")
	if rooms := map[string]string{"iam": "aws:iam", "logs": "aws:cloudwatch/logGroup", "s3": "aws:s3"}; rooms[service] != "" && !strings.HasPrefix(r.Type, rooms[service]) {
		return somewhere // what AWS looks up beside the resource itself
	}
	switch service {
	case "apigateway":
		return "arn:aws:apigateway:us-east-1::/apis/a1b2c3"
	case "autoscaling":
		return "arn:aws:autoscaling:us-east-1:" + pulumitest.Account + ":autoScalingGroup:1-2:autoScalingGroupName/eks-general-1"
	case "budgets":
		return "arn:aws:budgets::" + pulumitest.Account + ":budget/" + name
	case "codeconnections":
		return fmt.Sprint(r.Value(t, "source.auth.resource"))
	case "ecr":
		return "arn:aws:ecr:us-east-1:" + pulumitest.Account + ":repository/platform-" + environment + "/sample"
	case "iam":
		return iamOf + "role/bounded/" + name
	case "kms":
		return "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1"
	case "lambda":
		function := "provisioner"
		if strings.HasPrefix(r.Name, "billing") {
			function = "billing"
		}
		return "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":function:platform-" + environment + "-us-east-1-" + function
	case "logs":
		return "arn:aws:logs:us-east-1:" + pulumitest.Account + ":log-group:" + name
	case "s3":
		return "arn:aws:s3:::" + name
	case "route53":
		return aZone
	case "secretsmanager":
		if strings.HasPrefix(r.Type, "aws:rds/") {
			return "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:rds!db-0a1b2c3d"
		}
		return "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:" + strings.Replace(r.Name, "-version", "-secret", 1) + anEnd
	}
	return somewhere
}

// circumstances are what IAM knows of an ordinary call in an environment.
func circumstances(environment string) iampolicy.Context {
	return iampolicy.Context{
		"aws:RequestedRegion": {"us-east-1"}, "aws:ResourceTag/environment": {environment},
		"iam:PermissionsBoundary": {permissionsboundary.ARN(pulumitest.Account)}, "iam:PolicyARN": {"arn:aws:iam::aws:policy/AmazonEKSClusterPolicy"},
		"kms:ResourceAliases": {"alias/platform-" + environment + "-logs"}, "lambda:Principal": {"events.amazonaws.com"},
	}
}

// byAdministrators is what the deployer of production may not do on a kind although the provider of AWS calls it: to choose how
// long data and records are kept. Administrators make these in the first deployment.
var byAdministrators = map[string][]string{
	"aws:cloudtrail/trail:Trail":                                           {"cloudtrail:PutEventSelectors", "cloudtrail:UpdateTrail"},
	"aws:cloudwatch/logGroup:LogGroup":                                     {"logs:DeleteRetentionPolicy", "logs:PutRetentionPolicy"},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {"s3:PutLifecycleConfiguration"},
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                         {"s3:PutBucketVersioning"},
}

// isForAdministrators says whether byAdministrators is about a resource: of log groups only the records are, of buckets only the data.
func isForAdministrators(r pulumitest.Resource, resource, action string) bool {
	if r.Type == "aws:cloudwatch/logGroup:LogGroup" && !slices.ContainsFunc(recordLogs, func(name string) bool { return strings.Contains(resource, ":log-group:"+name) }) {
		return false
	}
	if strings.HasPrefix(r.Type, "aws:s3/") && !slices.ContainsFunc(dataBuckets, func(name string) bool { return strings.HasPrefix(resource, "arn:aws:s3:::"+name) }) {
		return false
	}
	return slices.Contains(byAdministrators[r.Type], action)
}

// contextOf adds what Route 53 tells IAM of a change of a record, and Lambda of whom a permission lets call.
func contextOf(t *testing.T, context iampolicy.Context, r pulumitest.Resource) iampolicy.Context {
	t.Helper()
	if r.Type == "aws:lambda/permission:Permission" {
		context = maps.Clone(context)
		context["lambda:Principal"] = []string{fmt.Sprint(r.Value(t, "principal"))}
	}
	if r.Type != "aws:route53/record:Record" {
		return context
	}
	context = maps.Clone(context)
	context["route53:ChangeResourceRecordSetsRecordTypes"] = []string{fmt.Sprint(r.Value(t, "type"))}
	context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = []string{strings.ReplaceAll(fmt.Sprint(r.Value(t, "name")), "*", `\052`)}
	return context
}

// Whatever the program registers, the role that deploys may make, change and remove, and the ones that look may read.
func TestEachResourceIsCovered(t *testing.T) {
	t.Parallel()
	for _, environment := range environments.All().Names() {
		context := circumstances(environment)
		plan := planOf(t, environment)
		require.Greater(t, len(typesOf(plan)), 40)
		policies := map[string][]string{}
		for _, role := range []string{"platform-deployer", "platform-drift", "platform-preview"} {
			policies[role] = permissionsOf(t, environment, role)
		}
		for _, kind := range madeElsewhere {
			plan = append(plan, pulumitest.Resource{Type: kind, Name: "cluster"})
		}
		for _, r := range plan {
			if !strings.HasPrefix(r.Type, "aws:") {
				continue
			}
			n, known := needed[r.Type]
			require.True(t, known, "%s: the program registers it, and needs_test.go does not say which actions it takes", r.Type)
			context := contextOf(t, context, r)
			may := func(role string, actions []string) {
				for _, action := range actions {
					resource := resourceOf(t, environment, r, action)
					want := environment == "dev" || !isForAdministrators(r, resource, action)
					assert.Equal(t, want, allowed(t, policies[role], call{action, resource, context}),
						"%s in %s: %s %s needs %s on %s", role, environment, r.Type, r.Name, action, resource)
				}
			}
			may("platform-deployer", slices.Concat(n.read, n.write))
			may("platform-drift", n.read)
			looks := n.read
			if r.Type == "aws:secretsmanager/secretVersion:SecretVersion" {
				looks = nil // a preview reads no value
			}
			may("platform-preview", looks)
			if environment == "dev" {
				may("platform-deployer", n.remove)
			}
		}
	}
}

// Services use our keys in the name of whoever makes what is encrypted with them.
func TestKeysAreUsedThroughTheirServices(t *testing.T) {
	t.Parallel()
	for _, environment := range environments.All().Names() {
		kinds := append(typesOf(planOf(t, environment)), madeElsewhere...)
		for kind, services := range keyedBy {
			require.Contains(t, kinds, kind)
			for _, service := range services {
				context := circumstances(environment)
				context["kms:ViaService"] = []string{service + ".us-east-1.amazonaws.com"}
				for _, action := range []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom"} {
					c := call{action, "arn:aws:kms:us-east-1:" + pulumitest.Account + ":key/1", context}
					assert.True(t, allowed(t, permissionsOf(t, environment, "platform-deployer"), c), "%s in %s: %s through %s", kind, environment, action, service)
				}
			}
		}
	}
}

// What tenants consist of, their own role makes and removes.
func TestTenantsAreCovered(t *testing.T) {
	t.Parallel()
	samples := map[string]string{
		"aws:eks/podIdentityAssociation:PodIdentityAssociation": "arn:aws:eks:us-east-1:" + pulumitest.Account + ":podidentityassociation/platform-prod-cluster/a-1",
		"aws:lambda/invocation:Invocation":                      "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":function:platform-prod-us-east-1-provisioner",
		"aws:route53/record:Record":                             "arn:aws:route53:::hostedzone/Z0123456789ABC",
		"aws:secretsmanager/secret:Secret":                      "arn:aws:secretsmanager:us-east-1:" + pulumitest.Account + ":secret:platform/prod/tenants/acme" + anEnd,
	}
	context := circumstances("prod")
	context["route53:ChangeResourceRecordSetsRecordTypes"] = []string{"CNAME"}
	context["route53:ChangeResourceRecordSetsNormalizedRecordNames"] = []string{"acme.app.genericcorp.example"}
	context["secretsmanager:RecoveryWindowInDays"] = []string{"30"}
	context["aws:RequestTag/tenant"], context["aws:ResourceTag/tenant"] = []string{"acme"}, []string{"acme"}
	about := map[string]string{
		"eks:CreatePodIdentityAssociation": "arn:aws:eks:us-east-1:" + pulumitest.Account + ":cluster/platform-prod-cluster", "iam:GetRole": aPodsRole,
	}
	kinds := typesOf(planOfTenant(t, "prod"))
	require.Len(t, kinds, len(samples), "%v", kinds)
	for _, kind := range kinds {
		n := needed[kind]
		for _, action := range slices.Concat(n.read, n.write, n.remove) {
			assert.True(t, allowed(t, permissionsOf(t, "prod", "platform-tenant"), call{action, cmp.Or(about[action], samples[kind]), context}), "%s needs %s", kind, action)
		}
	}
}

// Each role and policy by the name that the program gives it.
func TestTheProgramsOwnRoles(t *testing.T) {
	t.Parallel()
	deployer, context := permissionsOf(t, "prod", "platform-deployer"), circumstances("prod")
	roles := 0
	for _, r := range planOf(t, "prod") {
		resource := iamOf + "role/bounded/" + r.Name + anEnd
		switch r.Type {
		case "aws:iam/role:Role":
			roles++
			assert.Equal(t, permissionsboundary.ARN(pulumitest.Account), r.Value(t, "permissionsBoundary"), r.Name)
			assert.Equal(t, permissionsboundary.Path, r.Value(t, "path"), r.Name)
			assert.True(t, allowed(t, deployer, call{"iam:CreateRole", resource, context}), r.Name)
			for _, service := range trusted(t, r) {
				assert.True(t, allowed(t, deployer, call{"iam:PassRole", resource, iampolicy.Context{"iam:PassedToService": {service}}}), "%s to %s", r.Name, service)
			}
		case "aws:iam/policy:Policy":
			assert.Fail(t, "a policy of its own", "%s: a deployment makes none, or it could give itself what it likes", r.Name)
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

// The state is written by who deploys what it is of, with its locks, history and backups.
func TestWhoWritesWhichState(t *testing.T) {
	t.Parallel()
	const bucket = "arn:aws:s3:::genericcorp-platform-state-" + pulumitest.Account + "-us-east-1/.pulumi/"
	for _, writes := range [][2]string{{"platform-deployer", "dev"}, {"platform-deployer", "dev-workloads"}, {"platform-tenant", "dev-tenant-acme"}} {
		role, stack := writes[0], writes[1]
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
		for _, m := range a.managed() {
			assert.LessOrEqual(t, len(m.document), 6144, m.name)
		}
	}
}
