package temporal

import (
	"encoding/json"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// survives begins a reminder, kills the worker and one of the servers in the middle of it, and finds each of its notes, once.
func survives(t *testing.T, e environment) {
	const id, tenant = "reminder", "acme"
	notes := e.connection(t, tenant)
	made := func() (count, different int) {
		err := notes.QueryRow(t.Context(), `SELECT count(*), count(DISTINCT key) FROM note WHERE key LIKE $1`, id+"/%").Scan(&count, &different)
		if err != nil { // the application makes the table with the first note
			return 0, 0
		}
		return count, different
	}
	servers := e.pods(t, system, "temporal")
	stays := e.forwarded(t, servers[0])
	wish := api.Reminder{Tenant: tenant, Text: "water the plants", Times: 12, EverySeconds: 5}
	input, err := json.Marshal(wish)
	require.NoError(t, err)
	e.temporal(t, stays, "workflow", "start", "--task-queue", api.TaskQueue, "--type", api.WorkflowReminder, "--workflow-id", id, "--input", string(input))
	eventually(t, "two notes", func() bool { count, _ := made(); return count >= 2 })

	killed := e.pods(t, tenants, "workflows")[0]
	e.kubectl(t, "delete", "pod", killed, "--namespace", tenants, "--grace-period", "0", "--force")
	e.kubectl(t, "delete", "pod", servers[1], "--namespace", system, "--grace-period", "0", "--force")
	before, _ := made()
	require.Less(t, before, wish.Times, "it was over before anything was killed")
	eventually(t, "the workflow has ended", func() bool {
		return status(t, e.temporal(t, stays, "workflow", "describe", "--workflow-id", id, "--output", "json")) == "WORKFLOW_EXECUTION_STATUS_COMPLETED"
	})
	count, different := made()
	assert.Equal(t, []int{wish.Times, wish.Times}, []int{count, different}, "each note, once")
	history := e.temporal(t, stays, "workflow", "show", "--workflow-id", id, "--output", "json")
	assert.Contains(t, history, "@"+killed+"@", "the worker that was killed had begun it")
	assert.Contains(t, history, "@"+e.pods(t, tenants, "workflows")[0]+"@", "another one has gone on")
	eventually(t, "two servers again", func() bool {
		return e.kubectl(t, "get", "deployment", "temporal", "--namespace", system, "--output", "jsonpath={.status.readyReplicas}") == "2"
	})
}

func status(t testing.TB, description string) string {
	t.Helper()
	var found struct {
		Info struct{ Status string } `json:"workflowExecutionInfo"`
	}
	require.NoError(t, json.Unmarshal([]byte(description), &found), description)
	return found.Info.Status
}

// connection is to a tenant's schema, as the tenant.
func (e environment) connection(t *testing.T, tenant string) *pgx.Conn {
	t.Helper()
	config := e.tenantConfig(t, tenant)
	connection, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close(testcloud.Context(t)) })
	return connection
}

func (e environment) tenantConfig(t *testing.T, tenant string) *pgx.ConnConfig {
	t.Helper()
	var shown struct {
		Tenant struct {
			SecretARN string `json:"secretArn"`
		} `json:"tenant"`
	}
	e.Platform(t, &shown, "tenant", "show", tenant)
	url, _ := observe.Secret(t, e.Cloud, shown.Tenant.SecretARN)["libpqUrl"].(string)
	config, err := pgx.ParseConfig(url + "&sslrootcert=" + e.Postgres.CAFile)
	require.NoError(t, err)
	return config
}
