package testcloud

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// EdgeDomain is what the host names of tenants end with, and EdgeContact whom they are told to ask.
const (
	EdgeDomain  = "app.localhost"
	EdgeContact = "help@genericcorp.example"
)

// WithEdge writes the repository's settings with the edge switched on, before the reference application, and gives the file.
// passwordVersion counts the passwords of gate's role.
func (c *Cloud) WithEdge(t testing.TB, passwordVersion int) string {
	t.Helper()
	return c.settings(t, func(_, workloads map[string]any) {
		add(t, workloads, `
edge:
  enabled: true
  proxyImage: envoy
  countingImage: ratelimit
  gateImage: gate
  sidecarImage: edgesidecar
  program: api
  domain: `+EdgeDomain+`
  contact: `+EdgeContact+`
  passwordVersion: `+strconv.Itoa(passwordVersion))
		programs, _ := workloads["programs"].([]any)
		api, _ := programs[0].(map[string]any)
		require.Equal(t, "api", api["name"])
		add(t, api, `secrets: [{file: identity-keys.json, source: identity}]`)
		variables, _ := api["variables"].(map[string]any)
		add(t, variables, `{IDENTITY_KEYS_FILE: /var/run/secrets/platform/identity-keys.json, IDENTITY_DOMAIN: `+EdgeDomain+`}`)
	})
}
