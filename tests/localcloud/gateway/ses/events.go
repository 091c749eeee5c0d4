package ses

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// What becomes of a mail.
const (
	delivered  = "delivered"
	bounced    = "bounced"
	complained = "complained"
)

// simulator is the domain of the mailbox simulator, which everybody may write to.
// Source: Amazon SES Developer Guide, "Using the mailbox simulator manually".
const simulator = "@simulator.amazonses.com"

func simulated(address string) bool { return strings.HasSuffix(strings.ToLower(address), simulator) }

// outcomeOf is what becomes of a mail to one address; bounce+label is bounce.
func outcomeOf(address string) string {
	if !simulated(address) {
		return delivered
	}
	local, _, _ := strings.Cut(strings.ToLower(address), "@")
	switch local, _, _ = strings.Cut(local, "+"); local {
	case "bounce", "suppressionlist":
		return bounced
	case "complaint":
		return complained
	}
	return delivered
}

// outcome is the worst of all.
func outcome(to []string) string {
	found := delivered
	for _, address := range to {
		if o := outcomeOf(address); o == bounced || found == delivered {
			found = o
		}
	}
	return found
}

// event is something that becomes of a mail.
type event struct {
	kind, name string // "BOUNCE" in a configuration set, "Bounce" for who is told
	recipients []string
}

// eventsOf are those of a mail. Whoever complains has it.
func eventsOf(m *message) []event {
	of := func(outcomes ...string) []string {
		return slices.DeleteFunc(slices.Clone(m.to), func(address string) bool { return !slices.Contains(outcomes, outcomeOf(address)) })
	}
	return slices.DeleteFunc([]event{
		{"SEND", "Send", m.to}, {"DELIVERY", "Delivery", of(delivered, complained)}, {"BOUNCE", "Bounce", of(bounced)}, {"COMPLAINT", "Complaint", of(complained)},
	}, func(e event) bool { return len(e.recipients) == 0 })
}

// tell tells the destinations of a configuration set.
func (s *Service) tell(ctx context.Context, set *configurationSet, m *message, sent localcloud.Mail) {
	m.tags["ses:configuration-set"] = set.name
	for _, e := range eventsOf(m) {
		for name, destination := range set.destinations {
			types, _ := destination["MatchingEventTypes"].([]any)
			if enabled, _ := destination["Enabled"].(bool); !enabled || !slices.Contains(types, any(e.kind)) {
				continue
			}
			var err error
			if metric, ok := destination["CloudWatchDestination"].(object); ok {
				err = s.count(ctx, metric, m, e)
			} else if topic, ok := destination["SnsDestination"].(object); ok {
				err = s.publish(ctx, awsapi.Text(topic, "TopicArn"), m, e, sent)
			}
			if err != nil {
				s.config.Log.Warn("an event of mail reaches nobody", "configuration set", set.name, "destination", name, "error", err)
			}
		}
	}
}

// ask asks the emulator in the service's name.
func (s *Service) ask(ctx context.Context, service string, in url.Values) error {
	response, err := s.config.Account.Query(ctx, s.emulator, service, in)
	if err == nil && !response.OK() {
		err = fmt.Errorf("%s: %s", in.Get("Action"), response.XMLText("//Error/Message"))
	}
	return err
}

// count adds one to the metric of an event.
func (s *Service) count(ctx context.Context, destination object, m *message, e event) error {
	const datum = "MetricData.member.1."
	in := url.Values{
		"Action": {"PutMetricData"}, "Version": {"2010-08-01"}, "Namespace": {"AWS/SES"},
		datum + "MetricName": {e.name}, datum + "Value": {"1"}, datum + "Unit": {"Count"}, datum + "Timestamp": {time.Now().UTC().Format(time.RFC3339)},
	}
	dimensions, _ := destination["DimensionConfigurations"].([]any)
	for i, each := range dimensions {
		dimension, _ := each.(object)
		name := awsapi.Text(dimension, "DimensionName")
		value := awsapi.Text(dimension, "DefaultDimensionValue")
		switch awsapi.Text(dimension, "DimensionValueSource") {
		case "MESSAGE_TAG":
			if tag := m.tags[name]; tag != "" {
				value = tag
			}
		case "EMAIL_HEADER":
			if header := m.header.Get(name); header != "" {
				value = header
			}
		}
		prefix := datum + "Dimensions.member." + strconv.Itoa(i+1)
		in.Set(prefix+".Name", name)
		in.Set(prefix+".Value", value)
	}
	return s.ask(ctx, "monitoring", in)
}

// publish tells a topic.
// Source: Amazon SES Developer Guide, "Contents of event data that Amazon SES publishes to Amazon SNS".
func (s *Service) publish(ctx context.Context, topic string, m *message, e event, sent localcloud.Mail) error {
	at := sent.At.Format(time.RFC3339Nano)
	tags := map[string][]string{}
	for name, value := range m.tags {
		tags[name] = []string{value}
	}
	whom := []object{}
	for _, address := range e.recipients {
		recipient := object{"emailAddress": address}
		if e.kind == "BOUNCE" {
			recipient["action"], recipient["status"], recipient["diagnosticCode"] = "failed", "5.1.1", "smtp; 550 5.1.1 user unknown"
		}
		whom = append(whom, recipient)
	}
	details := map[string]object{
		"SEND":      {},
		"DELIVERY":  {"timestamp": at, "recipients": e.recipients},
		"BOUNCE":    {"bounceType": "Permanent", "bounceSubType": "General", "bouncedRecipients": whom, "timestamp": at, "feedbackId": sent.ID},
		"COMPLAINT": {"complainedRecipients": whom, "timestamp": at, "feedbackId": sent.ID, "complaintFeedbackType": "abuse"},
	}
	content, err := json.Marshal(object{
		"eventType": e.name, strings.ToLower(e.name): details[e.kind],
		"mail": object{"timestamp": at, "source": sent.From, "sendingAccountId": s.config.Account.ID, "messageId": sent.ID, "destination": sent.To, "tags": tags},
	})
	if err != nil {
		return err
	}
	return s.ask(ctx, "sns", url.Values{
		"Action": {"Publish"}, "Version": {"2010-03-31"}, "TopicArn": {topic}, "Subject": {"Amazon SES Email Event Notification"}, "Message": {string(content)},
	})
}
