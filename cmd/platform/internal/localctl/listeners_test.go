package localctl_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/internal/localcloud"
)

func TestListeners(t *testing.T) {
	t.Parallel()
	answer := `{"caFile": "/c/ca.crt", "listeners": [{"name": "*.app.example", "address": "127.0.0.1:8443"}]}`
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != localcloud.ListenersPath {
			w.WriteHeader(http.StatusNotFound)
		}
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	got, err := localctl.Listeners(t.Context(), localcloud.State{AWSEndpoint: server.URL})
	require.NoError(t, err)
	require.Equal(t, localcloud.Listeners{CAFile: "/c/ca.crt", Listeners: []localcloud.Listener{{Name: "*.app.example", Address: "127.0.0.1:8443"}}}, got)

	answer = "<html>"
	_, err = localctl.Listeners(t.Context(), localcloud.State{AWSEndpoint: server.URL})
	require.ErrorContains(t, err, "read the load balancers of the local cloud")
	_, err = localctl.Listeners(t.Context(), localcloud.State{AWSEndpoint: server.URL + "/elsewhere"})
	require.ErrorContains(t, err, "it responds with 404")
}
