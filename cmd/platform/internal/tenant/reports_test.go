package tenant

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	reportapi "github.com/genericcorp/platform/services/report/api"
)

// The report's function is asked as it stands in the environment's outputs; an environment without one says how it gets it.
func TestSendReports(t *testing.T) {
	t.Parallel()
	f, tenants := newFakeEnvironment(t)
	_, err := tenants.SendReports(t.Context(), reportapi.Request{})
	require.EqualError(t, err, "environment prod mails no report: name who gets it in its setting report.addresses, and deploy it")

	f.outputs["reportFunctionName"] = "platform-prod-us-east-1-report"
	f.reports = func(rw http.ResponseWriter, r *http.Request) {
		var asked reportapi.Request
		if json.NewDecoder(r.Body).Decode(&asked) != nil || asked.Day == "2026-11-27" {
			rw.Header().Set("X-Amz-Function-Error", "Unhandled")
			_, _ = rw.Write([]byte(`{"errorMessage": "it was sent"}`))
			return
		}
		_ = json.NewEncoder(rw).Encode(reportapi.Response{Sent: []string{asked.Day}})
	}
	response, err := tenants.SendReports(t.Context(), reportapi.Request{Day: "2026-11-28"})
	require.NoError(t, err)
	require.Equal(t, []string{"2026-11-28"}, response.Sent)
	_, err = tenants.SendReports(t.Context(), reportapi.Request{Day: "2026-11-27"})
	require.EqualError(t, err, "the report's function failed: it was sent")

	f.outputs["reportFunctionName"] = "deleted-by-hand"
	_, err = tenants.SendReports(t.Context(), reportapi.Request{})
	require.EqualError(t, err, "environment prod has no function deleted-by-hand: deploy it, with `platform up --stack prod`")
}
