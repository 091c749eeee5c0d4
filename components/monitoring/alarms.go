package monitoring

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

// The thresholds of the alarms.
const (
	maxFailedRequests = 50            // of the Kubernetes API in five minutes; some fail at every upgrade
	maxReleaseDays    = 30            // AWS publishes a release every week or two
	maxClusterStore   = 6_000_000_000 // bytes of the 8 GB at which the cluster refuses all changes
)

// makeAlarms makes the alarms of what has no component to make its own. The cluster's metrics are those that EKS
// publishes for nothing.
func (b *builder) makeAlarms() error {
	cluster := pulumi.StringMap{"ClusterName": b.args.ClusterName}
	for _, a := range []struct {
		suffix string
		args   alarm.Args
	}{
		{"pods-unschedulable", alarm.Args{
			Description: "Pods find no node for 15 minutes: look at the node groups' sizes and at the pods' requests",
			Page:        "node-or-zone-loss",
			Metric:      eksMetric(alarm.Continuous, "scheduler_pending_pods_UNSCHEDULABLE", "Sum", cluster),
			Bound:       alarm.Above, Threshold: 0,
		}},
		{"api-failing", alarm.Args{
			Description: "The Kubernetes API fails requests: look at the control plane's log and at admission webhooks",
			Page:        "kubernetes-api-trouble",
			Metric:      eksMetric(alarm.Events, "apiserver_request_total_5XX", "Sum", cluster),
			Bound:       alarm.Above, Threshold: maxFailedRequests,
		}},
		{"cluster-store", alarm.Args{
			Description: "The cluster's store nears 8 GB, where it refuses all changes: look for objects that pile up",
			Page:        "kubernetes-api-trouble",
			Metric:      eksMetric(alarm.Continuous, "apiserver_storage_size_bytes", "Maximum", cluster),
			Bound:       alarm.Above, Threshold: maxClusterStore,
		}},
		{"nodes-unpatched", alarm.Args{
			Description: "A node's release is more than 30 days old, or the workflow drift has not told for a day: run the workflow nodes",
			Page:        "node-patching",
			Metric: alarm.Metric{
				Kind: alarm.Continuous, Daily: true, Namespace: "GenericCorp/Platform", Name: "OldestNodeReleaseDays", Statistic: "Maximum", Dimensions: cluster,
			},
			Bound: alarm.Above, Threshold: maxReleaseDays,
		}},
		{"nat-ports", alarm.Args{
			Description: "A NAT gateway refuses connections: look for a pod that opens too many to one address",
			Page:        "cost-spike-hunt",
			Metric:      alarm.Metric{Kind: alarm.Events, Query: natErrors, Name: "Connections refused"},
			Bound:       alarm.Above, Threshold: 0, Minutes: 5,
		}},
		{"alerts-undelivered", undelivered("Alarms", b.args.AlertTopicARN)},
		{"cost-undelivered", undelivered("Warnings about money", b.args.CostTopicARN)},
	} {
		a.args.TopicARN = b.args.AlertTopicARN
		if _, err := alarm.New(b.ctx, b.name+"-"+a.suffix, &a.args, pulumi.Parent(b.parent)); err != nil {
			return fmt.Errorf("create alarm %s: %w", a.suffix, err)
		}
	}
	return nil
}

// eksMetric is one that EKS publishes of every control plane, with a statistic that its documentation calls valid. Of the
// counts that is the sum: among several schedulers the smallest may always be that of one that waits for its turn.
func eksMetric(kind alarm.Kind, name, statistic string, cluster pulumi.StringMap) alarm.Metric {
	return alarm.Metric{Kind: kind, Namespace: "AWS/EKS", Name: name, Statistic: statistic, Dimensions: cluster}
}

// undelivered is the alarm of a topic that does not reach one of its subscribers.
func undelivered(what string, topicARN pulumi.StringInput) alarm.Args {
	return alarm.Args{
		Description: what + " do not reach every subscriber: look at the topic's subscriptions",
		Page:        "alerts-undelivered",
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/SNS", Name: "NumberOfNotificationsFailed", Statistic: "Sum",
			Dimensions: pulumi.StringMap{"TopicName": topicName(topicARN)},
		},
		Bound: alarm.Above, Threshold: 0, Minutes: 5,
	}
}

// topicName is the last part of a topic's ARN.
func topicName(arn pulumi.StringInput) pulumi.StringOutput {
	return arn.ToStringOutput().ApplyT(func(arn string) string {
		return arn[strings.LastIndex(arn, ":")+1:]
	}).(pulumi.StringOutput)
}

// natErrors asks for the connections that any NAT gateway of the region refused, whatever gateways there are.
const natErrors = `SELECT SUM(ErrorPortAllocation) FROM SCHEMA("AWS/NATGateway", NatGatewayId)`
