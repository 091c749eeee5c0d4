package ses

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/mail"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// mostRecipients is how many a message may have.
// Source: Amazon SES Developer Guide, "Service quotas in Amazon SES".
const mostRecipients = 50

// send keeps a mail that AWS would take, and tells what becomes of it.
func (s *Service) send(r *http.Request, in object) (object, error) {
	m, err := s.read(in)
	if err != nil {
		return nil, err
	}
	set, err := s.setOf(r.Context(), m, in)
	if err != nil {
		return nil, err
	}
	if failing := s.unverified(r.Context(), m); len(failing) > 0 {
		return nil, awsapi.BadRequest("MessageRejected", "Email address is not verified. The following identities failed the check in region %s: %s",
			strings.ToUpper(s.config.Account.Region), strings.Join(failing, ", "))
	}
	sent := localcloud.Mail{
		At: time.Now().UTC(), ID: uuid.NewString(), From: m.from, To: m.to, Subject: m.subject, Text: m.text, HTML: m.html, Outcome: outcome(m.to),
	}
	if err := s.inbox.add(sent); err != nil {
		return nil, err
	}
	if set != nil {
		s.tell(r.Context(), set, m, sent)
	}
	return object{"MessageId": sent.ID}, nil
}

// read reads and checks what a request wants to send.
func (s *Service) read(in object) (m *message, err error) {
	content, _ := in["Content"].(object)
	simple, isSimple := content["Simple"].(object)
	raw, isRaw := content["Raw"].(object)
	switch {
	case isSimple && !isRaw:
		m, err = readSimple(simple)
	case isRaw && !isSimple:
		data, decodeErr := base64.StdEncoding.DecodeString(awsapi.Text(raw, "Data"))
		if decodeErr != nil {
			return nil, awsapi.BadRequest("SerializationException", "Content.Raw.Data: %v", decodeErr)
		}
		m, err = readRaw(data)
	case content["Template"] != nil:
		err = awsapi.BadRequest(awsapi.NotImplemented, "the local cloud sends simple and raw messages, and no templates")
	default:
		err = badRequest("Content must be one of Simple, Raw and Template.")
	}
	if err != nil {
		return nil, err
	}
	if m.size > s.largest {
		return nil, badRequest("Message length is more than %d bytes long: '%d'.", s.largest, m.size)
	}
	return m, m.address(in)
}

// address adds who sends and who receives.
func (m *message) address(in object) error {
	m.tags = map[string]string{}
	tags, _ := in["EmailTags"].([]any)
	for _, each := range tags {
		if tag, ok := each.(object); ok {
			m.tags[awsapi.Text(tag, "Name")] = awsapi.Text(tag, "Value")
		}
	}
	if from := awsapi.Text(in, "FromEmailAddress"); from != "" {
		m.from = from
		m.senders = append(m.senders, from)
	}
	if m.from == "" {
		return badRequest("Missing required header 'From'.")
	}
	destination, _ := in["Destination"].(object)
	var to []string
	for _, field := range []string{"ToAddresses", "CcAddresses", "BccAddresses"} {
		list, _ := destination[field].([]any)
		for _, each := range list {
			to = append(to, fmt.Sprint(each))
		}
	}
	if len(to) > 0 {
		m.to = to
	}
	for _, list := range [][]string{m.senders, m.to} {
		for i, each := range list {
			parsed, err := mail.ParseAddress(each)
			if err != nil {
				return badRequest("Illegal address: %q.", each)
			}
			list[i] = parsed.Address
		}
	}
	switch {
	case len(m.to) == 0:
		return badRequest("Missing final recipient: at least one address is required.")
	case len(m.to) > mostRecipients:
		return badRequest("Recipient count exceeds %d.", mostRecipients)
	}
	return nil
}

// setOf is the configuration set of a request, or that of the sender's identity. One that is not there any more makes the call fail.
// Source: Amazon SES Developer Guide, "Understanding default configuration sets".
func (s *Service) setOf(ctx context.Context, m *message, in object) (*configurationSet, error) {
	name := awsapi.Text(in, "ConfigurationSetName")
	if err := s.checkSet(name); err != nil {
		return nil, err
	}
	if sender := s.covering(ctx, m.senders[len(m.senders)-1]); name == "" && sender != nil && sender.set != "" {
		name = sender.set
		if s.sets[name] == nil {
			return nil, badRequest("Configuration set <%s> does not exist.", name)
		}
	}
	if name == "" {
		return nil, nil //nolint:nilnil // mail needs none
	}
	set := s.sets[name]
	sending, _ := set.options["SendingOptions"].(object)
	if enabled, _ := sending["SendingEnabled"].(bool); !enabled { // clients leave out what is false
		return nil, awsapi.BadRequest("SendingPausedException", "Sending is paused for configuration set <%s>.", name)
	}
	return set, nil
}

// unverified are the addresses of a mail that AWS asks a proof for: who sends it, and in the sandbox also who receives it.
// Source: Amazon SES Developer Guide, "Request production access".
func (s *Service) unverified(ctx context.Context, m *message) (failing []string) {
	asked := slices.Clone(m.senders)
	if !s.production {
		asked = append(asked, slices.DeleteFunc(slices.Clone(m.to), simulated)...)
	}
	for _, address := range asked {
		if s.covering(ctx, address) == nil && !slices.Contains(failing, address) {
			failing = append(failing, address)
		}
	}
	return failing
}
