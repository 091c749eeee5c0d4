package accessanalyzer

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestOneAnalyzerOfTheAccount(t *testing.T) {
	t.Parallel()
	service := New(awsapitest.Account, awsapitest.Unreachable(t))
	call := func(method, body string) (int, string) {
		w := httptest.NewRecorder()
		service.ServeHTTP(w, httptest.NewRequest(method, "/analyzer", strings.NewReader(body)))
		return w.Code, w.Body.String()
	}
	code, said := call(http.MethodPut, `{"analyzerName": "mine", "type": "ACCOUNT_UNUSED_ACCESS"}`)
	require.Equal(t, http.StatusBadRequest, code, said)
	code, said = call(http.MethodPut, `{"analyzerName": "mine", "type": "ACCOUNT"}`)
	require.Equal(t, http.StatusOK, code, said)
	_, said = call(http.MethodGet, "")
	require.Contains(t, said, `"name":"mine"`)
	code, said = call(http.MethodPut, `{"analyzerName": "another", "type": "ACCOUNT"}`)
	require.Equal(t, http.StatusPaymentRequired, code)
	require.Contains(t, said, "already")
}
