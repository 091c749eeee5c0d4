package sts

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

func TestTheCloudsOwnCredentialsAreARolesSession(t *testing.T) {
	t.Parallel()
	for emulated, want := range map[string]string{
		"arn:aws:sts::123456789012:user/moto":                          "arn:aws:sts::123456789012:assumed-role/platform-administrator/local",
		"arn:aws:sts::123456789012:assumed-role/platform-deployer/run": "arn:aws:sts::123456789012:assumed-role/platform-deployer/run",
		"arn:aws:iam::123456789012:user/somebody":                      "arn:aws:iam::123456789012:user/somebody",
	} {
		emulator := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Arn>`+emulated+`</Arn><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		})
		response := httptest.NewRecorder()
		New(awsapitest.Account, emulator).ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/?Action=GetCallerIdentity", http.NoBody))
		require.Contains(t, response.Body.String(), "<Arn>"+want+"</Arn><Account>123456789012</Account>")
	}
}
