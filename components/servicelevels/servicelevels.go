// Package servicelevels calls people when a tier's requests break what is promised to its customers faster than the promise allows. The
// promises are those of the catalogue of tiers: 99.9 per cent in place of 99.5 is one number there.
package servicelevels

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// ServiceLevelsArgs says whose promises are watched, and who is called.
type ServiceLevelsArgs struct {
	Environment   string // "prod"; by it the sweep publishes
	AlarmTopicARN pulumi.StringInput
}

// ServiceLevels are the alarms.
type ServiceLevels struct{ pulumi.ResourceState }

const (
	// page is what whoever is called opens.
	page = "promise-broken"
	// mostMetrics is what an alarm reads at most: two of each tier.
	// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_limits.html
	mostMetrics = 10
)

// NewServiceLevels makes the alarms. All problems of args are reported at once.
func NewServiceLevels(ctx *pulumi.Context, name string, args *ServiceLevelsArgs, opts ...pulumi.ResourceOption) (*ServiceLevels, error) {
	if args == nil {
		args = &ServiceLevelsArgs{}
	}
	all := tiers.All()
	p := check.Under(fmt.Sprintf("service levels %q: ", name))
	p.Require(args.Environment != "", "environment", args.Environment, "its name")
	p.Require(args.AlarmTopicARN != nil, "alarmTopicArn", args.AlarmTopicARN, "the topic of alarms")
	p.Require(2*len(all) <= mostMetrics, "tiers", len(all), fmt.Sprintf("at most %d: an alarm reads no more than %d metrics", mostMetrics/2, mostMetrics))
	if err := p.Err(); err != nil {
		return nil, err
	}
	l := &ServiceLevels{}
	err := ctx.RegisterComponentResourceV2("genericcorp:servicelevels:ServiceLevels", name, pulumi.Map{"environment": pulumi.String(args.Environment)}, l,
		append(opts, tagging.Component("service-levels"))...)
	if err != nil {
		return nil, fmt.Errorf("register service levels %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: *args, tiers: all, parent: pulumi.Parent(l)}
	for _, o := range objectives() {
		for _, burn := range o.burns {
			if err := b.makeBurn(o, burn); err != nil {
				return nil, fmt.Errorf("service levels %q: create alarm %s-%s: %w", name, o.name, burn.name, err)
			}
		}
	}
	if err := b.makeBlind(); err != nil {
		return nil, fmt.Errorf("service levels %q: create alarm unmeasured: %w", name, err)
	}
	return l, ctx.RegisterResourceOutputs(l, pulumi.Map{})
}

type builder struct {
	ctx    *pulumi.Context
	name   string
	args   ServiceLevelsArgs
	tiers  []tiers.Tier
	parent pulumi.ResourceOption
}

// makeBurn makes an alarm of two windows: each is an alarm that tells nobody, and both together do.
func (b *builder) makeBurn(o objective, burn burn) error {
	name := b.name + "-" + o.name + "-" + burn.name
	long, err := b.makeWindow(name+"-long", o, burn, burn.long, leastInLong)
	if err != nil {
		return err
	}
	short, err := b.makeWindow(name+"-short", o, burn, burn.short, leastInShort)
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewCompositeAlarm(b.ctx, name, &cloudwatch.CompositeAlarmArgs{
		AlarmName:        pulumi.String(naming.Join(naming.MaxAlarm, b.args.Environment, name)),
		AlarmRule:        pulumi.Sprintf("ALARM(%q) AND ALARM(%q)", long.Name, short.Name),
		AlarmDescription: pulumi.String(alarm.Text(o.says+", and use up "+burn.spent+" or faster: platform slo says which", page)),
		AlarmActions:     pulumi.StringArray{b.args.AlarmTopicARN},
		OkActions:        pulumi.StringArray{b.args.AlarmTopicARN},
	}, b.parent)
	return err
}

// makeWindow watches the burn rate in one window, which slides by the minute.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation-window.html
func (b *builder) makeWindow(name string, o objective, burn burn, seconds, least int) (*cloudwatch.MetricAlarm, error) {
	queries := cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
		Id: pulumi.String("burn"), Expression: pulumi.String(o.expression(b.tiers, least)), Label: pulumi.String("Burn rate"), ReturnData: pulumi.Bool(true),
	}}
	for i, tier := range b.tiers {
		for _, read := range []struct{ id, metric string }{{"v", api.MetricValid}, {"b", o.metric}} {
			queries = append(queries, &cloudwatch.MetricAlarmMetricQueryArgs{
				Id: pulumi.String(read.id + strconv.Itoa(i)),
				Metric: &cloudwatch.MetricAlarmMetricQueryMetricArgs{
					Namespace: pulumi.String(api.MetricNamespace), MetricName: pulumi.String(read.metric), Stat: pulumi.String("Sum"), Period: pulumi.Int(seconds),
					Dimensions: b.dimensions(tier),
				},
			})
		}
	}
	return cloudwatch.NewMetricAlarm(b.ctx, name, &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(alarm.Text(fmt.Sprintf("%s: above %d times what the promise allows in the last %s. By itself it tells nobody", o.says, burn.rate, span(seconds)), page)),
		ComparisonOperator: pulumi.String(alarm.Above), Threshold: pulumi.Float64(float64(burn.rate)), EvaluationPeriods: pulumi.Int(1),
		TreatMissingData: pulumi.String(alarm.Events), // silence has an alarm of its own
		MetricQueries:    queries,
	}, b.parent)
}

// makeBlind calls somebody when nothing is published: then the alarms above are silent, whatever happens.
func (b *builder) makeBlind() error {
	_, err := alarm.New(b.ctx, b.name+"-unmeasured", &alarm.Args{
		Description: "Nobody measures how tenants are served: the sweep of the provisioner does not run, or its log does not arrive",
		Page:        "provisioner-trouble",
		Metric: alarm.Metric{
			Kind: alarm.Continuous, Namespace: api.MetricNamespace, Name: api.MetricValid, Statistic: "SampleCount", Dimensions: b.dimensions(b.tiers[0]),
		},
		Bound: alarm.Below, Threshold: 1, TopicARN: b.args.AlarmTopicARN,
	}, b.parent)
	return err
}

func (b *builder) dimensions(tier tiers.Tier) pulumi.StringMap {
	return pulumi.StringMap{api.DimensionEnvironment: pulumi.String(b.args.Environment), api.DimensionTier: pulumi.String(tier.Name)}
}

// span is a window in words.
func span(seconds int) string {
	for _, unit := range []struct {
		seconds   int
		one, many string
	}{{day, "day", "days"}, {hour, "hour", "hours"}, {minute, "minute", "minutes"}} {
		switch {
		case seconds == unit.seconds:
			return unit.one
		case seconds%unit.seconds == 0:
			return fmt.Sprintf("%d %s", seconds/unit.seconds, unit.many)
		}
	}
	return fmt.Sprintf("%d seconds", seconds)
}
