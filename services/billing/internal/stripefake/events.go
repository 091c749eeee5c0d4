package stripefake

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"
)

// Settle gives an invoice another status, such as paid. https://docs.stripe.com/invoicing/overview
func (s *Server) Settle(invoice, status string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.find("invoice", invoice); o != nil {
		o.fields["status"] = status
	}
}

// Event is an event about an invoice as it is now, with an ID of its own. https://docs.stripe.com/api/events/object
func (s *Server) Event(kind, invoice string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	var about fields
	if o := s.find("invoice", invoice); o != nil {
		about = o.fields
	}
	text, _ := json.Marshal(fields{"id": s.id("evt"), "object": "event", "type": kind, "api_version": stripe.APIVersion, "created": s.now.Unix(), // fields can always be written
		"livemode": false, "data": fields{"object": about}})
	return text
}

// Deliver sends an event to an endpoint, signed now as Stripe does, and gives the status. https://docs.stripe.com/webhooks/signature
func Deliver(ctx context.Context, url, secret string, event []byte) (int, error) {
	signed := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: event, Secret: secret})
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(event))
	if err != nil {
		return 0, fmt.Errorf("make a request: %w", err)
	}
	request.Header.Set("Stripe-Signature", signed.Header)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, fmt.Errorf("deliver an event: %w", err)
	}
	return response.StatusCode, response.Body.Close()
}
