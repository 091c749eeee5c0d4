package bucket_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/bucket"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	lifecycleType = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	arn           = "arn:aws:s3:us-east-1:123456789012:records"
)

func record(t *testing.T, args *bucket.Args) *pulumitest.Recorder {
	t.Helper()
	args.KeyARN, args.NoncurrentDays = pulumi.String("arn:key"), 7
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := bucket.New(ctx, "records", args)
		return err
	})
}

// checks hold for every bucket. Together they watch all that it consists of.
var checks = []pulumitest.Check{checkClosed, checkKept, checkPolicy}

func TestBucketIsClosedAndKept(t *testing.T) {
	t.Parallel()
	r := record(t, &bucket.Args{})
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "BucketLifecycleConfigurationV2 * rules[0].id")
}

func checkClosed(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	for kind, want := range map[string]map[string]any{
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
			"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true,
		},
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"rule.objectOwnership": "BucketOwnerEnforced"},
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
			"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm":   "aws:kms",
			"rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId": "arn:key",
			"rules[0].bucketKeyEnabled":                                  true,
		},
	} {
		made := r.One(t, kind, "records")
		require.Equal(t, "records", made.Value(t, "bucket"), kind)
		for path, value := range want {
			require.Equal(t, value, made.Value(t, path), path)
		}
	}
}

func checkKept(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t, "aws:s3/bucketV2:BucketV2")
	require.Equal(t, false, r.One(t, "aws:s3/bucketV2:BucketV2", "records").Value(t, "forceDestroy"))
	versioning := r.One(t, "aws:s3/bucketVersioningV2:BucketVersioningV2", "records")
	require.Equal(t, []any{"records", "Enabled"}, []any{versioning.Value(t, "bucket"), versioning.Value(t, "versioningConfiguration.status")})
	lifecycle := r.One(t, lifecycleType, "records")
	for path, want := range map[string]any{
		"bucket": "records", "rules[0].status": "Enabled", "rules[0].filter.prefix": "",
		"rules[0].noncurrentVersionExpiration.noncurrentDays": 7.0, "rules[0].abortIncompleteMultipartUpload.daysAfterInitiation": 1.0,
	} {
		require.Equal(t, want, lifecycle.Value(t, path), path)
	}
	require.False(t, lifecycle.Has("rules[0].expiration"), "nothing goes by itself")
	require.False(t, lifecycle.Has("rules[0].transitions"))
}

const onlyTLS = `{"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["` + arn + `", "` + arn + `/*"],
	"Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}`

func checkPolicy(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	policy := r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "records")
	require.Equal(t, "records", policy.Value(t, "bucket"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [`+onlyTLS+`]}`, fmt.Sprint(policy.Value(t, "policy")))
}

func TestBucketSettings(t *testing.T) {
	t.Parallel()
	r := record(t, &bucket.Args{
		ExpireDays: 400, ColdDays: 30, DeletionProtection: new(false),
		Statements: func(bucketARN pulumi.StringInput) []policydoc.Statement {
			return []policydoc.Statement{{
				Services: []string{"delivery.example"}, Actions: []string{"s3:PutObject"}, Resources: []pulumi.StringInput{bucketARN},
			}}
		},
	})
	r.RequireProtected(t)
	require.Equal(t, true, r.One(t, "aws:s3/bucketV2:BucketV2", "records").Value(t, "forceDestroy"))
	lifecycle := r.One(t, lifecycleType, "records")
	require.InDelta(t, 400, lifecycle.Value(t, "rules[0].expiration.days"), 0)
	require.Equal(t, []any{map[string]any{"days": 30.0, "storageClass": "STANDARD_IA"}}, lifecycle.Value(t, "rules[0].transitions"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Effect": "Allow", "Principal": {"Service": ["delivery.example"]}, "Action": ["s3:PutObject"], "Resource": ["`+arn+`"]}, `+onlyTLS+`]}`,
		fmt.Sprint(r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "records").Value(t, "policy")))
}
