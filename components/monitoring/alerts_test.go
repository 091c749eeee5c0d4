package monitoring

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pulumitest"
)

const token = "https://better.example/a-token"

func people() *AlertsArgs {
	return &AlertsArgs{
		Region: pulumitest.Region, AccountID: pulumitest.Account, Mail: []string{"sre@genericcorp.example"},
		NotificationsKeyARN: pulumi.String("arn:notifications-key"),
	}
}

func TestOnlyAlarmsOfThisAccountPublish(t *testing.T) {
	t.Parallel()
	const topic = "arn:aws:sns:us-east-1:123456789012:alerts-topic"
	policy := alert(t, people()).One(t, "aws:sns/topicPolicy:TopicPolicy", "alerts-topic")
	require.Equal(t, topic, policy.Value(t, "arn"))
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [{
		"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": ["cloudwatch.amazonaws.com"]}, "Action": ["sns:Publish"], "Resource": ["`+topic+`"],
		"Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]},
			"ArnLike": {"aws:SourceArn": ["arn:aws:cloudwatch:us-east-1:123456789012:alarm:*"]}}}]}`, fmt.Sprint(policy.Value(t, "policy")))
}

func TestAddressOfBetterStackIsHidden(t *testing.T) {
	t.Parallel()
	args := people()
	require.Len(t, alert(t, args).OfType("aws:sns/topicSubscription:TopicSubscription"), 1, "mail alone")

	args.BetterStackURL = pulumi.String(token) // in plain, as somebody might
	r := alert(t, args)
	paged := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "alerts-better-stack")
	require.Equal(t, token, paged.Value(t, "endpoint"))
	require.Equal(t, "https", paged.Value(t, "protocol"))
	r.RequireHidden(t, token)
}

func TestEachBadArgOfAlerts(t *testing.T) {
	t.Parallel()
	const aMail = `expected a mail address such as "platform@genericcorp.example"`
	for name, c := range map[string]struct {
		change  func(*AlertsArgs)
		message string
	}{
		"zone":             {func(a *AlertsArgs) { a.Region = "us-east-1a" }, `region: got "us-east-1a", expected a region such as "us-east-1"`},
		"account":          {func(a *AlertsArgs) { a.AccountID = "1" }, `accountId: got "1", expected the 12 digits of an AWS account`},
		"no key":           {func(a *AlertsArgs) { a.NotificationsKeyARN = nil }, "notificationsKeyArn: got <nil>, expected the ARN of a KMS key"},
		"nobody":           {func(a *AlertsArgs) { a.Mail = nil }, "mail: got 0 elements, expected 1 to 10 different mail addresses"},
		"mail with a name": {func(a *AlertsArgs) { a.Mail = []string{"S <s@b.example>"} }, `mail[0]: got "S <s@b.example>", ` + aMail},
		"mail twice":       {func(a *AlertsArgs) { a.Mail = []string{"a@b.example", "a@b.example"} }, `mail[1]: got "a@b.example", expected a value that is not in the list already`},
		"too many": {
			func(a *AlertsArgs) {
				a.Mail = nil
				for i := range 11 {
					a.Mail = append(a.Mail, fmt.Sprintf("p%d@b.example", i))
				}
			},
			"mail: got 11 elements, expected 1 to 10 different mail addresses",
		},
		"everything": {
			func(a *AlertsArgs) { *a = AlertsArgs{Mail: []string{"x"}, BetterStackURL: pulumi.String(token)} },
			`region: got "", expected a region such as "us-east-1"` + "\n" +
				`alerts "alerts": accountId: got "", expected the 12 digits of an AWS account` + "\n" +
				`alerts "alerts": notificationsKeyArn: got <nil>, expected the ARN of a KMS key` + "\n" +
				`alerts "alerts": mail[0]: got "x", ` + aMail,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := people()
			c.change(args)
			r, err := pulumitest.Record(func(ctx *pulumi.Context) error {
				_, err := NewAlerts(ctx, "alerts", args)
				require.EqualError(t, err, `alerts "alerts": `+c.message)
				return err
			})
			require.Error(t, err)
			require.Empty(t, r.All())
		})
	}
}
