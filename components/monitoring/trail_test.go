package monitoring

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const (
	trailType = "aws:cloudtrail/trail:Trail"
	trailARN  = "arn:aws:cloudtrail:us-east-1:123456789012:trail/platform-test-monitoring"
	bucketARN = "arn:aws:s3:us-east-1:123456789012:monitoring-trail"
)

func waits(r pulumitest.Resource, other string) bool {
	return slices.ContainsFunc(r.Request.GetDependencies(), func(urn string) bool { return strings.HasSuffix(urn, other) })
}

// The bucket takes records of this one trail, in its account's folder, and talks to nobody without TLS.
func checkBucketPolicy(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.Equal(t, "platform-test-monitoring", r.One(t, trailType, "monitoring-trail").Value(t, "name"), "the policy names it")
	const trail = `"Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com"]}, "Condition": {"StringEquals": {"aws:SourceArn": ["` + trailARN + `"]}}`
	policy := r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "monitoring-trail")
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "TrailLooks", "Action": ["s3:GetBucketAcl"], "Resource": ["`+bucketARN+`"], `+trail+`},
		{"Sid": "TrailWrites", "Action": ["s3:PutObject"], "Resource": ["`+bucketARN+`/AWSLogs/123456789012/*"], `+trail+`},
		{"Sid": "OnlyTLS", "Effect": "Deny", "Principal": "*", "Action": ["s3:*"], "Resource": ["`+bucketARN+`", "`+bucketARN+`/*"],
		 "Condition": {"Bool": {"aws:SecureTransport": ["false"]}}}]}`, fmt.Sprint(policy.Value(t, "policy")))
	require.True(t, waits(r.One(t, trailType, "monitoring-trail"), "BucketPolicy::monitoring-trail"), "CloudTrail tries the bucket when the trail is made")
}

// Everything that makes the bucket safe is about this bucket.
func checkBucketParts(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	parts := map[string]map[string]any{
		"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {},
		"aws:s3/bucketPolicy:BucketPolicy":                       {},
		"aws:s3/bucketOwnershipControls:BucketOwnershipControls": {"rule.objectOwnership": "BucketOwnerEnforced"},
		"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
			"rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId": "arn:trail-key", "rules[0].bucketKeyEnabled": true,
		},
		"aws:s3/bucketVersioningV2:BucketVersioningV2": {},
		"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {
			"rules[0].status": "Enabled", "rules[0].filter.prefix": "", "rules[0].expiration.days": 400.0,
			"rules[0].noncurrentVersionExpiration.noncurrentDays": 30.0, "rules[0].abortIncompleteMultipartUpload.daysAfterInitiation": 1.0,
		},
	}
	for kind, want := range parts {
		made := r.One(t, kind, "monitoring-trail")
		require.Equal(t, "monitoring-trail", made.Value(t, "bucket"), kind)
		for path, value := range want {
			require.Equal(t, value, made.Value(t, path), path)
		}
	}
	require.Equal(t, false, r.One(t, "aws:s3/bucketV2:BucketV2", "monitoring-trail").Value(t, "forceDestroy"))
	r.RequireProtected(t, trailType, "aws:s3/bucketV2:BucketV2")
}

func TestHowLongTheTrailIsKept(t *testing.T) {
	t.Parallel()
	for given, want := range map[int]float64{0: 400, 90: 90, 3653: 3653} {
		args := right()
		args.TrailRetentionDays = given
		require.Equal(t, want, watch(t, args).One(t, "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "monitoring-trail").
			Value(t, "rules[0].expiration.days"))
	}
}

// CloudTrail writes to its log group in a role that only this trail can take and that can do nothing else.
func checkTrailRole(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Principal": {"Service": ["cloudtrail.amazonaws.com"]}, "Action": ["sts:AssumeRole"],
		"Condition": {"StringEquals": {"aws:SourceArn": ["`+trailARN+`"]}}}]}`,
		fmt.Sprint(r.One(t, "aws:iam/role:Role", "monitoring-trail").Value(t, "assumeRolePolicy")))
	const streams = "arn:aws:logs:us-east-1:123456789012:log-group:monitoring-trail:*"
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": ["`+streams+`"]}]}`,
		fmt.Sprint(r.One(t, "aws:iam/rolePolicy:RolePolicy", "monitoring-trail").Value(t, "policy")))
	require.Equal(t, "monitoring-trail", r.One(t, "aws:iam/rolePolicy:RolePolicy", "monitoring-trail").Value(t, "role"))
	logs := r.One(t, "aws:cloudwatch/logGroup:LogGroup", "monitoring-trail")
	require.Equal(t, []any{90.0, "arn:logs-key"}, []any{logs.Value(t, "retentionInDays"), logs.Value(t, "kmsKeyId")})
	trail := r.One(t, trailType, "monitoring-trail")
	require.Equal(t, streams, trail.Value(t, "cloudWatchLogsGroupArn"))
	require.Equal(t, "arn:aws:iam:us-east-1:123456789012:monitoring-trail", trail.Value(t, "cloudWatchLogsRoleArn"))
	require.True(t, waits(trail, "RolePolicy::monitoring-trail"), "CloudTrail tries the role when the trail is made")
}

func TestTrailWithoutLogGroupHasNoRole(t *testing.T) {
	t.Parallel()
	args := right()
	args.TrailLogRetentionDays = 0
	require.Empty(t, watch(t, args).OfType("aws:iam/role:Role"), "no log group, no role")
}
