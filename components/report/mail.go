package report

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sesv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

const (
	// dkimKeys is how many names SES makes for a domain's signatures, so that it can change keys.
	// Source: Amazon SES Developer Guide, "Easy DKIM in Amazon SES", 2026-11.
	dkimKeys = 3
	// recordSeconds is how long resolvers remember these names. They never change.
	recordSeconds = 1800
)

// makeIdentity has SES send in the name of the domain, which records in its zone prove, or of the sender's address, to which SES writes:
// a person must follow the link.
func (b *builder) makeIdentity() error {
	name := b.args.Sender
	if b.args.ofDomain() {
		name = b.args.Domain
	}
	identity, err := sesv2.NewEmailIdentity(b.ctx, b.name, &sesv2.EmailIdentityArgs{EmailIdentity: pulumi.String(name)}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create sender: %w", err)
	}
	b.identity = identity
	if !b.args.ofDomain() {
		return nil
	}
	tokens := identity.DkimSigningAttributes.Tokens()
	for i := range dkimKeys {
		token := tokens.Index(pulumi.Int(i))
		_, err := route53.NewRecord(b.ctx, fmt.Sprintf("%s-dkim-%d", b.name, i+1), &route53.RecordArgs{
			ZoneId: pulumi.String(b.args.ZoneID), Name: pulumi.Sprintf("%s._domainkey.%s", token, b.args.Domain), Type: pulumi.String("CNAME"),
			Ttl: pulumi.Int(recordSeconds), Records: pulumi.StringArray{pulumi.Sprintf("%s.dkim.amazonses.com", token)},
			AllowOverwrite: pulumi.Bool(true), // a run that was killed may have made it and not noted it
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("prove the domain: %w", err)
		}
	}
	return nil
}

// setDimension tells the mails of configuration sets apart in CloudWatch.
const setDimension = "ses:configuration-set"

// makeMailSet counts the mails that come back, and calls for help.
// Source: Amazon SES Developer Guide, "Set up a CloudWatch event destination for event publishing", 2026-11.
func (b *builder) makeMailSet() error {
	set, err := sesv2.NewConfigurationSet(b.ctx, b.name, &sesv2.ConfigurationSetArgs{
		ConfigurationSetName: pulumi.String("platform-" + b.args.Environment + "-report"),
		DeliveryOptions:      &sesv2.ConfigurationSetDeliveryOptionsArgs{TlsPolicy: pulumi.String("REQUIRE")},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create configuration set: %w", err)
	}
	b.set = set
	_, err = sesv2.NewConfigurationSetEventDestination(b.ctx, b.name, &sesv2.ConfigurationSetEventDestinationArgs{
		ConfigurationSetName: set.ConfigurationSetName, EventDestinationName: pulumi.String("returned"),
		EventDestination: &sesv2.ConfigurationSetEventDestinationEventDestinationArgs{
			Enabled: pulumi.Bool(true), MatchingEventTypes: pulumi.ToStringArray([]string{"BOUNCE", "COMPLAINT"}),
			CloudWatchDestination: &sesv2.ConfigurationSetEventDestinationEventDestinationCloudWatchDestinationArgs{
				DimensionConfigurations: sesv2.ConfigurationSetEventDestinationEventDestinationCloudWatchDestinationDimensionConfigurationArray{
					&sesv2.ConfigurationSetEventDestinationEventDestinationCloudWatchDestinationDimensionConfigurationArgs{
						DimensionName: pulumi.String(setDimension), DimensionValueSource: pulumi.String("MESSAGE_TAG"), DefaultDimensionValue: pulumi.String("none"),
					},
				},
			},
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("count returned mails: %w", err)
	}
	_, err = alarm.New(b.ctx, b.name+"-bounces", &alarm.Args{
		Description: "A morning report did not reach an address. Look which addresses the settings name.", Page: page,
		Metric: alarm.Metric{
			Kind: alarm.Events, Namespace: "AWS/SES", Name: "Bounce", Statistic: "Sum", Dimensions: pulumi.StringMap{setDimension: set.ConfigurationSetName},
		},
		Bound: alarm.Above, Threshold: 0, Minutes: 5, TopicARN: b.args.AlarmTopicARN,
	}, pulumi.Parent(b.parent))
	return err
}
