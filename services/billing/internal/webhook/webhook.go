// Package webhook takes Stripe's events. An event is a hint: whoever it is about is looked at as it is now, so that events may come late, in
// any order and more than once. https://docs.stripe.com/webhooks
//
//page:none the messages are of the function's log
package webhook

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/genericcorp/platform/services/billing/api"
)

const (
	// Tolerance is how old a signature may be. Stripe signs anew what it sends again. https://docs.stripe.com/webhooks/signature
	Tolerance = 5 * time.Minute
	// mostBytes is more than an event has.
	mostBytes = 256 << 10
	// mostAtOnce are under way; to others Stripe comes back.
	mostAtOnce = 8
	// patience is for what an event leads to.
	patience = 20 * time.Second
)

// Handler answers Stripe. Anything but 2xx has it try again, for three days.
type Handler struct {
	// Secrets are those of the endpoint, as they are now: two while one is replaced. They are never in a message.
	Secrets func(ctx context.Context) ([]string, error)
	// Live is the mode whose events are taken.
	Live bool
	// Customer is told whose payments have changed. It may be told again.
	Customer func(ctx context.Context, id string) error

	seen  seen
	slots chan struct{}
}

// New makes a handler.
func New(secrets func(ctx context.Context) ([]string, error), live bool, customer func(ctx context.Context, id string) error) *Handler {
	return &Handler{Secrets: secrets, Live: live, Customer: customer, slots: make(chan struct{}, mostAtOnce)}
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		out.Header().Set("Allow", http.MethodPost)
		out.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	default:
		out.Header().Set("Retry-After", "10")
		out.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	out.WriteHeader(h.answer(r))
}

// answer does what an event asks for, and gives the status.
func (h *Handler) answer(r *http.Request) int {
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, mostBytes))
	if err != nil {
		slog.WarnContext(r.Context(), "an event could not be read", "cause", err)
		return http.StatusRequestEntityTooLarge
	}
	signature := r.Header.Get("Stripe-Signature")
	if signature == "" {
		return http.StatusBadRequest // not Stripe's, and it costs nothing more
	}
	secrets, err := h.Secrets(r.Context())
	if err != nil || len(secrets) == 0 {
		slog.ErrorContext(r.Context(), "there is no secret to check events with", "cause", err)
		return http.StatusServiceUnavailable
	}
	event, err := construct(body, signature, secrets)
	if err != nil {
		slog.WarnContext(r.Context(), "refused an event", "cause", err)
		return http.StatusBadRequest
	}
	if event.Livemode != h.Live {
		slog.WarnContext(r.Context(), "refused an event of the other mode", "event", event.ID, "livemode", event.Livemode)
		return http.StatusBadRequest
	}
	if h.seen.has(event.ID) {
		return http.StatusOK
	}
	if err := h.follow(r.Context(), event); err != nil {
		slog.ErrorContext(r.Context(), "an event could not be followed", "event", event.ID, "type", event.Type, "cause", err)
		return http.StatusInternalServerError
	}
	h.seen.add(event.ID)
	return http.StatusOK
}

// construct reads an event that was signed with one of the secrets.
func construct(body []byte, signature string, secrets []string) (event stripe.Event, err error) {
	for _, secret := range secrets {
		if event, err = webhook.ConstructEventWithTolerance(body, signature, secret, Tolerance); !errors.Is(err, webhook.ErrNoValidSignature) {
			break
		}
	}
	return event, err
}

// errNoCustomer says that an event of an invoice names no customer.
var errNoCustomer = errors.New("the invoice has no customer")

// follow tells whose payments have changed, if it is of that.
func (h *Handler) follow(ctx context.Context, event stripe.Event) error {
	if !slices.Contains(api.Events, string(event.Type)) {
		return nil
	}
	if event.Data == nil {
		return errNoCustomer
	}
	customer, is := event.Data.Object["customer"].(string)
	if !is || customer == "" {
		return errNoCustomer
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	return h.Customer(ctx, customer)
}
