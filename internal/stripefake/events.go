package stripefake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

// The events that follow from what happens to an invoice, by the word for that. https://docs.stripe.com/api/events/types
var happenings = map[string]struct {
	event string
	does  func(s *Server, invoice fields, days int)
}{
	"paid":          {"invoice.paid", func(_ *Server, i fields, _ int) { i["status"] = "paid" }},
	"void":          {"invoice.voided", func(_ *Server, i fields, _ int) { i["status"] = "void" }},
	"uncollectible": {"invoice.marked_uncollectible", func(_ *Server, i fields, _ int) { i["status"] = "uncollectible" }},
	"failed":        {"invoice.payment_failed", func(_ *Server, i fields, _ int) { i["attempt_count"] = attempts(i) + 1 }},
	"overdue":       {"invoice.overdue", func(s *Server, i fields, days int) { i["due_date"] = s.now().AddDate(0, 0, -days).Unix() }},
}

// Happenings are what can happen to an invoice.
var Happenings = []string{"failed", "overdue", "paid", "void", "uncollectible"}

func attempts(invoice fields) int {
	count, _ := invoice["attempt_count"].(int) // none before the first
	return count
}

// Happen has something happen to an invoice, and tells the endpoints. One that becomes overdue is due so many days ago. To one that is paid or void
// nothing happens any more. https://docs.stripe.com/invoicing/overview
func (s *Server) Happen(invoice, what string, days int) error {
	happening, known := happenings[what]
	if !known {
		return fmt.Errorf("happens: got %q, expected one of %v", what, Happenings)
	}
	if what == "overdue" && days < 1 || what != "overdue" && days != 0 {
		return fmt.Errorf("days: got %d, expected 1 or more with overdue, and none with anything else", days)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.find("invoice", invoice)
	if o == nil {
		return fmt.Errorf("invoice: got %q, expected the ID of one", invoice)
	}
	if status := o.fields["status"]; status == "paid" || status == "void" {
		return fmt.Errorf("invoice %s: it is %s, and nothing happens to it any more", invoice, status)
	}
	happening.does(s, o.fields, days)
	s.tell(happening.event, o.fields)
	return nil
}

// Settle gives an invoice another status, such as paid, and tells nobody. https://docs.stripe.com/invoicing/overview
func (s *Server) Settle(invoice, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.find("invoice", invoice); o != nil {
		o.fields["status"] = status
	}
}

// Event is an event about an invoice as it is now, with an ID of its own.
func (s *Server) Event(kind, invoice string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var about fields
	if o := s.find("invoice", invoice); o != nil {
		about = o.fields
	}
	return s.event(s.id("evt"), kind, about)
}

// event is one as Stripe writes it. https://docs.stripe.com/api/events/object
func (s *Server) event(id, kind string, about fields) []byte {
	text, _ := json.Marshal(fields{"id": id, "object": "event", "type": kind, "api_version": stripe.APIVersion, "created": s.now().Unix(), // fields can always be written
		"livemode": false, "data": fields{"object": about}})
	return text
}

// Deliver sends an event to an endpoint, signed now as Stripe does, and gives the status. https://docs.stripe.com/webhooks/signature
func Deliver(ctx context.Context, url, secret string, event []byte) (int, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: event, Secret: secret, Timestamp: time.Now()})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return 0, fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json; charset=utf-8")
	request.Header.Set("User-Agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
	request.Header.Set("Stripe-Signature", signed.Header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("deliver an event: %w", err)
	}
	return response.StatusCode, response.Body.Close()
}
