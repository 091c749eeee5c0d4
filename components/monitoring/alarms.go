package monitoring

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

// The thresholds of the alarms.
const (
	maxFailedRequests = 50            // of the Kubernetes API in five minutes; some fail at every upgrade
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
			Metric:      alarm.Metric{Namespace: "AWS/EKS", Name: "scheduler_pending_pods_UNSCHEDULABLE", Statistic: "Minimum", Dimensions: cluster},
			Bound:       alarm.Above, Threshold: 0,
		}},
		{"api-failing", alarm.Args{
			Description: "The Kubernetes API fails requests: look at the control plane's log and at admission webhooks",
			Metric:      alarm.Metric{Namespace: "AWS/EKS", Name: "apiserver_request_total_5XX", Statistic: "Sum", Dimensions: cluster},
			Bound:       alarm.Above, Threshold: maxFailedRequests,
		}},
		{"cluster-store", alarm.Args{
			Description: "The cluster's store nears 8 GB, where it refuses all changes: look for objects that pile up",
			Metric:      alarm.Metric{Namespace: "AWS/EKS", Name: "apiserver_storage_size_bytes", Statistic: "Maximum", Dimensions: cluster},
			Bound:       alarm.Above, Threshold: maxClusterStore,
		}},
		{"alerts-undelivered", undelivered("Alarms", b.args.AlertTopicARN)},
		{"cost-undelivered", undelivered("Warnings about money", b.args.CostTopicARN)},
	} {
		a.args.TopicARN = b.args.AlertTopicARN
		if _, err := alarm.New(b.ctx, b.name+"-"+a.suffix, &a.args, pulumi.Parent(b.parent)); err != nil {
			return fmt.Errorf("create alarm %s: %w", a.suffix, err)
		}
	}
	return b.makeNATAlarm()
}

// undelivered is the alarm of a topic that does not reach one of its subscribers.
func undelivered(what string, topicARN pulumi.StringInput) alarm.Args {
	return alarm.Args{
		Description: what + " do not reach every subscriber: look at the topic's subscriptions",
		Metric: alarm.Metric{
			Namespace: "AWS/SNS", Name: "NumberOfNotificationsFailed", Statistic: "Sum",
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

// makeNATAlarm makes the alarm of NAT gateways that have no port left for a new connection.
func (b *builder) makeNATAlarm() error {
	topic := pulumi.Array{b.args.AlertTopicARN}
	_, err := cloudwatch.NewMetricAlarm(b.ctx, b.name+"-nat-ports", &cloudwatch.MetricAlarmArgs{
		AlarmDescription: pulumi.String("A NAT gateway refuses connections: look for a pod that opens too many to one address"),
		MetricQueries: cloudwatch.MetricAlarmMetricQueryArray{&cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String("errors"), Expression: pulumi.String(natErrors), Period: pulumi.Int(periodSeconds),
			Label: pulumi.String("Connections refused"), ReturnData: pulumi.Bool(true),
		}},
		ComparisonOperator: pulumi.String(alarm.Above),
		Threshold:          pulumi.Float64(0),
		EvaluationPeriods:  pulumi.Int(1),
		TreatMissingData:   pulumi.String("notBreaching"),
		AlarmActions:       topic,
		OkActions:          topic,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create alarm nat-ports: %w", err)
	}
	return nil
}
