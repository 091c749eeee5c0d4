package authz

import (
	"net/http"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// ofMail knows simple messages by version 2 of SES. Each identity that a message uses must be allowed, and its configuration set.
//
// Source: Amazon SES Developer Guide, "Controlling access to Amazon SES" (condition keys) and the service's page of the reference.
func (j *Judge) ofMail(r *http.Request) ([]call, error) {
	if r.Method != http.MethodPost || r.URL.Path != "/v2/email/outbound-emails" {
		return nil, errUnknown
	}
	in, err := body(r)
	if err != nil {
		return nil, err
	}
	if content, _ := in["Content"].(map[string]any); content["Simple"] == nil {
		return nil, errUnknown // a raw one needs another action
	}
	message, err := j.Mail.Uses(r.Context(), in)
	if err != nil {
		return nil, err
	}
	var calls []call
	for _, resource := range message.Resources {
		calls = append(calls, call{
			action: "ses:SendEmail", resource: resource, absent: []string{"ses:feedbackaddress"},
			context: iampolicy.Context{"ses:FromAddress": {message.From}, "ses:Recipients": message.To, "ses:ApiVersion": {"2"}},
		})
	}
	return calls, nil
}
