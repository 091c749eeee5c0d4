package temporal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// caller is a pod that runs the worker's program. What matters is its label, by which it may call Temporal or not. It calls an address,
// so that it needs no name server.
const caller = `apiVersion: v1
kind: Pod
metadata: {name: NAME, namespace: tenants, labels: {app.kubernetes.io/name: LABEL}}
spec:
  restartPolicy: Never
  automountServiceAccountToken: false
  containers:
  - name: caller
    image: IMAGE
    env: [{name: TEMPORAL_ADDRESS, value: "SERVICE_IP:7233"}, {name: SECRETS_FOLDER, value: /etc/platform}]
    resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {cpu: 100m, memory: 64Mi}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
`

// reach tries Temporal from a program that lists it among its calls and from one that does not, its databases as a tenant, and its
// service from outside.
func reach(t *testing.T, e environment) {
	address := e.kubectl(t, "get", "service", "temporal", "--namespace", system, "--output", "jsonpath={.spec.clusterIP}")
	assert.Equal(t, "ClusterIP", e.kubectl(t, "get", "service", "temporal", "--namespace", system, "--output", "jsonpath={.spec.type}"), "nothing outside the cluster reaches it")
	image := e.kubectl(t, "get", "deployment", "workflows", "--namespace", tenants, "--output", "jsonpath={.spec.template.spec.containers[0].image}")
	file := filepath.Join(t.TempDir(), "pods.yaml")
	pods := strings.NewReplacer("NAME", "friend", "LABEL", "workflows", "IMAGE", image, "SERVICE_IP", address).Replace(caller) +
		"---\n" + strings.NewReplacer("NAME", "stranger", "LABEL", "stranger", "IMAGE", image, "SERVICE_IP", address).Replace(caller)
	require.NoError(t, os.WriteFile(file, []byte(pods), 0o600))
	e.kubectl(t, "apply", "--filename", file)
	t.Cleanup(func() {
		e.kubectl(t, "delete", "--filename", file, "--grace-period", "0", "--force")
	})
	said := func(pod string) string { return e.kubectl(t, "logs", pod, "--namespace", tenants, "--ignore-errors") }
	eventually(t, "a program that may call it works", func() bool { return strings.Contains(said("friend"), "Started Worker") })
	eventually(t, "a program that may not is refused", func() bool { return strings.Contains(said("stranger"), "Temporal does not answer yet") })

	databases := e.databases(t)
	require.Equal(t, []string{"temporal", "temporal_visibility"}, databases)
	for _, database := range databases {
		config := e.tenantConfig(t, "acme")
		config.Database = database
		_, err := pgx.ConnectConfig(t.Context(), config)
		require.ErrorContains(t, err, "permission denied for database", "a tenant in %s", database)
	}
}

// databases are those of Temporal.
func (e environment) databases(t testing.TB) []string {
	t.Helper()
	connection, err := pgx.ConnectConfig(testcloud.Context(t), observe.Administrator(t, e.Cloud))
	require.NoError(t, err)
	defer func() { _ = connection.Close(testcloud.Context(t)) }()
	rows, err := connection.Query(testcloud.Context(t), `SELECT datname FROM pg_database WHERE datname LIKE 'temporal%' ORDER BY 1`)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return found
}
