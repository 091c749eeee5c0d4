package explorer

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

var first = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// page is an answer of Cost Explorer with one charge.
func page(day, service, amount, unit, next string) string {
	return fmt.Sprintf(`{"ResultsByTime": [{"TimePeriod": {"Start": %q, "End": "x"}, "Total": {}, "Estimated": true, "Groups": [
		{"Keys": [%q, "Usage"], "Metrics": {"UnblendedCost": {"Amount": %q, "Unit": %q}}}]}], "NextPageToken": %q}`, day, service, amount, unit, next)
}

// read asks a Cost Explorer that gives these answers, one after another, and tells what it was asked.
func read(t *testing.T, status int, answers ...string) (billed.Bill, []map[string]any, error) {
	t.Helper()
	var asked []map[string]any
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var in map[string]any
		if json.NewDecoder(r.Body).Decode(&in) != nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".GetCostAndUsage") || !strings.Contains(r.Header.Get("Authorization"), "/us-east-1/ce/") {
			status = http.StatusTeapot
		}
		asked = append(asked, in)
		w.WriteHeader(status)
		_, _ = w.Write([]byte(answers[min(len(asked), len(answers))-1]))
	}))
	t.Cleanup(server.Close)
	bill, err := Bill(t.Context(), aws.Config{Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")},
		pricesheet.Span{From: first, To: first.AddDate(0, 0, 2)})
	return bill, asked, err
}

// It asks once for all days, by service and usage, and goes on where there are more pages.
func TestBill(t *testing.T) {
	t.Parallel()
	bill, asked, err := read(t, http.StatusOK, page("2026-11-01", "AWS Lambda", "0.0000012345", "USD", "more"), page("2026-11-02", "Tax", "-3", "USD", ""))
	require.NoError(t, err)
	require.True(t, bill.Open)
	require.Equal(t, []billed.Charge{
		{Day: first, Service: "AWS Lambda", Usage: "Usage", USD: decimal.RequireFromString("0.0000012345")}, {Day: first.AddDate(0, 0, 1), Service: "Tax", Usage: "Usage", USD: decimal.NewFromInt(-3)},
	}, bill.Charges)
	require.Len(t, asked, 2)
	require.Equal(t, map[string]any{"Start": "2026-11-01", "End": "2026-11-03"}, asked[0]["TimePeriod"])
	require.Equal(t, "DAILY", asked[0]["Granularity"])
	require.Equal(t, "more", asked[1]["NextPageToken"])
	require.Contains(t, fmt.Sprint(asked[0]["Filter"]), "RECORD_TYPE Values:[Credit Refund]")
}

// What is refused, endless or odd is an error after as few requests as can be, and an answer without charges is a bill without any.
func TestNoBill(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		status   int
		answer   string
		requests int
		want     string
	}{
		{http.StatusBadRequest, `{"__type": "AccessDeniedException", "message": "not for you"}`, 1, "ask Cost Explorer: AccessDeniedException: not for you"},
		{http.StatusServiceUnavailable, `{}`, 1, "ask Cost Explorer"},
		{http.StatusOK, page("2026-11-01", "Tax", "1", "USD", "more"), mostPages, "got more than 4 pages"},
		{http.StatusOK, page("2026-11-01", "Tax", "1", "EUR", ""), 1, `in "EUR", expected a service`},
		{http.StatusOK, page("2026-11-01", "Tax", "much", "USD", ""), 1, `Tax: got "much", expected an amount`},
		{http.StatusOK, page("yesterday", "Tax", "1", "USD", ""), 1, "yesterday"},
	} {
		_, asked, err := read(t, test.status, test.answer)
		require.ErrorContains(t, err, test.want)
		require.Len(t, asked, test.requests, test.want)
	}
	for _, empty := range []string{`{}`, `{"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-01"}, "Groups": []}]}`, page("2026-11-01", "Tax", "0", "USD", "")} {
		bill, _, err := read(t, http.StatusOK, empty)
		require.NoError(t, err)
		require.Empty(t, bill.Charges)
	}
}
