package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/stripefake"
	"github.com/genericcorp/platform/internal/stripefake/stripefaketest"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/provisionertest"
)

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

const secret = "whsec_0123456789abcdef"

// world is a provisioner on a database, Stripe's stand-in, and billing between them.
type world struct {
	*Service
	stripe   *stripefaketest.Server
	database *provisionertest.Provisioner
	url      string // of the endpoint
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{stripe: stripefaketest.New(t, time.Now().UTC().Truncate(time.Second)), database: provisionertest.New(t)}
	w.Service = &Service{
		Environment: "test", DaysToPay: 14, Terms: dunning.DefaultTerms, StripeURL: w.stripe.URL(), Provisioner: w.database.Do, Now: w.stripe.Now,
		Secret: func(context.Context) (api.Secret, error) {
			return api.Secret{APIKey: "sk_test_1", WebhookSecrets: []string{secret}}, nil
		},
	}
	server := httptest.NewServer(w.Webhook())
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) do(t *testing.T, action api.Action) api.Status {
	t.Helper()
	status, err := w.Do(t.Context(), api.Request{Action: action})
	require.NoError(t, err)
	return status
}

// row is the tenant's in a status of now.
func (w *world) row(t *testing.T) api.Tenant {
	t.Helper()
	all := w.do(t, api.ActionStatus).Tenants
	require.Len(t, all, 1)
	return all[0]
}

func (w *world) invoice() string { return fmt.Sprint(w.stripe.Objects("invoice")[0]["id"]) }

func (w *world) deliver(t *testing.T, kind string) {
	t.Helper()
	status, err := stripefake.Deliver(t.Context(), w.url, secret, w.stripe.Event(kind, w.invoice()))
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, status)
}

// A tenant from its creation over another tier, an invoice that is not paid, limited and suspended, until it has paid; its stack is deployed all
// the while.
func TestLifeOfATenant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database.Deploy(t, "acme", "starter")
	require.Equal(t, "tenant-without-address", w.do(t, api.ActionRun).Findings[0].Kind)
	require.Empty(t, w.stripe.Objects("customer"))
	_, err := w.Provisioner(t.Context(), provisioner.Request{Action: provisioner.ActionBillTo, Tenant: "acme", BillingEmail: "bills@acme.example"})
	require.NoError(t, err)

	due := w.do(t, api.ActionStatus).Due
	require.Len(t, due, 1, "the customer, and what depends on it follows")
	require.Empty(t, w.stripe.Objects("customer"), "a status changes nothing")
	require.Len(t, w.do(t, api.ActionRun).Done, 2)
	require.Empty(t, w.do(t, api.ActionRun).Done, "once")
	require.Equal(t, "bills@acme.example", w.stripe.Objects("customer")[0]["email"])
	row := w.row(t)
	require.Equal(t, "starter", row.SubscriptionTier)
	require.True(t, row.HeldSince.IsZero())
	require.Equal(t, []any{"starter", "9", w.stripe.Objects("customer")[0]["id"], w.stripe.Objects("subscription")[0]["id"], provisioner.StateActive, true},
		[]any{row.Tier, row.PriceUSD.String(), row.Customer, row.Subscription, row.Held, row.OverdueSince.IsZero()})

	w.database.Deploy(t, "acme", "pro")
	require.Equal(t, "starter", w.row(t).SubscriptionTier, "until a run")
	require.Len(t, w.do(t, api.ActionRun).Done, 1)
	require.Equal(t, "pro", w.row(t).SubscriptionTier)
	require.Equal(t, 1, w.stripe.Prorations(row.Subscription))

	w.stripe.Advance(22 * 24 * time.Hour)
	w.deliver(t, "invoice.overdue")
	row = w.row(t)
	require.Equal(t, provisioner.StateLimited, row.Held)
	require.False(t, row.OverdueSince.IsZero())
	require.False(t, row.HeldSince.IsZero())
	w.stripe.Advance(15 * 24 * time.Hour)
	w.do(t, api.ActionRun)
	require.Equal(t, provisioner.StateSuspended, w.row(t).Held, "days pass without an event")
	_, err = w.database.Login(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	require.Equal(t, provisioner.StateSuspended, w.database.Deploy(t, "acme", "pro").Effective(), "a deployment does not let it go")

	w.stripe.Settle(w.invoice(), "paid")
	w.deliver(t, "invoice.paid")
	require.Equal(t, provisioner.StateActive, w.row(t).Held)
	_, err = w.database.Login(t, "acme")
	require.NoError(t, err)
}

// What is away ends a run with an error, the rest of it is done, and the next one goes on.
func TestRunGoesOn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.database.Deploy(t, "acme", "starter")
	w.stripe.Break(func(_, path string) stripefake.Fault {
		if path == "/v1/invoices" {
			return stripefake.BrokenBefore
		}
		return stripefake.None
	})
	status, err := w.Do(t.Context(), api.Request{Action: api.ActionRun})
	require.ErrorContains(t, err, "the run did not finish, and the next one goes on: ask what tenants have not paid")
	require.NotEmpty(t, status.Done, "the catalogue")
	w.stripe.Break(nil)
	w.do(t, api.ActionRun)

	w.Secret = func(context.Context) (api.Secret, error) { return api.Secret{}, errors.New("it has no value") }
	_, err = w.Do(t.Context(), api.Request{Action: api.ActionStatus})
	require.EqualError(t, err, "it has no value")
	w.Secret = func(context.Context) (api.Secret, error) { return api.Secret{APIKey: "sk_live_1"}, nil }
	_, err = w.Do(t.Context(), api.Request{Action: api.ActionRun})
	require.ErrorContains(t, err, "the settings do not say live mode")
}
