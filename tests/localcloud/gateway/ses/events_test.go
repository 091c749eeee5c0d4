package ses

import (
	"encoding/json"
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

var set = aws.String("report")

// withSet makes a configuration set that tells of bounces and complaints, as deployed.
func (f *fixture) withSet(t *testing.T, destination *types.EventDestinationDefinition) {
	t.Helper()
	_, err := f.CreateConfigurationSet(t.Context(), &api.CreateConfigurationSetInput{ConfigurationSetName: set})
	require.NoError(t, err)
	destination.MatchingEventTypes = []types.EventType{types.EventTypeBounce, types.EventTypeComplaint}
	_, err = f.CreateConfigurationSetEventDestination(t.Context(), &api.CreateConfigurationSetEventDestinationInput{
		ConfigurationSetName: set, EventDestinationName: aws.String("bounces"), EventDestination: destination,
	})
	require.NoError(t, err)
}

func metric() *types.CloudWatchDestination {
	return &types.CloudWatchDestination{DimensionConfigurations: []types.CloudWatchDimensionConfiguration{
		{DimensionName: aws.String("ses:configuration-set"), DimensionValueSource: types.DimensionValueSourceMessageTag, DefaultDimensionValue: aws.String("none")},
		{DimensionName: aws.String("kind"), DimensionValueSource: types.DimensionValueSourceMessageTag, DefaultDimensionValue: aws.String("other")},
	}}
}

func TestBouncesAreCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.prove(t, "corp.example")
	f.withSet(t, &types.EventDestinationDefinition{Enabled: true, CloudWatchDestination: metric()})
	send := func(to string, tags ...types.MessageTag) []url.Values {
		f.told = nil
		in := simple("report@corp.example", to)
		in.ConfigurationSetName, in.EmailTags = set, tags
		_, err := f.SendEmail(t.Context(), in)
		require.NoError(t, err)
		return f.told
	}
	assert.Empty(t, send("ceo@corp.example"), "nobody asked to be told of deliveries")
	for to, name := range map[string]string{
		"bounce@simulator.amazonses.com": "Bounce", "Bounce+1@simulator.amazonses.com": "Bounce", "suppressionlist@simulator.amazonses.com": "Bounce",
		"complaint@simulator.amazonses.com": "Complaint",
	} {
		told := send(to)
		require.Len(t, told, 1, to)
		assert.Equal(t, name, told[0].Get("MetricData.member.1.MetricName"), to)
		assert.Equal(t, "AWS/SES", told[0].Get("Namespace"))
		assert.Equal(t, "1", told[0].Get("MetricData.member.1.Value"))
		assert.Equal(t, "report", told[0].Get("MetricData.member.1.Dimensions.member.1.Value"))
		assert.Equal(t, "other", told[0].Get("MetricData.member.1.Dimensions.member.2.Value"))
	}
	assert.Empty(t, send("ooto@simulator.amazonses.com"))
	told := send("bounce@simulator.amazonses.com", types.MessageTag{Name: aws.String("kind"), Value: aws.String("morning")})
	assert.Equal(t, "morning", told[0].Get("MetricData.member.1.Dimensions.member.2.Value"))
	mails := f.mails(t)
	assert.Equal(t, "bounced", mails[len(mails)-1].Outcome)

	f.told = nil
	_, err := f.SendEmail(t.Context(), simple("report@corp.example", "bounce@simulator.amazonses.com"))
	require.NoError(t, err)
	assert.Empty(t, f.told, "without the set nobody is told")
}

func TestBouncesAreTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.prove(t, "corp.example")
	topic := awsapitest.Account.ARN("sns", "alarms")
	f.withSet(t, &types.EventDestinationDefinition{Enabled: true, SnsDestination: &types.SnsDestination{TopicArn: &topic}})
	_, err := f.PutEmailIdentityConfigurationSetAttributes(t.Context(), &api.PutEmailIdentityConfigurationSetAttributesInput{
		EmailIdentity: aws.String("corp.example"), ConfigurationSetName: set,
	})
	require.NoError(t, err)
	in := simple("report@corp.example", "ceo@corp.example", "bounce@simulator.amazonses.com")
	out, err := f.SendEmail(t.Context(), in)
	require.NoError(t, err)
	require.Len(t, f.told, 1, "the identity's own set")
	assert.Equal(t, topic, f.told[0].Get("TopicArn"))
	var event struct {
		EventType string
		Mail      struct {
			MessageID string
			Tags      map[string][]string
		}
		Bounce struct {
			BouncedRecipients []struct{ EmailAddress string }
		}
	}
	require.NoError(t, json.Unmarshal([]byte(f.told[0].Get("Message")), &event))
	assert.Equal(t, "Bounce", event.EventType)
	assert.Equal(t, aws.ToString(out.MessageId), event.Mail.MessageID)
	assert.Equal(t, []string{"report"}, event.Mail.Tags["ses:configuration-set"])
	require.Len(t, event.Bounce.BouncedRecipients, 1)
	assert.Equal(t, "bounce@simulator.amazonses.com", event.Bounce.BouncedRecipients[0].EmailAddress)

	f.refuses = true
	_, err = f.SendEmail(t.Context(), in)
	require.NoError(t, err, "the mail is sent all the same")
	assert.Contains(t, f.log.String(), "Topic does not exist")

	_, err = f.DeleteConfigurationSet(t.Context(), &api.DeleteConfigurationSetInput{ConfigurationSetName: set})
	require.NoError(t, err)
	f.refused(t, in, "BadRequestException", "Configuration set <report> does not exist.")
}

func TestConfigurationSets(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, name := range []string{"", "a b", "a/b"} {
		_, err := f.CreateConfigurationSet(t.Context(), &api.CreateConfigurationSetInput{ConfigurationSetName: aws.String(name)})
		require.ErrorContains(t, err, "BadRequestException", name)
	}
	f.withSet(t, &types.EventDestinationDefinition{CloudWatchDestination: metric()})
	_, err := f.CreateConfigurationSet(t.Context(), &api.CreateConfigurationSetInput{ConfigurationSetName: set})
	require.ErrorContains(t, err, "AlreadyExistsException: Configuration set <report> already exists.")
	_, err = f.PutConfigurationSetReputationOptions(t.Context(), &api.PutConfigurationSetReputationOptionsInput{ConfigurationSetName: set, ReputationMetricsEnabled: true})
	require.NoError(t, err)
	_, err = f.TagResource(t.Context(), &api.TagResourceInput{
		ResourceArn: aws.String(awsapitest.Account.ARN("ses", "configuration-set/report")), Tags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}},
	})
	require.NoError(t, err)
	_, err = f.UntagResource(t.Context(), &api.UntagResourceInput{ResourceArn: aws.String(awsapitest.Account.ARN("ses", "configuration-set/report")), TagKeys: []string{"a"}})
	require.NoError(t, err)
	sets, err := f.ListConfigurationSets(t.Context(), &api.ListConfigurationSetsInput{})
	require.NoError(t, err)
	assert.Equal(t, []string{"report"}, sets.ConfigurationSets)
	tags, err := f.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceArn: aws.String(awsapitest.Account.ARN("ses", "configuration-set/report"))})
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	found, err := f.GetConfigurationSet(t.Context(), &api.GetConfigurationSetInput{ConfigurationSetName: set})
	require.NoError(t, err)
	assert.True(t, found.ReputationOptions.ReputationMetricsEnabled)
	assert.True(t, found.SendingOptions.SendingEnabled)
	assert.Equal(t, "b", aws.ToString(found.Tags[0].Key))

	name := aws.String("bounces")
	list := func() []types.EventDestination {
		out, err := f.GetConfigurationSetEventDestinations(t.Context(), &api.GetConfigurationSetEventDestinationsInput{ConfigurationSetName: set})
		require.NoError(t, err)
		return out.EventDestinations
	}
	require.Len(t, list(), 1)
	assert.Equal(t, "bounces", aws.ToString(list()[0].Name))
	assert.False(t, list()[0].Enabled)
	assert.Len(t, list()[0].CloudWatchDestination.DimensionConfigurations, 2)
	change := func(d *types.EventDestinationDefinition) error {
		_, err := f.UpdateConfigurationSetEventDestination(t.Context(), &api.UpdateConfigurationSetEventDestinationInput{
			ConfigurationSetName: set, EventDestinationName: name, EventDestination: d,
		})
		return err
	}
	bounce := []types.EventType{types.EventTypeBounce}
	require.NoError(t, change(&types.EventDestinationDefinition{Enabled: true, MatchingEventTypes: bounce, CloudWatchDestination: metric()}))
	assert.True(t, list()[0].Enabled)
	require.ErrorContains(t, change(&types.EventDestinationDefinition{CloudWatchDestination: metric()}), "BadRequestException")
	require.ErrorContains(t, change(&types.EventDestinationDefinition{MatchingEventTypes: []types.EventType{"LOST"}, CloudWatchDestination: metric()}), "Invalid event type: LOST.")
	require.ErrorContains(t, change(&types.EventDestinationDefinition{MatchingEventTypes: bounce}), "NotImplementedByLocalCloud")
	_, err = f.DeleteConfigurationSetEventDestination(t.Context(), &api.DeleteConfigurationSetEventDestinationInput{ConfigurationSetName: set, EventDestinationName: name})
	require.NoError(t, err)
	assert.Empty(t, list())
	require.ErrorContains(t, change(&types.EventDestinationDefinition{MatchingEventTypes: bounce, CloudWatchDestination: metric()}), "NotFoundException: Event destination <bounces> does not exist")
	_, err = f.GetConfigurationSet(t.Context(), &api.GetConfigurationSetInput{ConfigurationSetName: aws.String("none")})
	require.ErrorContains(t, err, "NotFoundException: Configuration set <none> does not exist.")
}
