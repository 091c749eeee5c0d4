package alarm_test

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/internal/pulumitest"
)

func TestStatisticAndPatienceBySetting(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := alarm.New(ctx, "lost", &alarm.Args{
			Page:   "alerts-undelivered",
			Metric: alarm.Metric{Kind: alarm.Events, Namespace: "AWS/SNS", Name: "NumberOfNotificationsFailed", Statistic: "Sum"},
			Bound:  alarm.Below, Minutes: 5, TopicARN: pulumi.String("topic"),
		})
		return err
	})
	found := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "lost")
	require.Equal(t, "Sum", found.Value(t, "statistic"))
	require.Equal(t, "LessThanThreshold", found.Value(t, "comparisonOperator"))
	require.Equal(t, 1.0, found.Value(t, "evaluationPeriods"))
	require.Equal(t, 300.0, found.Value(t, "period"))
	require.Equal(t, "notBreaching", found.Value(t, "treatMissingData"))
}

func TestAlarmTellsOfTroubleAndRecovery(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := alarm.New(ctx, "cpu", &alarm.Args{
			Description: "Too busy.", Page: "tenant-suspension-and-resume",
			Metric: alarm.Metric{
				Kind: alarm.Continuous, Namespace: "AWS/RDS", Name: "CPUUtilization", Dimensions: pulumi.StringMap{"DBInstanceIdentifier": pulumi.String("main")},
			},
			Bound:     alarm.Above,
			Threshold: 80,
			TopicARN:  pulumi.String("topic"),
		})
		return err
	})
	found := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "cpu")
	for input, want := range map[string]any{
		"alarmDescription":   "Too busy. Runbook: runbooks/tenant-suspension-and-resume.md",
		"namespace":          "AWS/RDS",
		"metricName":         "CPUUtilization",
		"statistic":          "Average",
		"dimensions":         map[string]any{"DBInstanceIdentifier": "main"},
		"comparisonOperator": "GreaterThanThreshold",
		"threshold":          80.0,
		"period":             300.0,
		"evaluationPeriods":  3.0,
		"treatMissingData":   "breaching",
		"alarmActions":       []any{"topic"},
		"okActions":          []any{"topic"},
	} {
		require.Equal(t, want, found.Value(t, input), input)
	}
}

func TestAlarmOfAQuery(t *testing.T) {
	t.Parallel()
	const query = `SELECT SUM(ErrorPortAllocation) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := alarm.New(ctx, "nat", &alarm.Args{
			Page:   "cost-spike-hunt",
			Metric: alarm.Metric{Kind: alarm.Events, Query: query, Name: "Refused"}, Bound: alarm.Above, TopicARN: pulumi.String("topic"),
		})
		return err
	})
	found := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "nat")
	for path, want := range map[string]any{
		"metricQueries[0].expression": query, "metricQueries[0].label": "Refused", "metricQueries[0].returnData": true,
		"metricQueries[0].period": 300.0, "evaluationPeriods": 3.0,
	} {
		require.Equal(t, want, found.Value(t, path), path)
	}
	for _, alone := range []string{"namespace", "metricName", "statistic", "dimensions", "period"} {
		require.False(t, found.Has(alone), "CloudWatch refuses %s beside a query", alone)
	}
}

func TestAlarmMustChoose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args alarm.Args
		want string
	}{
		{
			alarm.Args{Metric: alarm.Metric{Name: "CPUUtilization"}},
			`alarm "cpu": metric.kind is "", but must be alarm.Continuous or alarm.Events: say what the silence of CPUUtilization means`,
		},
		{alarm.Args{Metric: alarm.Metric{Kind: "missing"}}, `metric.kind is "missing"`},
		{alarm.Args{Page: "drift", Metric: alarm.Metric{Kind: alarm.Events}, Minutes: 7}, `alarm "cpu": minutes is 7, but must be a multiple of 5`},
		{alarm.Args{Metric: alarm.Metric{Kind: alarm.Events}}, `alarm "cpu": page is empty, but must name the page of runbooks/`},
	} {
		r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
			_, err := alarm.New(ctx, "cpu", &c.args)
			return err
		})
		require.ErrorContains(t, err, c.want)
		require.Empty(t, r.All())
	}
}
