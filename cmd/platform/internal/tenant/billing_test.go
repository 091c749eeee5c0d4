package tenant

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	billing "github.com/genericcorp/platform/services/billing/api"
)

// Billing is asked by its own function, which only some environments have, and its errors lead to their page.
func TestBilling(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	_, err := tenants.Billing(t.Context(), billing.ActionStatus)
	require.ErrorContains(t, err, "environment prod has no billing: its settings have no billing.mode")

	var asked []string
	failed := false
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, r.URL.Path+" "+string(body))
		if failed {
			rw.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = rw.Write([]byte(`{"errorMessage":"the secret has no value","errorType":"errorString"}`))
			return
		}
		_, _ = rw.Write([]byte(`{"at":"2026-11-30T10:00:00Z","live":false,"tenants":[{"slug":"acme","held":"limited"}],"findings":[]}`))
	}))
	t.Cleanup(server.Close)
	f.endpoint, f.outputs["billingFunctionName"] = server.URL, "platform-prod-us-east-1-billing"
	told, err := tenants.Billing(t.Context(), billing.ActionStatus)
	require.NoError(t, err)
	require.Equal(t, "prod", told.Environment)
	require.Equal(t, "acme", told.Tenants[0].Slug)
	failed = true
	_, err = tenants.Billing(t.Context(), billing.ActionRun)
	require.EqualError(t, err, "billing could not run: the secret has no value")
	require.Equal(t, []string{
		`/2015-03-31/functions/platform-prod-us-east-1-billing/invocations {"action":"status"}`, `/2015-03-31/functions/platform-prod-us-east-1-billing/invocations {"action":"run"}`,
	}, asked)
}
