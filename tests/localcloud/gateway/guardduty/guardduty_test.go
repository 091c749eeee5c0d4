package guardduty

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestOneDetectorWithAllPlansUnlessTold(t *testing.T) {
	t.Parallel()
	service := New(awsapitest.Unreachable(t))
	call := func(method, path, body string) (int, string) {
		w := httptest.NewRecorder()
		service.ServeHTTP(w, httptest.NewRequest(method, path, strings.NewReader(body)))
		text, err := io.ReadAll(w.Body)
		require.NoError(t, err)
		return w.Code, string(text)
	}
	_, none := call(http.MethodGet, "/detector", "")
	require.JSONEq(t, `{"detectorIds": []}`, none)
	code, made := call(http.MethodPost, "/detector", `{"enable": true, "features": [{"name": "S3_DATA_EVENTS", "status": "DISABLED"}]}`)
	require.Equal(t, http.StatusOK, code)
	id := strings.Split(made, `"`)[3]
	_, shown := call(http.MethodGet, "/detector/"+id, "")
	require.Contains(t, shown, `{"name":"S3_DATA_EVENTS","status":"DISABLED"}`)
	require.Contains(t, shown, `{"name":"LAMBDA_NETWORK_LOGS","status":"ENABLED"}`)
	require.Contains(t, shown, `"status":"ENABLED","tags"`)

	code, refused := call(http.MethodPost, "/detector", `{"enable": true}`)
	require.Equal(t, http.StatusBadRequest, code)
	require.Contains(t, refused, "a detector already exists for the current account")
	code, _ = call(http.MethodPost, "/detector/"+id, `{"enable": false}`)
	require.Equal(t, http.StatusOK, code)
	_, shown = call(http.MethodGet, "/detector/"+id, "")
	require.Contains(t, shown, `"status":"DISABLED","tags"`)
	code, _ = call(http.MethodGet, "/detector/another", "")
	require.Equal(t, http.StatusBadRequest, code)
}
