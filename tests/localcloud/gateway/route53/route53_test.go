package route53_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/route53"
)

func TestIDsOfZones(t *testing.T) {
	t.Parallel()
	var asked []string
	emulator := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.RequestURI())
		_, _ = io.WriteString(w, "<R><HostedZone><Id>/hostedzone/0ABC</Id></HostedZone><ChangeInfo><Id>/change/0ABC</Id></ChangeInfo></R>")
	})
	for _, path := range []string{"/2013-04-01/hostedzone", "/2013-04-01/hostedzone/Z0ABC/rrset?type=A", "/2013-04-01/tags/hostedzone/Z0ABC"} {
		w := httptest.NewRecorder()
		route53.New(emulator).ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		require.Equal(t, "<R><HostedZone><Id>/hostedzone/Z0ABC</Id></HostedZone><ChangeInfo><Id>/change/0ABC</Id></ChangeInfo></R>", w.Body.String())
	}
	require.Equal(t, []string{"/2013-04-01/hostedzone", "/2013-04-01/hostedzone/0ABC/rrset?type=A", "/2013-04-01/tags/hostedzone/0ABC"}, asked)
}
