package topic_test

import (
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/components/topic"
	"github.com/genericcorp/platform/internal/pulumitest"
)

const arn = "arn:aws:sns:us-east-1:123456789012:news-topic"

func checkTopic(t testing.TB, r *pulumitest.Recorder) {
	t.Helper()
	r.RequireProtected(t)
	made := r.One(t, "aws:sns/topic:Topic", "news-topic")
	require.Equal(t, []any{"News", "arn:key"}, []any{made.Value(t, "displayName"), made.Value(t, "kmsMasterKeyId")})
	mail := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "news-mail-a@b.example")
	require.Equal(t, []any{arn, "email", "a@b.example"}, []any{mail.Value(t, "topic"), mail.Value(t, "protocol"), mail.Value(t, "endpoint")})
	policy := r.One(t, "aws:sns/topicPolicy:TopicPolicy", "news-topic")
	require.Equal(t, arn, policy.Value(t, "arn"))
	const publish = `"Effect": "Allow", "Action": ["sns:Publish"], "Resource": ["` + arn + `"]`
	require.JSONEq(t, `{"Version": "2012-10-17", "Statement": [
		{"Sid": "Narrow", `+publish+`, "Principal": {"Service": ["narrow.example"]}, "Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]}, "ArnLike": {"aws:SourceArn": ["arn:of:one"]}}},
		{"Sid": "Wide", `+publish+`, "Principal": {"Service": ["wide.example"]}, "Condition": {
			"StringEquals": {"aws:SourceAccount": ["123456789012"]}}}]}`, fmt.Sprint(policy.Value(t, "policy")))
}

func TestNamedServicesOfTheAccountPublish(t *testing.T) {
	t.Parallel()
	var output pulumitest.Output
	r := pulumitest.Run(t, func(ctx *pulumi.Context) error {
		made, err := topic.New(ctx, "news", &topic.Args{
			DisplayName: "News", KeyARN: pulumi.String("arn:key"), AccountID: pulumitest.Account, Mail: []string{"a@b.example"},
			Publishers: []topic.Publisher{{Sid: "Narrow", Service: "narrow.example", SourceARN: "arn:of:one"}, {Sid: "Wide", Service: "wide.example"}},
		})
		output = pulumitest.Outputs(t, ctx, &struct{ ARN pulumi.StringOutput }{made})["ARN"]
		return err
	})
	checkTopic(t, r)
	r.RequireWatched(t, []pulumitest.Check{checkTopic})
	require.Equal(t, pulumitest.Output{Value: arn, Known: true}, output)
}
