// Package monitoring tells people how the platform fares: a topic that alarms reach them by, alarms of what the
// shared parts have in common, one dashboard, and the record of who did what in the account.
package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/topic"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// AlertsArgs says whom alarms reach.
type AlertsArgs struct {
	Region    string   // "us-east-1"
	AccountID string   // twelve digits
	Mail      []string // one to ten addresses; each confirms its subscription
	// BetterStackURL is the address of a CloudWatch integration of Better Stack, which holds its token: it is secret
	// in the state whatever it was before. Nil: nobody is called, mail only.
	BetterStackURL pulumi.StringInput
	// NotificationsKeyARN is a KMS key that lets CloudWatch use it.
	NotificationsKeyARN pulumi.StringInput
}

// Alerts holds the topic of alarms.
type Alerts struct {
	pulumi.ResourceState

	TopicARN pulumi.StringOutput
}

const (
	maxMail = 10
	// maxPrefix keeps the longest generated name of a child, that of a bucket, within S3's 63 characters.
	maxPrefix = 40
)

// NewAlerts makes the topic and subscribes people to it. All problems of args are reported at once.
func NewAlerts(ctx *pulumi.Context, name string, args *AlertsArgs, opts ...pulumi.ResourceOption) (*Alerts, error) {
	if args == nil {
		args = &AlertsArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	a := &Alerts{}
	err := ctx.RegisterComponentResourceV2("genericcorp:monitoring:Alerts", name, args.inputs(), a,
		append(opts, tagging.Component("monitoring"))...)
	if err != nil {
		return nil, fmt.Errorf("register alerts %q: %w", name, err)
	}
	prefix := naming.Join(maxPrefix, name)
	a.TopicARN, err = topic.New(ctx, prefix, &topic.Args{
		DisplayName: "Alarms", KeyARN: args.NotificationsKeyARN, AccountID: args.AccountID, Mail: args.Mail,
		Publishers: []topic.Publisher{{
			Sid: "Alarms", Service: "cloudwatch.amazonaws.com", SourceARN: "arn:aws:cloudwatch:" + args.Region + ":" + args.AccountID + ":alarm:*",
		}},
	}, pulumi.Parent(a))
	if err != nil {
		return nil, err
	}
	if err := args.subscribeBetterStack(ctx, prefix, a); err != nil {
		return nil, err
	}
	return a, ctx.RegisterResourceOutputs(a, pulumi.Map{"topicArn": a.TopicARN})
}

// subscribeBetterStack has Better Stack, where it is given, call whoever is on duty.
func (a *AlertsArgs) subscribeBetterStack(ctx *pulumi.Context, prefix string, parent *Alerts) error {
	if a.BetterStackURL == nil {
		return nil
	}
	_, err := sns.NewTopicSubscription(ctx, prefix+"-better-stack", &sns.TopicSubscriptionArgs{
		Topic:    parent.TopicARN,
		Protocol: pulumi.String("https"),
		Endpoint: pulumi.ToSecret(a.BetterStackURL).(pulumi.StringOutput),
	}, pulumi.Parent(parent))
	if err != nil {
		return fmt.Errorf("subscribe Better Stack: %w", err)
	}
	return nil
}

func (a *AlertsArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("alerts %q: ", name))
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	p.Require(a.NotificationsKeyARN != nil, "notificationsKeyArn", nil, "the ARN of a KMS key")
	a.Check(p)
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *AlertsArgs) Check(p *check.Problems) {
	awsvalue.Mail.CheckList(p, "mail", a.Mail, 1, maxMail, fmt.Sprintf("1 to %d different mail addresses", maxMail))
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *AlertsArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"region":      pulumi.String(a.Region),
		"accountId":   pulumi.String(a.AccountID),
		"mail":        pulumi.ToStringArray(a.Mail),
		"betterStack": pulumi.Bool(a.BetterStackURL != nil),
	}
}
