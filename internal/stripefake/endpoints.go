package stripefake

import (
	"context"
	"crypto/rand"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// endpoint makes an address that is told events. Its secret is told here alone. https://docs.stripe.com/api/webhook_endpoints/create
func (s *Server) endpoint(_ string, form url.Values) (fields, *refusal) {
	address, err := url.Parse(form.Get("url"))
	if err != nil || address.Host == "" {
		return nil, invalid("url", "Invalid URL: An explicit scheme (such as https) must be provided.")
	}
	var events []string
	for i := 0; form.Has("enabled_events[" + strconv.Itoa(i) + "]"); i++ {
		events = append(events, form.Get("enabled_events["+strconv.Itoa(i)+"]"))
	}
	if len(events) == 0 {
		return nil, invalid("enabled_events", "You must provide at least one event.")
	}
	made := s.add("webhook_endpoint", fields{"id": s.id("we"), "url": address.String(), "enabled_events": events, "status": "enabled"})
	id, _ := made["id"].(string) // always made so
	s.secrets[id] = "whsec_" + rand.Text()
	told := maps.Clone(made)
	told["secret"] = s.secrets[id]
	return told, nil
}

// removeEndpoint has it be told nothing more. https://docs.stripe.com/api/webhook_endpoints/delete
func (s *Server) removeEndpoint(id string, _ url.Values) (fields, *refusal) {
	if s.find("webhook_endpoint", id) == nil {
		return nil, missing("webhook endpoint", id)
	}
	s.objects = slices.DeleteFunc(s.objects, func(o *object) bool { return o.fields["id"] == id })
	delete(s.secrets, id)
	return fields{"id": id, "object": "webhook_endpoint", "deleted": true}, nil
}

// delivery is an event on its way to an endpoint.
type delivery struct {
	id, kind, invoice string
	event             []byte
	endpoint, url     string
	attempts          int
	answer            string
	due               time.Time // of the machine's clock; zero: at once
	state             string
}

// The states of a delivery.
const (
	waiting   = "waiting"
	delivered = "delivered"
	givenUp   = "given up"
)

// pauses are how long Run waits after each attempt that fails. Stripe's are minutes and hours, growing, for three days, and for hours in test
// mode (https://docs.stripe.com/webhooks#retries); these are short, so that people see them.
var pauses = []time.Duration{time.Second, 5 * time.Second, 25 * time.Second, 2 * time.Minute}

// tell puts an event on its way to each endpoint that wants it. The lock is held.
func (s *Server) tell(kind string, invoice fields) {
	id := s.id("evt")
	text := s.event(id, kind, invoice)
	about, _ := invoice["id"].(string) // always made so
	for _, o := range s.objects {
		wanted, _ := o.fields["enabled_events"].([]string) // of endpoints alone
		if !slices.Contains(wanted, kind) && !slices.Contains(wanted, "*") {
			continue
		}
		endpoint, _ := o.fields["id"].(string) // always made so
		address, _ := o.fields["url"].(string) // always made so
		s.deliveries = append(s.deliveries, &delivery{id: id, kind: kind, invoice: about, event: text, endpoint: endpoint, url: address, state: waiting})
	}
	s.rouse()
}

// Pause has Run wait other times.
func (s *Server) Pause(times ...time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pauses = times
}

// rouse has Run look again.
func (s *Server) rouse() {
	select {
	case s.wake <- struct{}{}:
	default: // it will look
	}
}

// Hold keeps events back until Release. What is sent twice or late is for retries to show.
func (s *Server) Hold() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = true
}

// Release sends what was kept back, the newest first: Stripe promises no order. https://docs.stripe.com/webhooks#event-ordering
func (s *Server) Release() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held = false
	first := slices.IndexFunc(s.deliveries, func(d *delivery) bool { return d.state == waiting })
	if first >= 0 {
		slices.Reverse(s.deliveries[first:])
	}
	s.rouse()
}

// Run delivers events, one by one, until the context is over.
func (s *Server) Run(ctx context.Context) {
	for ctx.Err() == nil {
		next, wait := s.due(time.Now())
		if next != nil {
			s.attempt(ctx, next)
			continue
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// due is the first delivery whose time has come, or how long to wait until there may be one.
func (s *Server) due(now time.Time) (*delivery, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := time.Minute
	if s.held {
		return nil, wait
	}
	for _, d := range s.deliveries {
		if d.state != waiting {
			continue
		}
		if left := d.due.Sub(now); left > 0 {
			wait = min(wait, left)
			continue
		}
		return d, 0
	}
	return nil, wait
}

// attempt sends an event, signed anew as Stripe does. Anything but 2xx within half a minute is a failure. https://docs.stripe.com/webhooks
func (s *Server) attempt(ctx context.Context, d *delivery) {
	s.mu.Lock()
	secret, there := s.secrets[d.endpoint]
	s.mu.Unlock()
	answer, ok := "its endpoint was removed", false
	if there {
		ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
		status, err := Deliver(ctx, d.url, secret, d.event)
		cancel()
		answer, ok = strconv.Itoa(status), status >= http.StatusOK && status < http.StatusMultipleChoices
		if err != nil {
			answer = strings.ReplaceAll(err.Error(), "\n", " ")
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d.attempts++
	d.answer = answer
	switch {
	case ok:
		d.state = delivered
	case !there || d.attempts > len(s.pauses):
		d.state = givenUp
	default:
		d.due = time.Now().Add(s.pauses[d.attempts-1])
	}
}
