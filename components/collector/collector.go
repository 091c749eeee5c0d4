// Package collector has what containers log and what nodes and pods use sent to CloudWatch: the log groups and the alarms on them, which are
// the environment's, and the pods that send, one on each node, which come with what runs in the cluster.
package collector

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/collector/api"
)

// CollectorArgs says where lines arrive, and who is called.
type CollectorArgs struct {
	Environment      string // its name, which the log groups' names have
	LogRetentionDays int    // of what containers log: 30
	Nodes            int    // the fewest that the cluster has
	LogKeyARN        pulumi.StringInput
	AlarmTopicARN    pulumi.StringInput
}

// Collector holds where lines arrive.
type Collector struct {
	pulumi.ResourceState

	LogsGroup  pulumi.StringOutput // what containers log
	StatsGroup pulumi.StringOutput // what nodes and pods use
}

// statsDays is how long lines of nodes and pods are kept. The metrics that CloudWatch makes of them it keeps for 15 months.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#metrics-retention
const statsDays = 7

// Check records what is wrong with the choices that nothing else decides, by the inputs' names.
func (a *CollectorArgs) Check(p *check.Problems) {
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
}

// NewCollector makes the log groups and the alarms. All problems of args are reported at once.
func NewCollector(ctx *pulumi.Context, name string, args *CollectorArgs, opts ...pulumi.ResourceOption) (*Collector, error) {
	if args == nil {
		args = &CollectorArgs{}
	}
	p := check.Under(fmt.Sprintf("collector %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", args.Environment)
	args.Check(p)
	p.Require(args.Nodes >= 0, "nodes", args.Nodes, "how many nodes there are at least")
	p.Require(args.LogKeyARN != nil, "logKeyArn", nil, "a KMS key that CloudWatch Logs may use")
	p.Require(args.AlarmTopicARN != nil, "alarmTopicArn", nil, "the topic of alarms")
	if err := p.Err(); err != nil {
		return nil, err
	}
	c := &Collector{}
	err := ctx.RegisterComponentResourceV2("genericcorp:collector:Collector", name, pulumi.Map{
		"environment": pulumi.String(args.Environment), "logRetentionDays": pulumi.Int(args.LogRetentionDays),
	}, c, append(opts, tagging.Component("collector"))...)
	if err != nil {
		return nil, fmt.Errorf("register collector %q: %w", name, err)
	}
	for _, group := range []struct {
		suffix, name string
		days         int
		made         *pulumi.StringOutput
	}{
		{"containers", api.LogsGroup(args.Environment), args.LogRetentionDays, &c.LogsGroup},
		{"nodes", api.StatsGroup(args.Environment), statsDays, &c.StatsGroup},
	} {
		made, err := loggroup.New(ctx, name+"-"+group.suffix, &loggroup.Args{Name: group.name, RetentionDays: group.days, KeyARN: args.LogKeyARN}, pulumi.Parent(c))
		if err != nil {
			return nil, fmt.Errorf("collector %q: create log group %s: %w", name, group.name, err)
		}
		*group.made = made.Name
	}
	if err := makeAlarms(ctx, name, args, pulumi.Parent(c)); err != nil {
		return nil, fmt.Errorf("collector %q: %w", name, err)
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{"logsGroup": c.LogsGroup, "statsGroup": c.StatsGroup})
}
