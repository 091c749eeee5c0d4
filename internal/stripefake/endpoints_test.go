package stripefake_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/stripe/stripe-go/v85/webhook"

	"github.com/genericcorp/platform/internal/localcloud"
	"github.com/genericcorp/platform/internal/stripefake/stripefaketest"
)

// world is the stand-in with an invoice, and an endpoint of it that answers what the test says.
type world struct {
	*stripefaketest.Server

	invoice string
	secret  string
	url     string // of the endpoint

	mu     sync.Mutex
	status int
	got    []string // the kinds of events
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{Server: stripefaketest.New(t, time.Date(2026, 11, 2, 8, 30, 0, 0, time.UTC)), status: http.StatusOK}
	receiver := httptest.NewServer(w)
	t.Cleanup(receiver.Close)
	w.url = receiver.URL
	w.must(t, "products", url.Values{"id": {"pro"}})
	price := w.must(t, "prices", url.Values{"product": {"pro"}, "unit_amount": {"4900"}, "currency": {"usd"}, "recurring[interval]": {"month"}})
	customer := w.must(t, "customers", url.Values{"email": {"a@example.com"}, "metadata[platform_tenant]": {"acme"}})
	w.must(t, "subscriptions", url.Values{"customer": {fmt.Sprint(customer["id"])}, "items[0][price]": {fmt.Sprint(price["id"])}, "days_until_due": {"14"}, "collection_method": {"send_invoice"}})
	w.invoice, _ = w.Objects("invoice")[0]["id"].(string)
	endpoint := w.must(t, "webhook_endpoints", url.Values{"url": {w.url}, "enabled_events[0]": {"invoice.paid"}, "enabled_events[1]": {"invoice.overdue"}, "enabled_events[2]": {"invoice.payment_failed"}})
	w.secret, _ = endpoint["secret"].(string)
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	return w
}

// ServeHTTP takes events that are signed with the endpoint's secret.
func (w *world) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	event, err := webhook.ConstructEvent(body, r.Header.Get("Stripe-Signature"), w.secret)
	if err != nil {
		out.WriteHeader(http.StatusBadRequest)
		return
	}
	w.got = append(w.got, string(event.Type))
	out.WriteHeader(w.status)
}

func (w *world) answer(status int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status = status
}

func (w *world) ask(t *testing.T, method, path string, form url.Values) (int, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, w.URL()+"/v1/"+path, strings.NewReader(form.Encode()))
	require.NoError(t, err)
	r.Header.Set("Authorization", "Bearer rk_test_1")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer response.Body.Close()
	var out map[string]any
	require.NoError(t, json.NewDecoder(response.Body).Decode(&out))
	return response.StatusCode, out
}

func (w *world) must(t *testing.T, path string, form url.Values) map[string]any {
	t.Helper()
	status, out := w.ask(t, http.MethodPost, path, form)
	require.Equal(t, http.StatusOK, status, out)
	return out
}

// control does what people do around Stripe, and shows what there is then.
func (w *world) control(t *testing.T, method, path string) (shown localcloud.Stripe, status int) {
	t.Helper()
	out := httptest.NewRecorder()
	w.Control().ServeHTTP(out, httptest.NewRequest(method, path, http.NoBody))
	if out.Code == http.StatusOK {
		require.NoError(t, json.Unmarshal(out.Body.Bytes(), &shown))
	}
	return shown, out.Code
}

// settled waits until no delivery waits.
func (w *world) settled(t *testing.T) (deliveries []localcloud.StripeDelivery) {
	t.Helper()
	require.Eventually(t, func() bool {
		shown, _ := w.control(t, http.MethodGet, "/")
		deliveries = shown.Deliveries
		return !slices.ContainsFunc(deliveries, func(d localcloud.StripeDelivery) bool { return d.State == "waiting" })
	}, 10*time.Second, time.Millisecond)
	return deliveries
}

// What happens to an invoice is told the endpoint that wants to know it, signed, until it has taken it.
func TestEvents(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Pause(time.Millisecond, time.Millisecond)
	shown, status := w.control(t, http.MethodPost, "/invoices/"+w.invoice+"?happens=overdue&days=8")
	require.Equal(t, http.StatusOK, status)
	require.Equal(t, localcloud.StripeInvoice{ID: w.invoice, Tenant: "acme", Cents: 4900, Due: w.Now().AddDate(0, 0, -8), Status: "open"}, shown.Invoices[0])
	delivery := w.settled(t)[0]
	require.Equal(t, []any{"invoice.overdue", "delivered", "200", 1}, []any{delivery.Kind, delivery.State, delivery.Answer, delivery.Attempts})

	w.answer(http.StatusServiceUnavailable)
	require.NoError(t, w.Happen(w.invoice, "failed", 0))
	delivery = w.settled(t)[1]
	require.Equal(t, []any{"given up", "503", 3}, []any{delivery.State, delivery.Answer, delivery.Attempts})

	require.NoError(t, w.Happen(w.invoice, "uncollectible", 0))
	require.Len(t, w.settled(t), 2, "the endpoint does not want to know that")
	for request, want := range map[string]string{"none?happens=paid": "expected the ID", w.invoice + "?happens=lost": "expected one of", w.invoice + "?happens=overdue": "days: got 0",
		w.invoice + "?happens=paid&days=1": "days: got 1", w.invoice + "?happens=overdue&days=x": "invalid syntax"} {
		out := httptest.NewRecorder()
		w.Control().ServeHTTP(out, httptest.NewRequest(http.MethodPost, "/invoices/"+request, http.NoBody))
		assert.Equal(t, http.StatusBadRequest, out.Code, request)
		assert.Contains(t, out.Body.String(), want, request)
	}
	require.NoError(t, w.Happen(w.invoice, "paid", 0))
	require.ErrorContains(t, w.Happen(w.invoice, "void", 0), "it is paid")
}

// Events that were held come in another order, and an endpoint that is gone is told nothing.
func TestOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.control(t, http.MethodPost, "/hold")
	require.NoError(t, w.Happen(w.invoice, "overdue", 8))
	require.NoError(t, w.Happen(w.invoice, "paid", 0))
	shown, _ := w.control(t, http.MethodGet, "/")
	require.True(t, shown.Held)
	require.Zero(t, shown.Deliveries[0].Attempts)
	w.control(t, http.MethodPost, "/release")
	w.settled(t)
	require.Equal(t, []string{"invoice.paid", "invoice.overdue"}, w.got)
}

// What is to have happened before is made with the clock set back.
func TestClock(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	began := w.Now()
	for query, want := range map[string]int{"?hours=3": http.StatusOK, "?hours=-1": http.StatusBadRequest, "": http.StatusBadRequest} {
		_, status := w.control(t, http.MethodPost, "/clock"+query)
		require.Equal(t, want, status, query)
	}
	require.Equal(t, began.Add(-3*time.Hour), w.Now())
	w.control(t, http.MethodPost, "/clock?hours=0")
	require.Equal(t, began, w.Now())
}

// The secret of an endpoint is told once.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	status, _ := w.ask(t, http.MethodPost, "webhook_endpoints", url.Values{"url": {"nowhere"}, "enabled_events[0]": {"*"}})
	require.Equal(t, http.StatusBadRequest, status)
	status, _ = w.ask(t, http.MethodPost, "webhook_endpoints", url.Values{"url": {w.url}})
	require.Equal(t, http.StatusBadRequest, status)
	_, listed := w.ask(t, http.MethodGet, "webhook_endpoints?limit=10", nil)
	text, err := json.Marshal(listed)
	require.NoError(t, err)
	require.Contains(t, string(text), w.url)
	require.NotContains(t, string(text), w.secret)
	id, _ := w.Objects("webhook_endpoint")[0]["id"].(string)
	status, _ = w.ask(t, http.MethodDelete, "webhook_endpoints/"+id, nil)
	require.Equal(t, http.StatusOK, status)
	require.NoError(t, w.Happen(w.invoice, "paid", 0))
	require.Empty(t, w.settled(t))
}
