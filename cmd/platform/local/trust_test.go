package local

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

func TestTrustText(t *testing.T) {
	t.Parallel()
	have := localcloud.Listeners{CAFile: "/tmp/my cloud/ca.crt", Listeners: []localcloud.Listener{{Name: "*.app.genericcorp.example", Address: "127.0.0.1:45123"}}}
	text := trustText(have)
	require.Contains(t, text, "https://*.app.genericcorp.example is at 127.0.0.1:45123\n")
	require.Contains(t, text, "curl --cacert '/tmp/my cloud/ca.crt' --connect-to acme.app.genericcorp.example:8443:127.0.0.1:45123 https://acme.app.genericcorp.example:8443/\n")
	require.Contains(t, text, "sudo cp '/tmp/my cloud/ca.crt' /usr/local/share/ca-certificates/genericcorp-local.crt && sudo update-ca-certificates\n")
	require.NotContains(t, text, "no load balancer")

	have.Listeners = nil
	text = trustText(have)
	require.Contains(t, text, "no load balancer listens: the settings `domain` and `edge` make one\n")
	require.NotContains(t, text, "curl")
}
