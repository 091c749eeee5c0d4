package budget

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/topic"
)

// makeTopic makes the topic that the two cost services of this account publish to, and subscribes people.
func (b *builder) makeTopic() (err error) {
	b.parent.TopicARN, err = topic.New(b.ctx, b.name, &topic.Args{
		DisplayName: "Cost", KeyARN: b.args.NotificationsKeyARN, AccountID: b.args.AccountID, Mail: b.args.Mail,
		Publishers: []topic.Publisher{
			// Every budget of the account: the budget's own name is not known before its topic is.
			{Sid: "Budgets", Service: "budgets.amazonaws.com", SourceARN: "arn:aws:budgets::" + b.args.AccountID + ":*"},
			{Sid: "Anomalies", Service: "costalerts.amazonaws.com"},
		},
	}, pulumi.Parent(b.parent))
	return err
}
