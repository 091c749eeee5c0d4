package mail

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// SES sends mails from one address to others.
type SES struct {
	Client           *sesv2.Client // that tries once: a mail whose answer was lost may have been sent
	Sender           string
	Addresses        []string
	ConfigurationSet string
}

// NewSES makes a client for it, which tries once.
func NewSES(account aws.Config) *sesv2.Client {
	return sesv2.NewFromConfig(account, func(o *sesv2.Options) { o.Retryer = aws.NopRetryer{} })
}

// Send sends a mail, and gives SES's id of it. No error tells an address.
func (s *SES) Send(ctx context.Context, m Mail) (id string, err error) {
	text := func(of string) *types.Content {
		return &types.Content{Data: aws.String(of), Charset: aws.String("UTF-8")}
	}
	sent, err := s.Client.SendEmail(ctx, &sesv2.SendEmailInput{
		FromEmailAddress: aws.String(s.Sender), Destination: &types.Destination{ToAddresses: s.Addresses}, ConfigurationSetName: aws.String(s.ConfigurationSet),
		Content: &types.EmailContent{Simple: &types.Message{Subject: text(m.Subject), Body: &types.Body{Text: text(m.Text), Html: text(m.HTML)}}},
	})
	if err != nil {
		return "", explain(err)
	}
	return aws.ToString(sent.MessageId), nil
}

// explain tells a mail that SES has refused, or has not heard of, from one whose fate nobody knows.
func explain(err error) error {
	cause := withoutAddresses(err.Error())
	if api := (smithy.APIError)(nil); errors.As(err, &api) {
		cause = api.ErrorCode() + ": " + withoutAddresses(api.ErrorMessage())
	}
	response, dial := (*smithyhttp.ResponseError)(nil), (*net.OpError)(nil)
	switch {
	case errors.As(err, &response) && response.HTTPStatusCode() >= http.StatusBadRequest && response.HTTPStatusCode() < http.StatusInternalServerError,
		errors.As(err, &dial) && dial.Op == "dial":
		return &RefusedError{cause}
	default:
		//page:report-missing
		return fmt.Errorf("send the mail: %s", cause)
	}
}

var address = regexp.MustCompile(`[^\s@<>,;:"]+@[^\s@<>,;:"]+`)

// withoutAddresses is a text for a log: SES names the addresses that it refuses.
func withoutAddresses(text string) string { return address.ReplaceAllString(text, "(an address)") }
