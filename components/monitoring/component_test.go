package monitoring

import (
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// both makes both components of the package under names that start alike.
func both(t *testing.T, prefix string) (r *pulumitest.Recorder, outputs map[string]pulumitest.Output) {
	t.Helper()
	r = pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		args := people()
		args.BetterStackURL = pulumi.String(token)
		alerts, err := NewAlerts(ctx, prefix+"alerts", args)
		if err != nil {
			return err
		}
		monitoring, err := NewMonitoring(ctx, prefix+name, right())
		if err != nil {
			return err
		}
		outputs = pulumitest.Outputs(t, ctx, monitoring)
		outputs["TopicARN"] = pulumitest.Outputs(t, ctx, alerts)["TopicARN"]
		return nil
	})
	return r, outputs
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, outputs := both(t, "")
	known := func(value string) pulumitest.Output { return pulumitest.Output{Value: value, Known: true} }
	require.Equal(t, map[string]pulumitest.Output{
		"DashboardName": known("platform-test-monitoring"),
		"TrailARN":      known("arn:aws:cloudtrail:us-east-1:123456789012:monitoring-trail"),
		"TopicARN":      known("arn:aws:sns:us-east-1:123456789012:alerts-topic"),
	}, outputs)
}

// checks hold for monitoring that says nothing about itself. Together they watch all that it consists of, but for what
// the dashboard looks like.
var checks = []pulumitest.Check{
	checkAlarms, checkAllAlarms, checkTrail, checkBucket, checkBucketPolicy, checkBucketParts, checkTrailRole, checkTags,
}

func TestDefaultsAreWatchful(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		if err := tagging.Register(ctx, tagging.Stack{Environment: "test", Owner: "platform", CostCentre: "42"}); err != nil {
			return err
		}
		_, err := NewMonitoring(ctx, name, right())
		return err
	})
	for _, check := range checks {
		check(t, r)
	}
	r.RequireWatched(t, checks, "* * description", "* * tags.Name", "MetricAlarm * alarmDescription", "Dashboard * *",
		"BucketLifecycleConfigurationV2 * rules[0].id", "MetricAlarm * metricQueries[0].id", "MetricAlarm * metricQueries[0].label")
}

func checkTags(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireTags(t, map[string]string{"environment": "test", "owner": "platform", "cost-centre": "42", "component": "monitoring"})
}

// What every component keeps to: parents, tags, no forgotten alias.
func TestBothKeepToTheRulesOfComponents(t *testing.T) {
	t.Parallel()
	r, _ := both(t, "")
	for _, made := range r.All() {
		if !made.Custom {
			require.Empty(t, made.Aliases, made.Name) // the SDK itself gives some resources an old type
		} else {
			owner := "genericcorp:monitoring:Monitoring::monitoring"
			if strings.HasPrefix(made.Name, "alerts-") {
				owner = "genericcorp:monitoring:Alerts::alerts"
			}
			require.True(t, strings.HasSuffix(made.Parent, owner), made.Name)
		}
	}
	for _, taggable := range []string{
		alarmType, trailType, "aws:cloudwatch/logGroup:LogGroup", "aws:iam/role:Role", "aws:s3/bucketV2:BucketV2", "aws:sns/topic:Topic",
	} {
		require.NotEmpty(t, r.OfType(taggable), taggable)
		for _, made := range r.OfType(taggable) {
			require.Equal(t, "monitoring", made.Value(t, "tags.component"), made.Name)
			require.Equal(t, "test", made.Value(t, "tags.environment"), made.Name)
		}
	}
}

func TestNamesFit(t *testing.T) {
	t.Parallel()
	r, _ := both(t, strings.Repeat("very-long-name-", 20))
	r.RequireNamesFit(t)
	for path, of := range map[string]struct {
		kind  string
		limit int
	}{"name": {trailType, 128}, "dashboardName": {"aws:cloudwatch/dashboard:Dashboard", 255}} {
		physical, ok := r.OfType(of.kind)[0].Value(t, path).(string)
		require.True(t, ok)
		require.LessOrEqual(t, len(physical), of.limit)
	}
}

func TestEachBadArg(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		change  func(*MonitoringArgs)
		message string // its beginning
	}{
		"zone":            {func(a *MonitoringArgs) { a.Region = "us-east-1a" }, `region: got "us-east-1a", expected a region`},
		"account":         {func(a *MonitoringArgs) { a.AccountID = "1234567890123" }, `accountId: got "1234567890123", expected the 12 digits of an AWS account`},
		"no cost topic":   {func(a *MonitoringArgs) { a.CostTopicARN = nil }, "costTopicArn: got <nil>, expected the ARN of an SNS topic"},
		"no key":          {func(a *MonitoringArgs) { a.TrailKeyARN = nil }, "trailKeyArn: got <nil>, expected the ARN of a KMS key"},
		"kept too short":  {func(a *MonitoringArgs) { a.TrailRetentionDays = 89 }, "trailRetentionDays: got 89, expected 90 to 3653"},
		"kept too long":   {func(a *MonitoringArgs) { a.TrailRetentionDays = 3654 }, "trailRetentionDays: got 3654, expected 90 to 3653"},
		"odd retention":   {func(a *MonitoringArgs) { a.TrailLogRetentionDays = 100 }, "trailLogRetentionDays: got 100, expected 1, 3, 5, 7"},
		"negative number": {func(a *MonitoringArgs) { a.TrailLogRetentionDays = -1 }, "trailLogRetentionDays: got -1, expected 1, 3, 5, 7"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			args := right()
			c.change(args)
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := NewMonitoring(ctx, name, args)
				return err
			})
			require.ErrorContains(t, err, `monitoring "monitoring": `+c.message)
			require.Equal(t, 1, strings.Count(err.Error(), ": got "), err)
			require.Empty(t, r.All())
		})
	}
}
