package budget

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/costexplorer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makeAnomalyMonitor tells people, at once, of a service that costs more than its past lets expect. AWS needs ten
// days of history for that.
func (b *builder) makeAnomalyMonitor() error {
	monitor, err := b.anomalyMonitor()
	if err != nil {
		return err
	}
	_, err = costexplorer.NewAnomalySubscription(b.ctx, b.name+"-anomalies", &costexplorer.AnomalySubscriptionArgs{
		AccountId:       pulumi.String(b.args.AccountID),
		MonitorArnLists: pulumi.StringArray{monitor},
		Frequency:       pulumi.String("IMMEDIATE"), // the only one that takes a topic
		Subscribers: costexplorer.AnomalySubscriptionSubscriberArray{&costexplorer.AnomalySubscriptionSubscriberArgs{
			Type: pulumi.String("SNS"), Address: b.parent.TopicARN,
		}},
		ThresholdExpression: &costexplorer.AnomalySubscriptionThresholdExpressionArgs{
			Dimension: &costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs{
				Key:          pulumi.String("ANOMALY_TOTAL_IMPACT_ABSOLUTE"),
				MatchOptions: pulumi.StringArray{pulumi.String("GREATER_THAN_OR_EQUAL")},
				Values:       pulumi.StringArray{pulumi.String(b.args.AnomalyThresholdUSD.String())},
			},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create anomaly subscription: %w", err)
	}
	return nil
}

// anomalyMonitor gives the ARN of the monitor that watches each service.
func (b *builder) anomalyMonitor() (pulumi.StringInput, error) {
	if b.args.AnomalyMonitorARN != "" {
		return pulumi.String(b.args.AnomalyMonitorARN), nil
	}
	monitor, err := costexplorer.NewAnomalyMonitor(b.ctx, b.name+"-anomalies", &costexplorer.AnomalyMonitorArgs{
		MonitorType:      pulumi.String("DIMENSIONAL"),
		MonitorDimension: pulumi.String("SERVICE"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create anomaly monitor: %w", err)
	}
	return monitor.Arn, nil
}
