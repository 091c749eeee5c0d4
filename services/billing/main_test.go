package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/billing/api"
)

// There is time left to tell what could not be done.
func TestHandle(t *testing.T) {
	t.Parallel()
	for _, wrong := range []string{`{"action":"delete"}`, `{}`, `{"action":"run","tenant":"acme"}`, ``} {
		_, err := handle(t.Context(), []byte(wrong), nil)
		require.ErrorContains(t, err, "request", wrong)
	}
	deadline, cancel := context.WithDeadline(t.Context(), time.Now().Add(margin+50*time.Millisecond))
	defer cancel()
	_, err := handle(deadline, []byte(`{"action":"run"}`), func(ctx context.Context, _ api.Request) (api.Status, error) {
		<-ctx.Done()
		return api.Status{}, ctx.Err()
	})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NoError(t, deadline.Err())
}

// Outside of Lambda the program does one request, with no end to its time.
func TestOnce(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	code := once(strings.NewReader(`{"action":"status"}`), &out, nil, func(ctx context.Context, r api.Request) (api.Status, error) {
		_, limited := ctx.Deadline()
		assert.False(t, limited)
		return api.Status{Due: []string{string(r.Action)}}, nil
	})
	assert.Zero(t, code)
	assert.Contains(t, out.String(), `"due":["status"]`)
	fails := func(context.Context, api.Request) (api.Status, error) { return api.Status{}, errors.New("it broke") }
	assert.Equal(t, 1, once(strings.NewReader(`{"action":"run"}`), &out, nil, fails))
	assert.Equal(t, 1, once(strings.NewReader(``), &out, errors.New("a variable is not set"), nil))
}

// Whatever Stripe repeats of what it was sent, the log has neither keys nor addresses.
func TestRedact(t *testing.T) {
	t.Parallel()
	var text bytes.Buffer
	log := slog.New(slog.NewJSONHandler(&text, &slog.HandlerOptions{ReplaceAttr: redact}))
	log.Error("Invalid API Key: sk_live_51abc", "cause", errors.New(`Invalid email address: "bills+a@acme.example", rk_test_****9`), "text", "whsec_abc")
	for _, hidden := range []string{"51abc", "acme.example", "bills", "9\\", "whsec"} {
		require.NotContains(t, text.String(), hidden)
	}
	require.Contains(t, text.String(), `Invalid email address: \"[not logged]\"`)
	log.Info("kept", "call", "customer/test/acme/1764489600", "tenant", "acme")
	require.Contains(t, text.String(), "customer/test/acme/1764489600")
}
