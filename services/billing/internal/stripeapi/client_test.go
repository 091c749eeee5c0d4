package stripeapi

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/stripefake"
	"github.com/genericcorp/platform/internal/stripefake/stripefaketest"
	"github.com/genericcorp/platform/services/billing/internal/plan"
)

// Real money takes a live key and the switch; either alone is refused, and no message has the key.
func TestModes(t *testing.T) {
	t.Parallel()
	for key, test := range map[string]struct{ wantTest, wantLive string }{
		"sk_test_abc": {"", "got one of test mode"},
		"rk_test_abc": {"", "got one of test mode"},
		"sk_live_abc": {"got one of live mode", ""},
		"rk_live_abc": {"got one of live mode", ""},
		"pk_test_abc": {"expected sk_test_", "expected sk_test_"},
		"":            {"expected sk_test_", "expected sk_test_"},
		"x_sk_live_a": {"expected sk_test_", "expected sk_test_"},
	} {
		for live, want := range map[bool]string{false: test.wantTest, true: test.wantLive} {
			_, err := New(Settings{Environment: "dev", Key: key, Live: live, DaysToPay: 14})
			if want == "" {
				require.NoError(t, err, key)
				continue
			}
			require.ErrorContains(t, err, want, key)
			require.NotContains(t, err.Error(), "abc")
		}
	}
}

func TestSettings(t *testing.T) {
	t.Parallel()
	_, err := New(Settings{Environment: "dev", Key: "sk_test_1"})
	require.ErrorContains(t, err, "days to pay: got 0, expected 1 to 90")
	_, err = New(Settings{Key: "sk_test_1", DaysToPay: 14})
	require.ErrorContains(t, err, "environment: got none")
}

func connect(t *testing.T) (*stripefaketest.Server, *Client) {
	t.Helper()
	server := stripefaketest.New(t, time.Date(2026, 11, 2, 8, 30, 0, 0, time.UTC))
	client, err := New(Settings{Environment: "dev", Key: "sk_test_1", DaysToPay: 14, URL: server.URL()})
	require.NoError(t, err)
	return server, client
}

// The same key with other parameters is refused, and makes nothing.
func TestSameKeyWithOtherParameters(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	call := plan.CreateCustomer{Environment: "dev", Tenant: "acme", Created: "1", Email: "a@example.com"}
	require.NoError(t, client.Apply(t.Context(), call))
	require.NoError(t, client.Apply(t.Context(), call))
	call.Email = "b@example.com"
	err := client.Apply(t.Context(), call)
	require.ErrorContains(t, err, "same parameters")
	require.True(t, Refused(err))
	require.Len(t, server.Objects("customer"), 1)
}

// What is about the moment is not held against the request.
func TestRefused(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	for fault, want := range map[stripefake.Fault]bool{stripefake.RateLimited: false, stripefake.KeyInUse: false, stripefake.Lost: false, stripefake.BrokenBefore: false} {
		server.Break(func(string, string) stripefake.Fault { return fault })
		err := client.Apply(t.Context(), plan.CreateMeter{EventName: "platform_dev_requests"})
		require.Error(t, err)
		require.Equal(t, want, Refused(err), "fault %d: %v", fault, err)
	}
	server.Break(nil)
	err := client.Apply(t.Context(), plan.ChangePrice{Subscription: "sub_1", Item: "si_1", Price: "price_1"})
	require.True(t, Refused(err), "%v", err)
}

// Usage that is told twice is told; usage that is too old is not.
func TestReportUsage(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	require.NoError(t, client.Apply(t.Context(), plan.CreateCustomer{Environment: "dev", Tenant: "acme", Created: "1", Email: "a@example.com"}))
	customers, err := client.Customers(t.Context())
	require.NoError(t, err)
	event := plan.ReportUsage{EventName: "platform_dev_requests", Customer: customers[0].ID, Identifier: "a", Value: 5, At: server.Now().Add(-3 * time.Hour)}
	require.NoError(t, client.Apply(t.Context(), event))
	event.At, event.Value = event.At.Add(time.Second), 6 // another key, and the same identifier
	require.NoError(t, client.Apply(t.Context(), event))
	hour := event.At.Truncate(time.Hour).Unix()
	require.Equal(t, map[int64]int64{hour: 5}, server.Used(event.EventName, event.Customer))
	server.Advance(25 * time.Hour) // the identifier is forgotten: the hour's last event counts, and nothing is added up
	require.NoError(t, client.Apply(t.Context(), event))
	require.Equal(t, map[int64]int64{hour: 6}, server.Used(event.EventName, event.Customer))
	event.At, event.Identifier = server.Now().AddDate(0, 0, -36), "b"
	require.ErrorContains(t, client.Apply(t.Context(), event), "35 calendar days")
}

// A meter that adds up events would bill an hour twice that is told twice.
func TestMeterThatAddsUp(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	require.NoError(t, client.Apply(t.Context(), plan.CreateMeter{EventName: "platform_dev_requests"}))
	server.Objects("billing.meter")[0]["event_time_window"] = nil
	_, err := client.Read(t.Context(), server.Now().Truncate(time.Hour), server.Now().Truncate(time.Hour))
	require.ErrorContains(t, err, `event_time_window: got "", expected hour`)
}

// An object of live mode is not believed in test mode.
func TestOtherMode(t *testing.T) {
	t.Parallel()
	server, client := connect(t)
	require.NoError(t, client.Apply(t.Context(), plan.CreateProduct{ID: "platform_dev_pro", Name: "pro"}))
	server.Objects("product")[0]["livemode"] = true
	_, err := client.Read(t.Context(), server.Now().Truncate(time.Hour), server.Now().Truncate(time.Hour))
	require.ErrorContains(t, err, "product platform_dev_pro: got livemode true, expected false")
}
