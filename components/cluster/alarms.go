package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

// makeNodeAlarm watches a group's machines by EC2's status checks, which each reports every minute as long as it lives: a
// failed check and a group without a machine both raise it. A group that may be empty has no alarm.
func (b *builder) makeNodeAlarm(group NodeGroup) error {
	if group.Min == 0 {
		return nil
	}
	_, err := alarm.New(b.ctx, b.childOfGroup(group)+"-nodes", &alarm.Args{
		Description: "A node of the group " + group.Name + " fails its status check, or the group has no node: look at the group's health in EKS",
		Page:        "node-or-zone-loss",
		Metric: alarm.Metric{
			Kind: alarm.Continuous, Namespace: "AWS/EC2", Name: "StatusCheckFailed", Statistic: "Maximum",
			Dimensions: pulumi.StringMap{"AutoScalingGroupName": b.parent.ScalingGroups[group.Name]},
		},
		Bound: alarm.Above, Threshold: 0, TopicARN: b.args.AlarmTopicARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create alarm: %w", err)
	}
	return nil
}
