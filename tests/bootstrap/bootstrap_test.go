// Package bootstrap makes an empty account ready by the operator's command and asks AWS's own APIs what came of it.
package bootstrap

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway"
	"github.com/genericcorp/platform/tests/localcloud/gateway/organizations"
	"github.com/genericcorp/platform/tests/testcloud"
)

const (
	stateKey    = "alias/platform-state"
	provider    = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
	bucketName  = "genericcorp-platform-state-123456789012-us-east-1"
	boundaryARN = "arn:aws:iam::123456789012:policy/platform-boundary"
	breaker     = "platform-budget-breaker" // a policy, and a role
	guardrails  = "platform-guardrails"
	anything    = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
)

var workflowRoles = []string{"platform-preview", "platform-deployer", "platform-tenant", "platform-drift"}

type report struct {
	DryRun bool
	Items  []struct{ Resource, Aspect, State, Found string }
}

// changed are the items that were not in sync.
func (r report) changed() []string {
	list := []string{}
	for _, item := range r.Items {
		if item.State != "in sync" {
			list = append(list, item.Resource+": "+item.Aspect)
		}
	}
	return list
}

// account is an account and the operator's command that bootstraps it.
type account struct {
	cloud    *testcloud.Cloud
	platform string
}

func (l account) bootstrap(t *testing.T, more ...string) report {
	t.Helper()
	args := append([]string{"bootstrap", "--env", "prod", "--account", l.cloud.AccountID, "--repository", "genericcorp/platform", "--json"}, more...)
	result := l.cloud.Run(t, t.TempDir(), nil, l.platform, args...)
	require.Zero(t, result.Code, result.Stderr)
	var r report
	require.NoError(t, json.Unmarshal([]byte(result.Stdout), &r), result.Stdout)
	return r
}

func (l account) iam() *iam.Client { return iam.NewFromConfig(l.cloud.AWS()) }
func (l account) kms() *kms.Client { return kms.NewFromConfig(l.cloud.AWS()) }
func (l account) s3() *s3.Client {
	return s3.NewFromConfig(l.cloud.AWS(), func(o *s3.Options) { o.UsePathStyle = true })
}

func TestMain(m *testing.M) { os.Exit(testcloud.Main(m)) }

// TestBootstrap bootstraps an empty account. What is checked of the bootstrapped account leaves it as it was.
func TestBootstrap(t *testing.T) {
	l := account{cloud: testcloud.Empty(t), platform: testcloud.Platform(t)}
	t.Run("a dry run changes nothing", l.checkDryRun)
	t.Run("the credentials of another account are refused", l.checkOtherAccount)
	t.Run("an account whose billing is not ready is told all of it", l.checkBilling)
	require.NotEmpty(t, l.bootstrap(t).changed(), "it makes everything")
	t.Run("a second run changes nothing", func(t *testing.T) { assert.Empty(t, l.bootstrap(t).changed()) })
	t.Run("threat detection comes when it is asked for", func(t *testing.T) {
		assert.Equal(t, []string{"threat detector: protections"}, l.bootstrap(t, "--threat-detection").changed())
		assert.Empty(t, l.bootstrap(t, "--threat-detection").changed())
		assert.Empty(t, l.bootstrap(t).changed())
	})
	t.Run("the bucket is closed, versioned and encrypted", l.checkBucket)
	t.Run("no role can be taken from elsewhere", l.checkTrust)
	t.Run("permissions are what the role got, and name no whole service", l.checkPermissions)
	t.Run("people get in by the commands of docs/first-deploy.md", l.checkPeople)
	t.Run("what was changed by hand is repaired, and only that", l.checkRepaired)
	t.Run("another region has a state of its own", l.checkOtherRegion)
	t.Run("Pulumi keeps its state and secrets there", l.checkPulumi)
}

func (l account) checkDryRun(t *testing.T) {
	assert.NotEmpty(t, l.bootstrap(t, "--dry-run").changed())
	keys, err := l.kms().ListKeys(t.Context(), &kms.ListKeysInput{})
	require.NoError(t, err)
	assert.Empty(t, keys.Keys)
	buckets, err := l.s3().ListBuckets(t.Context(), &s3.ListBucketsInput{})
	require.NoError(t, err)
	assert.Empty(t, buckets.Buckets)
	roles, err := l.iam().ListRoles(t.Context(), &iam.ListRolesInput{})
	require.NoError(t, err)
	for _, role := range roles.Roles {
		assert.False(t, strings.HasPrefix(aws.ToString(role.RoleName), "platform-"))
	}
}

func (l account) checkOtherAccount(t *testing.T) {
	result := l.cloud.Run(t, t.TempDir(), nil, l.platform, "bootstrap", "--env", "dev", "--account", "999999999999", "--repository", "genericcorp/platform")
	assert.Equal(t, 1, result.Code)
	assert.Contains(t, result.Stderr, "these credentials belong to account 123456789012")
	assert.Contains(t, result.Stderr, "nothing was changed")
}

// checkBilling makes the account a member of an organisation, and new.
func (l account) checkBilling(t *testing.T) {
	put := func(path, body string) {
		request, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), http.MethodPut, l.cloud.AWSEndpoint+path, strings.NewReader(body))
		require.NoError(t, err)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusOK, response.StatusCode)
	}
	t.Cleanup(func() { put(organizations.Path, `{"payer": ""}`); put(gateway.FaultsPath, `[]`) })
	put(organizations.Path, `{"payer": "999999999999"}`)
	put(gateway.FaultsPath, `[{"operation": "ce:GetCostAndUsage", "status": 400, "code": "DataUnavailableException", "message": "Data is not available."}]`)
	result := l.cloud.Run(t, t.TempDir(), nil, l.platform, "bootstrap", "--env", "prod", "--account", l.cloud.AccountID, "--repository", "genericcorp/platform")
	assert.Equal(t, 1, result.Code)
	for _, want := range []string{"nothing was made", "wait up to a day", "is a member of the organisation of account 999999999999", "--billing-later"} {
		assert.Contains(t, result.Stderr, want)
	}
	assert.NotEmpty(t, l.bootstrap(t, "--dry-run", "--billing-later").changed())
}

func (l account) checkBucket(t *testing.T) {
	name := aws.String(bucketName)
	versioning, err := l.s3().GetBucketVersioning(t.Context(), &s3.GetBucketVersioningInput{Bucket: name})
	require.NoError(t, err)
	assert.Equal(t, s3types.BucketVersioningStatusEnabled, versioning.Status)
	encryption, err := l.s3().GetBucketEncryption(t.Context(), &s3.GetBucketEncryptionInput{Bucket: name})
	require.NoError(t, err)
	assert.Equal(t, s3types.ServerSideEncryptionAwsKms,
		encryption.ServerSideEncryptionConfiguration.Rules[0].ApplyServerSideEncryptionByDefault.SSEAlgorithm)
	public, err := l.s3().GetPublicAccessBlock(t.Context(), &s3.GetPublicAccessBlockInput{Bucket: name})
	require.NoError(t, err)
	assert.True(t, aws.ToBool(public.PublicAccessBlockConfiguration.BlockPublicPolicy))
	document, err := l.s3().GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: name})
	require.NoError(t, err)
	assert.Contains(t, aws.ToString(document.Policy), "aws:SecureTransport")
}

// checkTrust reads each workflow's role: a token must name this repository, an exact place and the workflow's own
// file on the branch, without any wildcard.
func (l account) checkTrust(t *testing.T) {
	files := map[string]string{
		"platform-preview": "preview.yml", "platform-deployer": "deploy.yml", "platform-tenant": "tenant.yml", "platform-drift": "drift.yml",
	}
	for _, name := range workflowRoles {
		out, err := l.iam().GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(name)})
		require.NoError(t, err)
		text, err := url.QueryUnescape(aws.ToString(out.Role.AssumeRolePolicyDocument))
		require.NoError(t, err)
		var trust struct {
			Statement []struct {
				Action    []string
				Principal map[string]string
				Condition map[string]map[string][]string
			}
		}
		require.NoError(t, json.Unmarshal([]byte(text), &trust), text)
		require.Len(t, trust.Statement, 1)
		only := trust.Statement[0]
		assert.Equal(t, map[string]string{"Federated": provider}, only.Principal)
		require.Len(t, only.Condition, 1, "one operator, and it is equality")
		claims := only.Condition["StringEquals"]
		assert.Equal(t, []string{"sts.amazonaws.com"}, claims["token.actions.githubusercontent.com:aud"])
		subjects := claims["token.actions.githubusercontent.com:sub"]
		require.NotEmpty(t, subjects)
		assert.Contains(t, strings.Join(subjects, " "), "/.github/workflows/"+files[name]+"@refs/heads/main")
		for _, subject := range subjects {
			assert.True(t, strings.HasPrefix(subject, "repository:genericcorp/platform:"), subject)
			assert.True(t, strings.HasSuffix(subject, "@refs/heads/main"), subject)
			assert.NotContains(t, subject, "*")
			assert.NotContains(t, subject, "pull_request")
		}
	}
}

func (l account) checkPermissions(t *testing.T) {
	for _, name := range workflowRoles {
		list, err := l.iam().ListRolePolicies(t.Context(), &iam.ListRolePoliciesInput{RoleName: aws.String(name)})
		require.NoError(t, err)
		total := 0
		for _, right := range list.PolicyNames {
			out, err := l.iam().GetRolePolicy(t.Context(), &iam.GetRolePolicyInput{RoleName: aws.String(name), PolicyName: aws.String(right)})
			require.NoError(t, err)
			text, err := url.QueryUnescape(aws.ToString(out.PolicyDocument))
			require.NoError(t, err)
			total += len(text)
			var document struct {
				Statement []struct {
					Effect string
					Action []string
				}
			}
			require.NoError(t, json.Unmarshal([]byte(text), &document), text)
			for _, statement := range document.Statement {
				for _, action := range statement.Action {
					_, verb, _ := strings.Cut(action, ":")
					assert.NotEqual(t, "*", verb, "%s of %s allows a whole service", right, name)
				}
			}
		}
		assert.LessOrEqual(t, total, 10240, "AWS takes 10,240 characters of inline policies a role: %s", name)
	}
}

func (l account) checkRepaired(t *testing.T) {
	ctx := t.Context()
	_, err := l.s3().PutBucketVersioning(ctx, &s3.PutBucketVersioningInput{Bucket: aws.String(bucketName),
		VersioningConfiguration: &s3types.VersioningConfiguration{Status: s3types.BucketVersioningStatusSuspended}})
	require.NoError(t, err)
	_, err = l.s3().DeletePublicAccessBlock(ctx, &s3.DeletePublicAccessBlockInput{Bucket: aws.String(bucketName)})
	require.NoError(t, err)
	everybody := `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"sts:AssumeRole"}]}`
	_, err = l.iam().UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{
		RoleName: aws.String("platform-deployer"), PolicyDocument: aws.String(everybody)})
	require.NoError(t, err)
	_, err = l.iam().PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: aws.String("platform-preview"), PolicyName: aws.String("extra"),
		PolicyDocument: aws.String(anything)})
	require.NoError(t, err)
	_, err = l.iam().AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{
		RoleName: aws.String("platform-drift"), PolicyArn: aws.String("arn:aws:iam::aws:policy/AdministratorAccess")})
	require.NoError(t, err)
	l.attachNew(t, "platform-tenant", "mine")
	_, err = l.iam().AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{ // as the budget does: it stays
		RoleName: aws.String("platform-deployer"), PolicyArn: aws.String("arn:aws:iam::123456789012:policy/" + breaker)})
	require.NoError(t, err)
	_, err = l.iam().DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{
		RoleName: aws.String("platform-preview"), PolicyArn: aws.String("arn:aws:iam::123456789012:policy/" + guardrails)})
	require.NoError(t, err)
	_, err = l.iam().UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: aws.String("platform-deployer"), MaxSessionDuration: aws.Int32(3600)})
	require.NoError(t, err)
	_, err = l.iam().CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{
		PolicyArn: aws.String(boundaryARN), PolicyDocument: aws.String(anything), SetAsDefault: true})
	require.NoError(t, err)
	_, err = l.iam().DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: aws.String("platform-tenant"), PolicyName: aws.String("state")})
	require.NoError(t, err)
	key, err := l.kms().DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(stateKey)})
	require.NoError(t, err)
	_, err = l.kms().ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: key.KeyMetadata.KeyId, PendingWindowInDays: aws.Int32(7)})
	require.NoError(t, err)

	assert.Equal(t, []string{
		"key alias/platform-state: exists and is enabled",
		"bucket " + bucketName + ": closed to the public",
		"bucket " + bucketName + ": versioning",
		"policy platform-boundary: document",
		"role platform-preview: attached policies",
		"role platform-preview: no other permissions",
		"role platform-deployer: trust",
		"role platform-deployer: longest session",
		"role platform-tenant: attached policies",
		"role platform-tenant: permission state",
		"role platform-drift: attached policies",
	}, l.bootstrap(t).changed())
	assert.Empty(t, l.bootstrap(t).changed())
	attached, err := l.iam().ListAttachedRolePolicies(ctx, &iam.ListAttachedRolePoliciesInput{RoleName: aws.String("platform-deployer")})
	require.NoError(t, err)
	var names []string
	for _, policy := range attached.AttachedPolicies {
		names = append(names, aws.ToString(policy.PolicyName))
	}
	assert.ElementsMatch(t, []string{breaker, "platform-deployer-identity", guardrails, "platform-observe"}, names, "a pulled breaker stays pulled")
	again, err := l.kms().DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(stateKey)})
	require.NoError(t, err)
	assert.Equal(t, key.KeyMetadata.KeyId, again.KeyMetadata.KeyId, "the key came back; it was not replaced")
}

// checkPeople runs the commands by which the page lets people in.
func (l account) checkPeople(t *testing.T) {
	page, err := os.ReadFile(filepath.Join(testcloud.Repository(t), "docs", "first-deploy.md"))
	require.NoError(t, err)
	_, after, found := strings.Cut(string(page), "\naws iam create-group")
	require.True(t, found)
	commands, _, found := strings.Cut("aws iam create-group"+after, "\n```")
	require.True(t, found)
	environ := []string{"ACCOUNT=" + l.cloud.AccountID, "PERSON=alice"}
	result := l.cloud.Run(t, t.TempDir(), environ, "bash", "-euo", "pipefail", "-c", commands)
	require.Zero(t, result.Code, result.Stderr)
	out, err := l.iam().GetGroupPolicy(t.Context(), &iam.GetGroupPolicyInput{GroupName: aws.String("platform-people"), PolicyName: aws.String("take-a-role")})
	require.NoError(t, err)
	text, err := url.QueryUnescape(aws.ToString(out.PolicyDocument))
	require.NoError(t, err)
	for _, role := range []string{"platform-developer", "platform-administrator"} {
		assert.Contains(t, text, "arn:aws:iam::123456789012:role/"+role)
		_, err := l.iam().GetRole(t.Context(), &iam.GetRoleInput{RoleName: aws.String(role)})
		require.NoError(t, err, "the page lets people take a role that bootstrap made")
	}
	groups, err := l.iam().ListGroupsForUser(t.Context(), &iam.ListGroupsForUserInput{UserName: aws.String("alice")})
	require.NoError(t, err)
	require.Len(t, groups.Groups, 1)
}

// attachNew makes a policy that allows anything and attaches it to a role.
func (l account) attachNew(t *testing.T, role, policy string) {
	t.Helper()
	made, err := l.iam().CreatePolicy(t.Context(), &iam.CreatePolicyInput{PolicyName: aws.String(policy), PolicyDocument: aws.String(anything)})
	require.NoError(t, err)
	_, err = l.iam().AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: aws.String(role), PolicyArn: made.Policy.Arn})
	require.NoError(t, err)
}

// checkOtherRegion moves to another region and back: each has its bucket and keys, and the roles follow.
func (l account) checkOtherRegion(t *testing.T) {
	there := l.bootstrap(t, "--region", "us-west-2").changed()
	assert.Contains(t, there, "bucket genericcorp-platform-state-123456789012-us-west-2: exists")
	assert.Contains(t, there, "key alias/platform-state: exists and is enabled")
	assert.Contains(t, there, "role platform-deployer: permission state")
	assert.NotContains(t, there, "role platform-deployer: trust")
	for _, item := range l.bootstrap(t).changed() {
		assert.True(t, strings.HasPrefix(item, "role platform-") || strings.HasPrefix(item, "policy platform-"), "%s: the first region was left alone", item)
	}
	assert.Empty(t, l.bootstrap(t).changed())
}

// checkPulumi makes a stack in the new backend. The emulator refuses everybody what a bucket's policy denies on any
// condition, so the policy is taken away for this.
func (l account) checkPulumi(t *testing.T) {
	t.Cleanup(func() { l.bootstrap(t) })
	_, err := l.s3().DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: aws.String(bucketName)})
	require.NoError(t, err)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte("name: platform\nruntime: go\n"), 0o600))
	environ := []string{"PULUMI_BACKEND_URL=s3://" + bucketName + "?region=us-east-1"}
	pulumi := func(args ...string) testcloud.Result {
		result := l.cloud.Run(t, dir, environ, "pulumi", append(args, "--non-interactive")...)
		require.Zero(t, result.Code, result.Stderr)
		return result
	}
	pulumi("stack", "init", "prod", "--secrets-provider", "awskms:///alias/platform-secrets?region=us-east-1")
	pulumi("config", "set", "--secret", "platform:probe", "a value to hide")
	settings, err := os.ReadFile(filepath.Join(dir, "Pulumi.prod.yaml"))
	require.NoError(t, err)
	assert.NotContains(t, string(settings), "a value to hide")
	assert.Contains(t, pulumi("config", "get", "platform:probe").Stdout, "a value to hide")
	objects, err := l.s3().ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(bucketName), Prefix: aws.String(".pulumi/stacks/platform/")})
	require.NoError(t, err)
	assert.NotEmpty(t, objects.Contents)
}

func TestBadInputs(t *testing.T) {
	platform := testcloud.Platform(t)
	cmd := testcloud.Cloud{}
	result := cmd.Run(t, t.TempDir(), nil, platform, "bootstrap", "--env", "live", "--account", "12", "--region", "mars",
		"--repository", "$(id)", "--branch", "release/*")
	assert.Equal(t, 2, result.Code)
	for _, flag := range []string{"--env", "--account", "--region", "--repository", "--branch"} {
		assert.Contains(t, result.Stderr, flag+": got ", "all mistakes are told at once")
	}
	assert.Empty(t, result.Stdout)

	result = cmd.Run(t, t.TempDir(), nil, platform, "bootstrap", "--env", "prod", "--account", "111122223333")
	assert.Equal(t, 2, result.Code)
	assert.Contains(t, result.Stderr, `--repository: got "", expected "owner/name"`, "nobody trusts a repository by default")

	result = cmd.Run(t, t.TempDir(), []string{"GH_TOKEN="}, platform, "bootstrap", "github", "--repository", "`id`", "--account", "dev=x")
	assert.Equal(t, 2, result.Code)
	for _, want := range []string{"--repository: got ", `--account: got "dev=x"`, `--account: got "prod="`, "--reviewer: got ", "--offboard-reviewer: got ", "GH_TOKEN: got nothing"} {
		assert.Contains(t, result.Stderr, want)
	}
}
