// Package topic makes SNS topics the one way this platform has them: encrypted with a key of our own, and open to named AWS
// services on behalf of this account alone.
package topic

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// Args says who publishes to a topic and who reads it.
type Args struct {
	DisplayName string             // what mails come from
	KeyARN      pulumi.StringInput // a KMS key that lets the publishers use it
	AccountID   string             // whose services publish
	Publishers  []Publisher
	Mail        []string // addresses; each confirms its subscription
}

// Publisher is an AWS service that may publish for the topic's account.
type Publisher struct {
	Sid     string
	Service string // "cloudwatch.amazonaws.com"
	// SourceARN is a pattern of the resources that it may publish about: all of the account when empty.
	SourceARN string
}

// New makes a topic, name-topic, and its subscriptions by mail. It gives the topic's ARN, which is known once the publishers
// may publish: some services try that when they are given the topic.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (arn pulumi.StringOutput, err error) {
	made, err := sns.NewTopic(ctx, name+"-topic", &sns.TopicArgs{
		DisplayName:    pulumi.String(args.DisplayName),
		KmsMasterKeyId: args.KeyARN.ToStringOutput().ToStringPtrOutput(),
	}, opts...)
	if err != nil {
		return arn, fmt.Errorf("create topic: %w", err)
	}
	policy, err := sns.NewTopicPolicy(ctx, name+"-topic", &sns.TopicPolicyArgs{Arn: made.Arn, Policy: args.policy(made.Arn)}, opts...)
	if err != nil {
		return arn, fmt.Errorf("create policy of topic: %w", err)
	}
	for _, address := range args.Mail {
		_, err := sns.NewTopicSubscription(ctx, name+"-mail-"+address, &sns.TopicSubscriptionArgs{
			Topic: made.Arn, Protocol: pulumi.String("email"), Endpoint: pulumi.String(address),
		}, opts...)
		if err != nil {
			return arn, fmt.Errorf("subscribe %s: %w", address, err)
		}
	}
	return policy.Arn, nil
}

// policy lets the publishers publish, and nobody else.
func (a *Args) policy(topicARN pulumi.StringInput) pulumi.StringOutput {
	statements := make([]policydoc.Statement, 0, len(a.Publishers))
	for _, publisher := range a.Publishers {
		conditions := policydoc.Conditions{"StringEquals": {"aws:SourceAccount": {pulumi.String(a.AccountID)}}}
		if publisher.SourceARN != "" {
			conditions["ArnLike"] = map[string][]pulumi.StringInput{"aws:SourceArn": {pulumi.String(publisher.SourceARN)}}
		}
		statements = append(statements, policydoc.Statement{
			Sid: publisher.Sid, Services: []string{publisher.Service}, Actions: []string{"sns:Publish"},
			Resources: []pulumi.StringInput{topicARN}, Conditions: conditions,
		})
	}
	return policydoc.Document(statements...)
}
