// Package alarm makes CloudWatch alarms that tell people when a metric leaves its bounds and when it returns.
package alarm

import (
	"cmp"
	"fmt"
	"strings"

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
	Daily      bool // it has one value a day, and one period is enough; otherwise five minutes are a period
	// Query, in the language of CloudWatch Metrics Insights, takes the place of all the above but Kind. Name is its label.
	Query string
}

// Args says when to call for help: when the metric was beyond the bound for Minutes minutes.
type Args struct {
	Description string // what it means and what to look at first
	Page        string // what to open: a page of runbooks/, by its name without .md; required
	Metric      Metric
	Bound       Bound
	Threshold   float64
	Minutes     int // a multiple of five; 15 when zero, and a day of what is daily
	TopicARN    pulumi.StringInput
}

const (
	periodMinutes  = 5 // which a standard alarm's price covers
	defaultMinutes = 15
	dayMinutes     = 24 * 60 // CloudWatch evaluates no more than a day

	secondsPerMinute = 60
)

// New makes an alarm that reports to the topic both ways: trouble and recovery.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*cloudwatch.MetricAlarm, error) {
	period, minutes := periodMinutes, cmp.Or(args.Minutes, defaultMinutes)
	if args.Metric.Daily {
		period, minutes = dayMinutes, cmp.Or(args.Minutes, dayMinutes)
	}
	switch args.Metric.Kind {
	case Continuous, Events:
	default:
		return nil, fmt.Errorf("alarm %q: metric.kind is %q, but must be alarm.Continuous or alarm.Events: say what the silence of %s means",
			name, args.Metric.Kind, args.Metric.Name)
	}
	if args.Page == "" {
		return nil, fmt.Errorf("alarm %q: page is empty, but must name the page of runbooks/ that whoever is woken opens", name)
	}
	if minutes < 0 || minutes%period != 0 {
		return nil, fmt.Errorf("alarm %q: minutes is %d, but must be a multiple of %d", name, minutes, period)
	}
	made := &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(Text(args.Description, args.Page)),
		ComparisonOperator: pulumi.String(args.Bound),
		Threshold:          pulumi.Float64(args.Threshold),
		EvaluationPeriods:  pulumi.Int(minutes / period),
		TreatMissingData:   pulumi.String(args.Metric.Kind),
		AlarmActions:       pulumi.Array{args.TopicARN},
		OkActions:          pulumi.Array{args.TopicARN},
	}
	args.Metric.read(made, period*secondsPerMinute)
	return cloudwatch.NewMetricAlarm(ctx, name, made, opts...)
}

// Text is all that whoever is woken reads of an alarm: what it means, and the page of runbooks/ to open.
func Text(description, page string) string {
	return strings.TrimSuffix(description, ".") + ". Runbook: runbooks/" + page + ".md"
}

// read says to the alarm what it reads, in periods of so many seconds.
func (m *Metric) read(args *cloudwatch.MetricAlarmArgs, period int) {
	if m.Query != "" {
		args.MetricQueries = cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String("query"), Expression: pulumi.String(m.Query), Period: pulumi.Int(period),
			Label: pulumi.String(m.Name), ReturnData: pulumi.Bool(true),
		}}
		return
	}
	args.Namespace = pulumi.String(m.Namespace)
	args.MetricName = pulumi.String(m.Name)
	args.Statistic = pulumi.String(cmp.Or(m.Statistic, "Average"))
	args.Dimensions = m.Dimensions
	args.Period = pulumi.Int(period)
}
