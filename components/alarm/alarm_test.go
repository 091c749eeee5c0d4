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
			Metric: alarm.Metric{Namespace: "AWS/SNS", Name: "NumberOfNotificationsFailed", Statistic: "Sum"},
			Bound:  alarm.Below, Minutes: 5, TopicARN: pulumi.String("topic"),
		})
		return err
	})
	found := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "lost")
	require.Equal(t, "Sum", found.Value(t, "statistic"))
	require.Equal(t, "LessThanThreshold", found.Value(t, "comparisonOperator"))
	require.Equal(t, 1.0, found.Value(t, "evaluationPeriods"))
	require.Equal(t, 300.0, found.Value(t, "period"))
}

func TestAlarmTellsOfTroubleAndRecovery(t *testing.T) {
	t.Parallel()
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		_, err := alarm.New(ctx, "cpu", &alarm.Args{
			Description: "Too busy",
			Metric: alarm.Metric{
				Namespace: "AWS/RDS", Name: "CPUUtilization", Dimensions: pulumi.StringMap{"DBInstanceIdentifier": pulumi.String("main")},
			},
			Bound:     alarm.Above,
			Threshold: 80,
			TopicARN:  pulumi.String("topic"),
		})
		return err
	})
	found := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "cpu")
	for input, want := range map[string]any{
		"alarmDescription":   "Too busy",
		"namespace":          "AWS/RDS",
		"metricName":         "CPUUtilization",
		"statistic":          "Average",
		"dimensions":         map[string]any{"DBInstanceIdentifier": "main"},
		"comparisonOperator": "GreaterThanThreshold",
		"threshold":          80.0,
		"period":             300.0,
		"evaluationPeriods":  3.0,
		"treatMissingData":   "missing",
		"alarmActions":       []any{"topic"},
		"okActions":          []any{"topic"},
	} {
		require.Equal(t, want, found.Value(t, input), input)
	}
}
