package aws

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// Topic implements tenancy.Announcer: whoever has subscribed to it hears.
type Topic struct {
	Client *sns.Client
	ARN    string
}

// Announce publishes a message. The subject has at most 100 characters of ASCII.
func (t Topic) Announce(ctx context.Context, subject, text string) error {
	_, err := t.Client.Publish(ctx, &sns.PublishInput{TopicArn: &t.ARN, Subject: &subject, Message: &text})
	return err
}
