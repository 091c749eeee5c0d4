package organizations

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestMemberOfAnOrganisation(t *testing.T) {
	t.Parallel()
	s := New(awsapitest.Unreachable(t))
	describe := func() (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
		r.Header.Set("X-Amz-Target", "AWSOrganizationsV20161128.DescribeOrganization")
		r.Header.Set("Content-Type", "application/x-amz-json-1.1")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	join := func(method, body string) int {
		w := httptest.NewRecorder()
		s.Join(w, httptest.NewRequest(method, Path, strings.NewReader(body)))
		return w.Code
	}
	code, body := describe()
	require.Equal(t, http.StatusBadRequest, code)
	require.Contains(t, body, "AWSOrganizationsNotInUseException")
	require.Equal(t, http.StatusOK, join(http.MethodPut, `{"payer": "999999999999"}`))
	code, body = describe()
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, body, `"MasterAccountId":"999999999999"`)
	for _, wrong := range []string{`{"payer": "9"}`, `nothing`} {
		require.Equal(t, http.StatusBadRequest, join(http.MethodPut, wrong))
	}
	require.Equal(t, http.StatusBadRequest, join(http.MethodGet, `{"payer": ""}`))
	require.Equal(t, "999999999999", s.Payer())
}
