package cost

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// A day counts once two days are over since, also where more was asked about.
func TestBilledSpan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 7, 0, 0, 0, time.UTC)
	for period, want := range map[cmdutil.Period]string{
		{}:                  "2026-11-01 2026-11-27",
		{Month: "2026-11"}:  "2026-11-01 2026-11-27",
		{Month: "2026-10"}:  "2026-10-01 2026-11-01",
		{Day: "2026-11-26"}: "2026-11-26 2026-11-27",
		{Day: "2026-11-27"}: "got 2026-11-27, expected a time before 2026-11-27",
		{Day: "soon"}:       `--day: got "soon"`,
	} {
		span, err := (&options{period: period}).billedSpan(now)
		if err != nil {
			require.ErrorContains(t, err, want)
			continue
		}
		require.Equal(t, want, span.From.Format(time.DateOnly)+" "+span.To.Format(time.DateOnly), period)
	}
}

// From the answers of the provisioner and of Cost Explorer to the table. AWS is asked last, and for nothing where there are no prices.
func TestAgainstBill(t *testing.T) {
	t.Parallel()
	first := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	sheet := pricesheet.Sheet{Environment: "prod", Computed: first}
	sheet.Groups[allocation.Cache] = decimal.NewFromInt(730)
	sheet.Terms.Charges = sheet.Total()
	response, requests := api.Response{}, []string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.Header.Get("X-Amz-Target"), "GetCostAndUsage") {
			requests = append(requests, "bill")
			_, _ = io.WriteString(w, `{"ResultsByTime": [{"TimePeriod": {"Start": "2026-11-02"}, "Estimated": true, "Groups": [
				{"Keys": ["Amazon ElastiCache", "x"], "Metrics": {"UnblendedCost": {"Amount": "23.999", "Unit": "USD"}}},
				{"Keys": ["Amazon Kendra", "y"], "Metrics": {"UnblendedCost": {"Amount": "1.5", "Unit": "USD"}}}]}]}`)
			return
		}
		var request api.Request
		_ = json.NewDecoder(r.Body).Decode(&request)
		requests = append(requests, string(request.Action))
		_ = json.NewEncoder(w).Encode(response)
	}))
	t.Cleanup(server.Close)
	tenants := &tenant.Tenants{Environment: fakeEnvironment{endpoint: server.URL}}
	span := pricesheet.Span{From: first, To: first.AddDate(0, 0, 3)}
	_, err := reportapi.Billed(t.Context(), tenants.Ask, tenants.Bill, span)
	require.ErrorIs(t, err, billed.ErrNoPrices)
	require.NotContains(t, requests, "bill")

	response.Held = []pricesheet.Sheet{sheet}
	b, err := reportapi.Billed(t.Context(), tenants.Ask, tenants.Bill, span)
	require.NoError(t, err)
	require.Equal(t, []string{"prices", "list", "prices", "list", "bill"}, requests)
	answer := billAnswer{Environment: "prod", From: span.From, To: span.To}
	answer.add(b.Days, b.Open)
	require.Equal(t, `DAY         DATABASE  STORAGE  COMPUTE  CACHE  NETWORK  PLATFORM  SUPPORT, TAX  NOT ESTIMATED  DIFFERENCE  ESTIMATE   BILL
2026-11-02      0.00     0.00     0.00   0.00     0.00      0.00          0.00          +1.50       +1.50     24.00  25.50
whole           0.00     0.00     0.00   0.00     0.00      0.00          0.00          +1.50       +1.50     24.00  25.50
(prod, 2026-11-01 to 2026-11-03, UTC, by how many US dollars AWS charged more than was estimated. Credits and refunds are left out; support and tax come once a month. AWS may still change it.)
not estimated: Amazon Kendra, USD 1.50`, answer.text())
}
