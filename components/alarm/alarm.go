// Package alarm makes CloudWatch alarms that tell people when a metric leaves its bounds and when it returns.
package alarm

import (
	"cmp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Bound says on which side of the threshold the trouble lies.
type Bound string

// The two sides, in CloudWatch's words.
const (
	Above Bound = "GreaterThanThreshold"
	Below Bound = "LessThanThreshold"
)

// Metric is a metric of one resource.
type Metric struct {
	Namespace  string // "AWS/RDS"
	Name       string // "CPUUtilization"
	Statistic  string // "Average" when empty
	Dimensions pulumi.StringMap
}

// Args says when to call for help: when the metric was beyond the bound for Minutes minutes.
type Args struct {
	Description string // what it means and what to look at first
	Metric      Metric
	Bound       Bound
	Threshold   float64
	Minutes     int // a multiple of five; 15 when zero
	TopicARN    pulumi.StringInput
}

// The metrics are read in periods of five minutes, which a standard alarm's price covers.
const (
	periodMinutes  = 5
	defaultMinutes = 15

	secondsPerMinute = 60
)

// New makes an alarm that reports to the topic both ways: trouble and recovery.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*cloudwatch.MetricAlarm, error) {
	minutes := cmp.Or(args.Minutes, defaultMinutes)
	return cloudwatch.NewMetricAlarm(ctx, name, &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(args.Description),
		Namespace:          pulumi.String(args.Metric.Namespace),
		MetricName:         pulumi.String(args.Metric.Name),
		Statistic:          pulumi.String(cmp.Or(args.Metric.Statistic, "Average")),
		Dimensions:         args.Metric.Dimensions,
		ComparisonOperator: pulumi.String(args.Bound),
		Threshold:          pulumi.Float64(args.Threshold),
		Period:             pulumi.Int(periodMinutes * secondsPerMinute),
		EvaluationPeriods:  pulumi.Int(minutes / periodMinutes),
		TreatMissingData:   pulumi.String("missing"),
		AlarmActions:       pulumi.Array{args.TopicARN},
		OkActions:          pulumi.Array{args.TopicARN},
	}, opts...)
}
