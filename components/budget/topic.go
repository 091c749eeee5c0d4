package budget

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// makeTopic makes the encrypted topic, lets the two cost services of this account publish to it, and subscribes
// people.
func (b *builder) makeTopic() error {
	topic, err := sns.NewTopic(b.ctx, b.name+"-topic", &sns.TopicArgs{
		DisplayName:    pulumi.String("Cost"),
		KmsMasterKeyId: b.args.NotificationsKeyARN.ToStringOutput().ToStringPtrOutput(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create topic: %w", err)
	}
	policy, err := sns.NewTopicPolicy(b.ctx, b.name+"-topic", &sns.TopicPolicyArgs{
		Arn:    topic.Arn,
		Policy: b.publishers(topic.Arn),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create policy of topic: %w", err)
	}
	for _, address := range b.args.Mail {
		_, err := sns.NewTopicSubscription(b.ctx, b.name+"-mail-"+address, &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(address),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("subscribe %s: %w", address, err)
		}
	}
	// AWS Budgets and anomaly detection refuse a topic that they may not publish to: the topic is known to others
	// once its policy is there.
	b.parent.TopicARN = policy.Arn
	return nil
}

// publishers lets AWS Budgets and Cost Anomaly Detection publish, for this account alone.
func (b *builder) publishers(topic pulumi.StringInput) pulumi.StringOutput {
	account := []pulumi.StringInput{pulumi.String(b.args.AccountID)}
	return policydoc.Document(
		policydoc.Statement{
			Sid:       "Budgets",
			Services:  []string{"budgets.amazonaws.com"},
			Actions:   []string{"sns:Publish"},
			Resources: []pulumi.StringInput{topic},
			Conditions: policydoc.Conditions{
				"StringEquals": {"aws:SourceAccount": account},
				// Every budget of the account: the budget's own name is not known before its topic is.
				"ArnLike": {"aws:SourceArn": {pulumi.String("arn:aws:budgets::" + b.args.AccountID + ":*")}},
			},
		},
		policydoc.Statement{
			Sid:        "Anomalies",
			Services:   []string{"costalerts.amazonaws.com"},
			Actions:    []string{"sns:Publish"},
			Resources:  []pulumi.StringInput{topic},
			Conditions: policydoc.Conditions{"StringEquals": {"aws:SourceAccount": account}},
		},
	)
}
