package keys_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/keys"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	keyType   = "aws:kms/key:Key"
	aliasType = "aws:kms/alias:Alias"
)

var stackTags = tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}

func record(t *testing.T, name string, args *keys.KeysArgs) (*pulumitest.Recorder, map[string]pulumitest.Output) {
	t.Helper()
	var outputs map[string]pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, stackTags); err != nil {
			return err
		}
		k, err := keys.NewKeys(ctx, name, args)
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, k)
		return nil
	})
	return r, outputs
}

func good() *keys.KeysArgs {
	return &keys.KeysArgs{Region: pulumitest.Region, AccountID: pulumitest.Account, AccessLogs: true}
}

// purposes are what there is a key for, and the output that tells its ARN.
var purposes = map[string]string{
	"cluster": "Cluster", "database": "Database", "cache": "Cache", "secrets": "Secrets",
	"notifications": "Notifications", "logs": "Logs", "storage": "Storage", "trail": "Trail",
	"access-logs": "AccessLogs",
}

// checks hold for all keys. Together they watch all that they consist of.
var checks = []pulumitest.Check{checkKeys, checkPolicies}

func TestOneRotatedProtectedKeyAPurpose(t *testing.T) {
	t.Parallel()
	r, outputs := record(t, "main", good())
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name")
	require.Len(t, outputs, len(purposes))
	for purpose, field := range purposes {
		require.Equal(t, pulumitest.Output{Value: "arn:aws:kms:us-east-1:123456789012:main-" + purpose, Known: true}, outputs[field])
	}
}

func checkKeys(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Len(t, r.OfType(keyType), len(purposes))
	for purpose := range purposes {
		key := r.One(t, keyType, "main-"+purpose)
		require.Equal(t, true, key.Value(t, "enableKeyRotation"))
		require.EqualValues(t, 30, key.Value(t, "deletionWindowInDays"))
		alias := r.One(t, aliasType, "main-"+purpose+"-alias")
		require.Equal(t, "alias/platform-test-main-"+purpose, alias.Value(t, "name"))
		require.Equal(t, "main-"+purpose+"-id", alias.Value(t, "targetKeyId"))
	}
	r.RequireProtected(t, keyType)
	r.RequireBelow(t, "genericcorp:keys:Keys")
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "keys"})
}

// A key costs a dollar a month: without a load balancer there is none for its log.
func TestNoKeyWithoutALoadBalancer(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		args := good()
		args.AccessLogs = false
		_, err := keys.NewKeys(ctx, "main", args)
		return err
	})
	require.Len(t, r.OfType(keyType), len(purposes)-1)
	for _, key := range r.OfType(keyType) {
		require.NotContains(t, fmt.Sprint(key.Value(t, "policy")), "delivery.logs.amazonaws.com", key.Name)
	}
}

func TestWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := good()
	args.DeletionProtection = new(false)
	r, _ := record(t, "main", args)
	for _, key := range r.OfType(keyType) {
		require.EqualValues(t, 7, key.Value(t, "deletionWindowInDays"))
	}
	r.RequireProtected(t)
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := record(t, strings.Repeat("very-long-name-", 20), good())
	r.RequireNamesFit(t)
}

// statement is a statement of a key policy as KMS reads it.
type statement struct {
	Sid       string
	Effect    string
	Principal struct {
		AWS     []string
		Service []string
	}
	Action    []string
	Resource  []string
	Condition map[string]map[string][]string
}

func policyOf(t testing.TB, key pulumitest.Resource) []statement {
	t.Helper()
	text, ok := key.Value(t, "policy").(string)
	require.True(t, ok)
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	var document struct {
		Version   string
		Statement []statement
	}
	require.NoError(t, decoder.Decode(&document))
	require.Equal(t, "2012-10-17", document.Version)
	return document.Statement
}

func checkPolicies(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	sourceAccount := map[string]map[string][]string{"StringEquals": {"aws:SourceAccount": {"123456789012"}}}
	services := map[string][]statement{
		"cluster": {}, "database": {}, "cache": {}, "secrets": {},
		"notifications": {{
			Sid: "Publishers", Action: []string{"kms:Decrypt", "kms:GenerateDataKey*"}, Condition: sourceAccount,
		}},
		"logs": {{
			Sid:    "LogGroups",
			Action: []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
			Condition: map[string]map[string][]string{
				"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {"arn:aws:logs:us-east-1:123456789012:*"}},
			},
		}},
		"storage": {},
		"trail": {
			{
				Sid: "TrailsEncrypt", Action: []string{"kms:GenerateDataKey*"},
				Condition: map[string]map[string][]string{
					"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": {"arn:aws:cloudtrail:us-east-1:123456789012:trail/*"}},
					"ArnLike":    {"aws:SourceArn": {"arn:aws:cloudtrail:us-east-1:123456789012:trail/*"}},
				},
			},
			{
				Sid: "TrailsUse", Action: []string{"kms:Decrypt", "kms:DescribeKey"},
				Condition: map[string]map[string][]string{"ArnLike": {"aws:SourceArn": {"arn:aws:cloudtrail:us-east-1:123456789012:trail/*"}}},
			},
		},
		"access-logs": {{
			Sid:    "Deliveries",
			Action: []string{"kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
			Condition: map[string]map[string][]string{
				"StringEquals": {"aws:SourceAccount": {"123456789012"}}, "ArnLike": {"aws:SourceArn": {"arn:aws:logs:us-east-1:123456789012:*"}},
			},
		}},
	}
	principals := map[string][]string{
		"Publishers":    {"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com"},
		"LogGroups":     {"logs.us-east-1.amazonaws.com"},
		"TrailsEncrypt": {"cloudtrail.amazonaws.com"},
		"TrailsUse":     {"cloudtrail.amazonaws.com"},
		"Deliveries":    {"delivery.logs.amazonaws.com"},
	}
	account := statement{Sid: "Account", Effect: "Allow", Action: []string{"kms:*"}, Resource: []string{"*"}}
	account.Principal.AWS = []string{"arn:aws:iam::123456789012:root"}
	for purpose, expected := range services {
		for i := range expected {
			expected[i].Effect, expected[i].Resource = "Allow", []string{"*"}
			expected[i].Principal.Service = principals[expected[i].Sid]
		}
		policy := policyOf(t, r.One(t, keyType, "main-"+purpose))
		require.Equal(t, append([]statement{account}, expected...), policy, purpose)
	}
}

// Each service may do with its key what AWS says that it does.
func TestServicesMayUseTheirKeys(t *testing.T) {
	t.Parallel()
	r, _ := record(t, "main", good())
	const account, region = pulumitest.Account, pulumitest.Region
	uses := map[string][]iampolicy.Call{
		"trail": iampolicy.TrailKeyUse("arn:aws:cloudtrail:"+region+":"+account+":trail/platform-test-monitoring", true),
		"logs":  iampolicy.LogGroupKeyUse("arn:aws:logs:"+region+":"+account+":log-group:any", region),

		"access-logs": iampolicy.DeliveryKeyUse(account, region),
	}
	for _, service := range []string{"budgets", "cloudwatch", "costalerts"} {
		uses["notifications"] = append(uses["notifications"], iampolicy.PublisherKeyUse(service+".amazonaws.com", account)...)
	}
	for purpose := range purposes {
		policy, err := iampolicy.Parse(fmt.Sprint(r.One(t, keyType, "main-"+purpose).Value(t, "policy")))
		require.NoError(t, err)
		require.Empty(t, policy.Missing(uses[purpose]), purpose)
		for other, calls := range uses {
			if other != purpose {
				require.Len(t, policy.Missing(calls), len(calls), "%s with the key of %s", other, purpose)
			}
		}
	}
	elsewhere := iampolicy.TrailKeyUse("arn:aws:cloudtrail:"+region+":999999999999:trail/a", true)
	policy, err := iampolicy.Parse(fmt.Sprint(r.One(t, keyType, "main-trail").Value(t, "policy")))
	require.NoError(t, err)
	require.Len(t, policy.Missing(elsewhere), len(elsewhere), "a trail of another account")
}

func TestBadArgs(t *testing.T) {
	t.Parallel()
	const (
		region  = `keys "main": region: got %q, expected a region such as "us-east-1"`
		account = `keys "main": accountId: got %q, expected the 12 digits of an AWS account`
	)
	for name, c := range map[string]struct {
		args    *keys.KeysArgs
		message string
	}{
		"none": {nil, strings.ReplaceAll(region, "%q", `""`) + "\n" + strings.ReplaceAll(account, "%q", `""`)},
		"all wrong": {
			&keys.KeysArgs{Region: "us-east-1a", AccountID: "12345"},
			strings.ReplaceAll(region, "%q", `"us-east-1a"`) + "\n" + strings.ReplaceAll(account, "%q", `"12345"`),
		},
		"account": {
			&keys.KeysArgs{Region: "eu-central-1", AccountID: "12345678901x"},
			strings.ReplaceAll(account, "%q", `"12345678901x"`),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := keys.NewKeys(ctx, "main", c.args)
				require.EqualError(t, err, c.message)
				return err
			})
			require.Error(t, err)
			require.Empty(t, r.OfType(keyType))
		})
	}
}
