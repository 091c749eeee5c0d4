package cache

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

// The bounds of each node.
var thresholds = []struct {
	suffix, metric, statistic, description string
	value                                  float64
}{
	{"cpu", "EngineCPUUtilization", "Average", "The engine's one thread is above 80 %: look for slow commands in the slow log", 80},
	{"memory", "DatabaseMemoryUsagePercentage", "Average", "Memory above 80 %: when it is full, writes are refused, and the edge lets nobody in", 80},
	{"evictions", "Evictions", "Sum", "Keys are thrown out, which the parameter group forbids: counts of the edge and jobs are lost", 0},
	{"connections", "CurrConnections", "Maximum", "More than 50,000 of 65,000 connections are taken: look for a client that leaks them", 50_000},
}

// makeAlarms watches each node: ElastiCache publishes metrics by node, and names nodes after their group.
func (b *builder) makeAlarms(group pulumi.StringOutput) error {
	for node := 1; node <= b.args.Nodes; node++ {
		for _, t := range thresholds {
			_, err := alarm.New(b.ctx, fmt.Sprintf("%s-%s-%d", b.name, t.suffix, node), &alarm.Args{
				Description: t.description,
				Page:        "cache-failover",
				Metric: alarm.Metric{
					Kind:       alarm.Continuous, // each node reports every minute, evictions too
					Namespace:  "AWS/ElastiCache",
					Name:       t.metric,
					Statistic:  t.statistic,
					Dimensions: pulumi.StringMap{"CacheClusterId": pulumi.Sprintf("%s-%03d", group, node)},
				},
				Bound:     alarm.Above,
				Threshold: t.value,
				TopicARN:  b.args.AlarmTopicARN,
			}, pulumi.Parent(b.parent))
			if err != nil {
				return fmt.Errorf("create alarm %s of node %d: %w", t.suffix, node, err)
			}
		}
	}
	return nil
}
