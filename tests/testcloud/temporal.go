package testcloud

import (
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// temporalPrograms is what the settings gain with Temporal: the server, and the reference application's worker for its workflows.
const temporalPrograms = `
temporal: {enabled: true, serverImage: temporal-server, adminToolsImage: temporal-admin-tools, namespaceImage: temporalnamespace}
programs:
  - name: workflows
    image: sample-workflows
    health: {port: 8080, live: /livez}
    scale: {min: 1}
    variables: {TEMPORAL_ADDRESS: "temporal.platform-system.svc.cluster.local:7233", CACHE_CA_FILE: /etc/platform/rds-ca.pem}
    calls: [database, cache, temporal]
    secrets: [{file: cache.json, source: cache}]
    tenantSecrets: true
`

// WithTemporal writes the repository's settings with Temporal switched on, and gives the file.
func (c *Cloud) WithTemporal(t testing.TB) string {
	t.Helper()
	return c.settings(t, func(settings, workloads map[string]any) {
		provisioner, _ := settings["provisioner"].(map[string]any)
		require.NotEmpty(t, provisioner)
		provisioner["schemaCeiling"] = 50 // the server's connections are not enough for as many tenants beside Temporal's
		add(t, workloads, temporalPrograms)
	})
}

// TemporalCommand is the path of Temporal's own command.
func TemporalCommand(t testing.TB) string {
	t.Helper()
	text, err := exec.CommandContext(Context(t), LocalCloud(t), "tools", "--temporal").Output() //nolint:gosec // our own program
	require.NoError(t, err)
	var paths map[string]string
	require.NoError(t, json.Unmarshal(text, &paths))
	require.NotEmpty(t, paths["temporal"])
	return paths["temporal"]
}
