package webhook

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/genericcorp/platform/internal/stripefake"
	"github.com/genericcorp/platform/internal/stripefake/stripefaketest"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	"github.com/genericcorp/platform/services/billing/internal/stripeapi"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

const secret = "whsec_test"

func TestMain(m *testing.M) {
	slog.SetDefault(slog.New(slog.NewTextHandler(io.Discard, nil)))
	os.Exit(m.Run())
}

// tenants is a provisioner in memory.
type tenants struct {
	mu    sync.Mutex
	all   map[string]provisioner.Tenant
	holds []provisioner.Request
	fails bool
}

func (p *tenants) do(_ context.Context, r provisioner.Request) (provisioner.Response, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := r.Validate(); err != nil {
		return provisioner.Response{}, err
	}
	tenant, there := p.all[r.Tenant]
	switch {
	case r.Action == provisioner.ActionList:
		return provisioner.Response{Tenants: slices.Collect(maps.Values(p.all))}, nil
	case !there:
		return provisioner.Response{}, &provisioner.Error{Code: provisioner.CodeNoTenant, Message: "no such tenant"}
	case r.Action == provisioner.ActionRecord:
		return provisioner.Response{Tenant: &tenant}, nil
	case p.fails:
		return provisioner.Response{}, errors.New("the database is away")
	}
	p.holds = append(p.holds, r)
	tenant.Holds = nil
	if r.State != provisioner.StateActive {
		tenant.Holds = []provisioner.Held{{By: r.Holder, State: r.State, Why: r.Reason}}
	}
	p.all[r.Tenant] = tenant
	return provisioner.Response{Tenant: &tenant}, nil
}

// world is Stripe with one tenant that pays, a provisioner, and an endpoint.
type world struct {
	stripe   *stripefaketest.Server
	tenants  *tenants
	keeper   *dunning.Keeper
	tenant   dunning.Tenant
	invoice  string
	customer string
	calls    int // of the handler
	url      string
}

var start = time.Date(2026, 11, 2, 8, 30, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{stripe: stripefaketest.New(t, start), tenant: dunning.Tenant{Slug: "acme", Created: api.Created(start)}}
	client, err := stripeapi.New(stripeapi.Settings{Environment: "dev", Key: "sk_test_1", DaysToPay: 14, URL: w.stripe.URL()})
	require.NoError(t, err)
	for _, call := range []plan.Call{
		plan.CreateProduct{ID: "platform_dev_pro", Name: "pro"}, plan.CreatePrice{LookupKey: "platform_dev_pro_usd_4900", Product: "platform_dev_pro", Cents: 4900},
		plan.CreateCustomer{Environment: "dev", Tenant: "acme", Created: w.tenant.Created, Email: "a@example.com"},
	} {
		require.NoError(t, client.Apply(t.Context(), call))
	}
	w.customer = fmt.Sprint(w.stripe.Objects("customer")[0]["id"])
	price := fmt.Sprint(w.stripe.Objects("price")[0]["id"])
	require.NoError(t, client.Apply(t.Context(), plan.CreateSubscription{Environment: "dev", Tenant: "acme", Created: w.tenant.Created, Customer: w.customer, Price: price}))
	w.invoice = fmt.Sprint(w.stripe.Objects("invoice")[0]["id"])
	w.tenants = &tenants{all: map[string]provisioner.Tenant{"acme": {Slug: "acme", Tier: "pro", State: provisioner.StateActive, CreatedAt: start}}}
	w.keeper = &dunning.Keeper{Terms: dunning.DefaultTerms, Provisioner: w.tenants.do, Invoices: client, Now: w.stripe.Now}
	handler := New(only(secret), false, func(ctx context.Context, customer string) error {
		w.calls++
		tenant, own, err := client.TenantOf(ctx, customer)
		if err != nil || !own {
			return err
		}
		return w.keeper.Check(ctx, tenant)
	})
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	w.url = server.URL
	return w
}

func (w *world) deliver(t *testing.T, event []byte, want int) {
	t.Helper()
	status, err := stripefake.Deliver(t.Context(), w.url, secret, event)
	require.NoError(t, err)
	require.Equal(t, want, status)
}

func only(secrets ...string) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) { return secrets, nil }
}

func (w *world) state() provisioner.State {
	return w.tenants.all["acme"].HeldBy(provisioner.HolderBilling)
}

// From the first failure to suspended, and back once it is paid. Duplicates and what comes late change nothing.
func TestFromOverdueToPaid(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	failed := w.stripe.Event("invoice.payment_failed", w.invoice)
	w.deliver(t, failed, http.StatusOK)
	require.Equal(t, provisioner.StateActive, w.state(), "it is not due yet")

	w.stripe.Advance(22 * 24 * time.Hour)
	w.deliver(t, w.stripe.Event("invoice.overdue", w.invoice), http.StatusOK)
	require.Equal(t, provisioner.StateLimited, w.state())
	require.Equal(t, "an invoice is overdue since 2026-11-16", w.tenants.all["acme"].Holds[0].Why)
	w.stripe.Advance(15 * 24 * time.Hour)
	require.NoError(t, w.keeper.CheckAll(t.Context()), "days pass without an event")
	require.Equal(t, provisioner.StateSuspended, w.state())

	w.stripe.Settle(w.invoice, "paid")
	paid := w.stripe.Event("invoice.paid", w.invoice)
	w.deliver(t, paid, http.StatusOK)
	require.Equal(t, provisioner.StateActive, w.state())
	w.deliver(t, w.stripe.Event("invoice.payment_failed", w.invoice), http.StatusOK)
	require.Equal(t, provisioner.StateActive, w.state(), "an old failure comes late")
	calls := w.calls
	w.deliver(t, paid, http.StatusOK)
	w.deliver(t, failed, http.StatusOK)
	require.Equal(t, calls, w.calls, "what comes again is known")
	require.Len(t, w.tenants.holds, 3)
}

// Events in any order, more than once or never, with a provisioner and a Stripe that fail at times: in the end the tenant is as its invoice
// is.
func TestAnyOrder(t *testing.T) {
	t.Parallel()
	for seed := range uint64(10) {
		r, broken := rand.New(rand.NewPCG(seed, 3)), rand.New(rand.NewPCG(seed, 4)) // the second is the server's
		w := newWorld(t)
		w.stripe.Advance(40 * 24 * time.Hour)
		events := [][]byte{w.stripe.Event("invoice.payment_failed", w.invoice), w.stripe.Event("invoice.overdue", w.invoice), w.stripe.Event("charge.failed", w.invoice)}
		paid := r.IntN(2) == 0
		if paid {
			w.stripe.Settle(w.invoice, "paid")
			events = append(events, w.stripe.Event("invoice.paid", w.invoice))
		}
		w.stripe.Break(func(string, string) stripefake.Fault {
			if broken.IntN(5) == 0 {
				return stripefake.BrokenBefore
			}
			return stripefake.None
		})
		for range 12 {
			w.tenants.fails = r.IntN(3) == 0
			_, err := stripefake.Deliver(t.Context(), w.url, secret, events[r.IntN(len(events))])
			require.NoError(t, err)
		}
		w.stripe.Break(nil)
		w.tenants.fails = false
		require.NoError(t, w.keeper.CheckAll(t.Context()))
		want := provisioner.StateSuspended
		if paid {
			want = provisioner.StateActive
		}
		require.Equal(t, want, w.state())
		require.LessOrEqual(t, len(w.tenants.holds), 1, "nothing is done twice")
	}
}

// An event that could not be followed comes again, and is not known then.
func TestFailureIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stripe.Advance(22 * 24 * time.Hour)
	w.tenants.fails = true
	event := w.stripe.Event("invoice.overdue", w.invoice)
	w.deliver(t, event, http.StatusInternalServerError)
	w.tenants.fails = false
	w.deliver(t, event, http.StatusOK)
	require.Equal(t, provisioner.StateLimited, w.state())
}

// Customers of others, and tenants that are gone or have only the name, lead to nothing.
func TestWhomItDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.stripe.Advance(60 * 24 * time.Hour)
	acme := w.tenants.all["acme"]
	acme.CreatedAt = start.Add(time.Hour)
	w.tenants.all["acme"] = acme
	w.deliver(t, w.stripe.Event("invoice.overdue", w.invoice), http.StatusOK)
	require.Empty(t, w.tenants.holds, "another tenant of that name")
	delete(w.tenants.all, "acme")
	w.deliver(t, w.stripe.Event("invoice.overdue", w.invoice), http.StatusOK)
	w.stripe.Objects("customer")[0]["metadata"] = map[string]string{api.MetadataEnvironment: "prod", api.MetadataTenant: "acme", api.MetadataCreated: w.tenant.Created}
	w.deliver(t, w.stripe.Event("invoice.overdue", w.invoice), http.StatusOK)
	require.Empty(t, w.tenants.holds)
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	event := w.stripe.Event("invoice.paid", w.invoice)
	sign := func(body []byte, secret string, age time.Duration) string {
		return webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: body, Secret: secret, Timestamp: time.Now().Add(-age)}).Header
	}
	live := []byte(strings.ReplaceAll(string(event), `"livemode":false`, `"livemode":true`))
	old := []byte(strings.Replace(string(event), stripe.APIVersion, "2024-09-30.acacia", 1))
	large := []byte(`{"object":"event","filler":"` + strings.Repeat("a", mostBytes) + `"}`)
	for name, test := range map[string]struct {
		method, signature string
		body              []byte
		want              int
	}{
		"no signature":      {http.MethodPost, "", event, http.StatusBadRequest},
		"another secret":    {http.MethodPost, sign(event, "whsec_other", 0), event, http.StatusBadRequest},
		"another body":      {http.MethodPost, sign(event, secret, 0), live, http.StatusBadRequest},
		"too old":           {http.MethodPost, sign(event, secret, Tolerance+time.Minute), event, http.StatusBadRequest},
		"live mode":         {http.MethodPost, sign(live, secret, 0), live, http.StatusBadRequest},
		"another version":   {http.MethodPost, sign(old, secret, 0), old, http.StatusBadRequest},
		"not an event":      {http.MethodPost, sign([]byte("{}"), secret, 0), []byte("{}"), http.StatusBadRequest},
		"too large":         {http.MethodPost, sign(large, secret, 0), large, http.StatusRequestEntityTooLarge},
		"another method":    {http.MethodGet, "", nil, http.StatusMethodNotAllowed},
		"an event, as sent": {http.MethodPost, sign(event, secret, 0), event, http.StatusOK},
	} {
		request, err := http.NewRequestWithContext(t.Context(), test.method, w.url, strings.NewReader(string(test.body)))
		require.NoError(t, err)
		request.Header.Set("Stripe-Signature", test.signature)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, test.want, response.StatusCode, name)
	}
	require.Equal(t, 1, w.calls)
}

// While a secret is replaced, both hold.
func TestTwoSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	handler := New(only("whsec_new", secret), false, func(context.Context, string) error { return nil })
	for signed, want := range map[string]int{secret: http.StatusOK, "whsec_new": http.StatusOK, "whsec_older": http.StatusBadRequest} {
		event := w.stripe.Event("invoice.paid", w.invoice)
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader(string(event)))
		request.Header.Set("Stripe-Signature", webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: event, Secret: signed}).Header)
		out := httptest.NewRecorder()
		handler.ServeHTTP(out, request)
		require.Equal(t, want, out.Code, signed)
	}
}

// Without a secret nothing is believed.
func TestNoSecret(t *testing.T) {
	t.Parallel()
	for _, gone := range []func(context.Context) ([]string, error){only(), func(context.Context) ([]string, error) { return nil, errors.New("away") }} {
		handler := New(gone, false, nil)
		out := httptest.NewRecorder()
		request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", strings.NewReader("{}"))
		request.Header.Set("Stripe-Signature", webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: []byte("{}")}).Header)
		handler.ServeHTTP(out, request)
		require.Equal(t, http.StatusServiceUnavailable, out.Code)
	}
}

// More at once than there is room for are sent away, and come again.
func TestBounded(t *testing.T) {
	t.Parallel()
	handler := New(only(secret), false, nil)
	for range mostAtOnce {
		handler.slots <- struct{}{}
	}
	out := httptest.NewRecorder()
	handler.ServeHTTP(out, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	require.Equal(t, http.StatusServiceUnavailable, out.Code)
	require.NotEmpty(t, out.Header().Get("Retry-After"))

	var known seen
	for i := range 3 * mostSeen {
		known.add(fmt.Sprint(i))
		known.add(fmt.Sprint(i))
	}
	require.Len(t, known.ids, mostSeen)
	require.Len(t, known.order, mostSeen)
	require.True(t, known.has(fmt.Sprint(3*mostSeen-1)) && known.has(fmt.Sprint(2*mostSeen)))
	require.False(t, known.has(fmt.Sprint(2*mostSeen-1)))
}
