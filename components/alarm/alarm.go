// Package alarm makes CloudWatch alarms that tell people when a metric leaves its bounds and when it returns.
package alarm

import (
	"cmp"
	"fmt"

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

// Kind says when a metric has values, and so what its silence means. Every alarm chooses one.
type Kind string

// The kinds, by what CloudWatch is to make of silence. See "Configuring how CloudWatch alarms treat missing data" in the
// user guide.
const (
	// Continuous metrics have a value at every interval while what they measure lives. Silence is a loss: it raises the alarm.
	Continuous Kind = "breaching"
	// Events are counted when they happen. Silence means that none happened: it ends the alarm, which otherwise would wait in
	// trouble for the next event.
	Events Kind = "notBreaching"
)

// Metric is a metric of one resource, or what a query makes of several.
type Metric struct {
	Kind       Kind   // required
	Namespace  string // "AWS/RDS"
	Name       string // "CPUUtilization"
	Statistic  string // "Average" when empty
	Dimensions pulumi.StringMap
	// Query, in the language of CloudWatch Metrics Insights, takes the place of all the above but Kind. Name is its label.
	Query string
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

// The metrics are read in periods of five minutes, which a standard alarm's price covers, and which no metric in use is coarser than.
const (
	periodMinutes  = 5
	defaultMinutes = 15

	secondsPerMinute = 60
	periodSeconds    = periodMinutes * secondsPerMinute
)

// New makes an alarm that reports to the topic both ways: trouble and recovery.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*cloudwatch.MetricAlarm, error) {
	minutes := cmp.Or(args.Minutes, defaultMinutes)
	switch args.Metric.Kind {
	case Continuous, Events:
	default:
		return nil, fmt.Errorf("alarm %q: metric.kind is %q, but must be alarm.Continuous or alarm.Events: say what the silence of %s means",
			name, args.Metric.Kind, args.Metric.Name)
	}
	if minutes < 0 || minutes%periodMinutes != 0 {
		return nil, fmt.Errorf("alarm %q: minutes is %d, but must be a multiple of %d", name, minutes, periodMinutes)
	}
	made := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(args.Description),
		ComparisonOperator: pulumi.String(args.Bound),
		Threshold:          pulumi.Float64(args.Threshold),
		EvaluationPeriods:  pulumi.Int(minutes / periodMinutes),
		TreatMissingData:   pulumi.String(args.Metric.Kind),
		AlarmActions:       pulumi.Array{args.TopicARN},
		OkActions:          pulumi.Array{args.TopicARN},
	}
	args.Metric.read(made)
	return cloudwatch.NewMetricAlarm(ctx, name, made, opts...)
}

// read says to the alarm what it reads.
func (m *Metric) read(args *cloudwatch.MetricAlarmArgs) {
	if m.Query != "" {
		args.MetricQueries = cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String("query"), Expression: pulumi.String(m.Query), Period: pulumi.Int(periodSeconds),
			Label: pulumi.String(m.Name), ReturnData: pulumi.Bool(true),
		}}
		return
	}
	args.Namespace = pulumi.String(m.Namespace)
	args.MetricName = pulumi.String(m.Name)
	args.Statistic = pulumi.String(cmp.Or(m.Statistic, "Average"))
	args.Dimensions = m.Dimensions
	args.Period = pulumi.Int(periodSeconds)
}
