package monitoring

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const name = "monitoring"

func right() *MonitoringArgs {
	return &MonitoringArgs{
		Region: pulumitest.Region, AccountID: pulumitest.Account,
		AlertTopicARN: pulumi.String("arn:aws:sns:us-east-1:123456789012:alerts"), CostTopicARN: pulumi.String("arn:aws:sns:us-east-1:123456789012:costs"), ClusterName: pulumi.String("platform-test"),
		DatabaseID: pulumi.String("database"), CacheID: pulumi.String("cache"),
		TrailKeyARN: pulumi.String("arn:trail-key"), LogKeyARN: pulumi.String("arn:logs-key"),
		TrailRetentionDays: 400, TrailLogRetentionDays: 90,
	}
}

func watch(t *testing.T, args *MonitoringArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewMonitoring(ctx, name, args)
		return err
	})
}

func checkTrail(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	trail := r.One(t, "aws:cloudtrail/trail:Trail", "monitoring-trail")
	for path, want := range map[string]any{
		"isMultiRegionTrail": true, "includeGlobalServiceEvents": true, "enableLogFileValidation": true, "enableLogging": true,
		"kmsKeyId": "arn:trail-key", "s3BucketName": "monitoring-trail",
	} {
		require.Equal(t, want, trail.Value(t, path), path)
	}
	require.True(t, trail.Protect)
	require.True(t, trail.Has("cloudWatchLogsGroupArn"))
}

func checkBucket(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	require.True(t, r.One(t, "aws:s3/bucketV2:BucketV2", "monitoring-trail").Protect)
	block := r.OfType("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
	require.Len(t, block, 1)
	for _, way := range []string{"blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"} {
		require.Equal(t, true, block[0].Value(t, way), way)
	}
	encryption := r.OfType("aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2")
	require.Len(t, encryption, 1)
	require.Equal(t, "aws:kms", encryption[0].Value(t, "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm"))
	versions := r.OfType("aws:s3/bucketVersioningV2:BucketVersioningV2")
	require.Len(t, versions, 1)
	require.Equal(t, "Enabled", versions[0].Value(t, "versioningConfiguration.status"))
	policy, _ := r.One(t, "aws:s3/bucketPolicy:BucketPolicy", "monitoring-trail").Value(t, "policy").(string)
	require.Contains(t, policy, "aws:SecureTransport")
	require.Contains(t, policy, "cloudtrail.amazonaws.com")
	require.Contains(t, policy, "aws:SourceArn", "of this trail alone")
}

func TestWithoutDeletionProtection(t *testing.T) {
	t.Parallel()
	args := right()
	args.DeletionProtection = new(false)
	r := watch(t, args)
	for _, resource := range r.All() {
		require.False(t, resource.Protect, resource.Name)
	}
	require.Equal(t, true, r.One(t, "aws:s3/bucketV2:BucketV2", "monitoring-trail").Value(t, "forceDestroy"))
}

func checkAllAlarms(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	alarms := r.OfType("aws:cloudwatch/metricAlarm:MetricAlarm")
	require.NotEmpty(t, alarms)
	for _, alarm := range alarms {
		require.NotEmpty(t, alarm.Value(t, "alarmActions"), alarm.Name)
		require.NotEmpty(t, alarm.Value(t, "alarmDescription"), alarm.Name)
		require.True(t, alarm.Has("treatMissingData"), alarm.Name)
	}
}

func TestDashboardIsWholeJSON(t *testing.T) {
	t.Parallel()
	text, _ := watch(t, right()).One(t, "aws:cloudwatch/dashboard:Dashboard", "monitoring-dashboard").Value(t, "dashboardBody").(string)
	var board struct{ Widgets []map[string]any }
	require.NoError(t, json.Unmarshal([]byte(text), &board))
	require.NotEmpty(t, board.Widgets)
	for _, named := range []string{"platform-test", "database", "cache"} {
		require.Contains(t, text, named)
	}
}

func TestTrailWithoutLogGroup(t *testing.T) {
	t.Parallel()
	args := right()
	args.TrailLogRetentionDays = 0
	r := watch(t, args)
	require.Empty(t, r.OfType("aws:cloudwatch/logGroup:LogGroup"))
	require.False(t, r.One(t, "aws:cloudtrail/trail:Trail", "monitoring-trail").Has("cloudWatchLogsGroupArn"))

	group := watch(t, right()).OfType("aws:cloudwatch/logGroup:LogGroup")
	require.Len(t, group, 1)
	require.InDelta(t, 90, group[0].Value(t, "retentionInDays"), 0)
	require.Equal(t, "arn:logs-key", group[0].Value(t, "kmsKeyId"))
}

func TestAllBelongsToMonitoring(t *testing.T) {
	t.Parallel()
	for _, resource := range watch(t, right()).All() {
		if resource.Custom {
			require.Contains(t, resource.Parent, "genericcorp:monitoring:Monitoring", resource.Name)
			require.LessOrEqual(t, len(resource.Name), 63, resource.Name)
		}
	}
}

func TestBadArgsAreRefusedAllAtOnce(t *testing.T) {
	t.Parallel()
	for _, args := range []*MonitoringArgs{nil, {TrailRetentionDays: 1, TrailLogRetentionDays: 2}} {
		r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
			_, err := NewMonitoring(ctx, name, args)
			return err
		})
		for _, want := range []string{
			"alertTopicArn: got <nil>", "costTopicArn", "clusterName", "databaseId", "cacheId", "trailKeyArn", "logKeyArn", "region", "accountId",
		} {
			require.ErrorContains(t, err, want)
		}
		if args != nil {
			require.ErrorContains(t, err, "trailRetentionDays: got 1")
			require.ErrorContains(t, err, "trailLogRetentionDays: got 2")
		}
		require.Empty(t, r.All())
	}
}

func alert(t *testing.T, args *AlertsArgs) *pulumitest.Recorder {
	t.Helper()
	return pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := NewAlerts(ctx, "alerts", args)
		return err
	})
}

func TestAlertsReachPeople(t *testing.T) {
	t.Parallel()
	r := alert(t, &AlertsArgs{
		Region: pulumitest.Region, AccountID: pulumitest.Account, Mail: []string{"sre@genericcorp.example"},
		BetterStackURL: pulumi.String("https://better.example/a-token"), NotificationsKeyARN: pulumi.String("arn:notifications-key"),
	})
	require.Equal(t, "arn:notifications-key", r.One(t, "aws:sns/topic:Topic", "alerts-topic").Value(t, "kmsMasterKeyId"))
	policy := fmt.Sprint(r.One(t, "aws:sns/topicPolicy:TopicPolicy", "alerts-topic").Value(t, "policy"))
	require.Contains(t, policy, "cloudwatch.amazonaws.com")
	require.Contains(t, policy, "aws:SourceAccount")
	paged := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "alerts-better-stack")
	require.True(t, paged.Inputs["endpoint"].IsSecret(), "the address holds a token")
	require.Equal(t, "email", r.One(t, "aws:sns/topicSubscription:TopicSubscription", "alerts-mail-sre@genericcorp.example").Value(t, "protocol"))
}
