package workloads

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/sample/api"
	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// kubectl asks the cluster, which must answer.
func (e environment) kubectl(t testing.TB, args ...string) string {
	t.Helper()
	result := e.Run(t, e.Repository, nil, "kubectl", args...)
	require.Zero(t, result.Code, "kubectl %v: %s%s", args, result.Stdout, result.Stderr)
	return strings.TrimSpace(result.Stdout)
}

// ready is how many pods of a program work, of how many.
func (e environment) ready(t testing.TB, namespace, name string) string {
	t.Helper()
	return e.kubectl(t, "get", "deployment", name, "--namespace", namespace, "--output", "jsonpath={.status.readyReplicas}/{.spec.replicas}")
}

// pods are the names of a program's pods, of whatever version.
func (e environment) pods(t testing.TB, namespace, name string) []string {
	t.Helper()
	return strings.Fields(e.kubectl(t, "get", "pods", "--namespace", namespace, "--selector", "app.kubernetes.io/name="+name, "--output", "jsonpath={.items[*].metadata.name}"))
}

// eventually waits until a question has the answer.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	began := time.Now()
	require.Eventually(t, condition, patience, 500*time.Millisecond, what)
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

// ask asks the application as whoever stands before it would.
func ask(ctx context.Context, method, url, tenant, key, body string) (status int, text string, err error) {
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(api.HeaderTenant, tenant)
	request.Header.Set(api.HeaderIdempotencyKey, key)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	read, err := io.ReadAll(response.Body)
	return response.StatusCode, string(read), err
}

// notesOfATenant makes a note as a tenant, and waits for the worker to count its words. Whoever is no tenant is not let in.
func notesOfATenant(t *testing.T, e environment) {
	url := "http://" + e.Forward(t, "tenants", "service/api", 8080)
	eventually(t, "the tenants' secrets are there", func() bool {
		status, _, err := ask(t.Context(), http.MethodPost, url+api.PathNotes, "birch", "1", `{"text": "three words long"}`)
		return err == nil && (status == http.StatusCreated || status == http.StatusOK)
	})
	eventually(t, "the worker has counted", func() bool {
		status, text, err := ask(t.Context(), http.MethodGet, url+api.PathNotes, "birch", "", "")
		return err == nil && status == http.StatusOK && strings.Contains(text, `"words":3`)
	})
	status, text, err := ask(t.Context(), http.MethodGet, url+api.PathNotes, "cedar", "", "")
	require.NoError(t, err)
	assert.Equal(t, http.StatusForbidden, status, text)
	status, text, err = ask(t.Context(), http.MethodGet, url+api.PathNotes, "acme", "", "")
	require.NoError(t, err)
	assert.Equal(t, http.StatusOK, status, text)
	assert.NotContains(t, text, "three words long", "another tenant's")
}

// tenantWorker makes notes in the schema itself, where no queue knows of them: only the tenant's own worker finds them.
func tenantWorker(t *testing.T, e environment) {
	var made struct{ SecretARN string }
	const tenant, namespace = "maple", "tenant-maple"
	e.Platform(t, &made, "tenant", "create", tenant, "--tier", "pro")
	eventually(t, "the tenant's worker works", func() bool { return e.ready(t, namespace, "worker") == "1/1" })
	connection := e.connection(t, made.SecretARN)
	counted := func() bool {
		var left int
		return connection.QueryRow(t.Context(), `SELECT count(*) FROM note WHERE words IS NULL`).Scan(&left) == nil && left == 0
	}
	add := func(key string) {
		_, err := connection.Exec(t.Context(), `INSERT INTO note (key, text) VALUES ($1, 'two words')`, key)
		require.NoError(t, err)
	}
	eventually(t, "the application's table", func() bool {
		var exists bool
		return connection.QueryRow(t.Context(), `SELECT to_regclass('note') IS NOT NULL`).Scan(&exists) == nil && exists
	})
	add("1")
	eventually(t, "its worker has counted", counted)

	e.Platform(t, nil, "tenant", "suspend", tenant, "--reason", "to see its worker go")
	eventually(t, "a suspended tenant has no pods", func() bool { return len(e.pods(t, namespace, "worker")) == 0 })
	e.Platform(t, nil, "tenant", "resume", tenant)
	eventually(t, "it works again", func() bool { return e.ready(t, namespace, "worker") == "1/1" })
	connection = e.connection(t, made.SecretARN)
	add("2")
	eventually(t, "its worker has counted again", counted)

	e.Platform(t, nil, "tenant", "tier", tenant, "starter")
	eventually(t, "that tier has none", func() bool { // nobody waits until Kubernetes has removed it
		return e.kubectl(t, "get", "deployments", "--namespace", namespace, "--output", "name") == ""
	})
	e.Platform(t, nil, "tenant", "tier", tenant, "enterprise")
	eventually(t, "this one has", func() bool { return e.ready(t, namespace, "worker") == "1/1" })
	e.Platform(t, nil, "tenant", "offboard", tenant, "--archive")
	assert.NotContains(t, observe.List(t, e.Cloud, "kubernetes:core/v1:Namespace"), namespace)
}

// connection is to the tenant's schema, as the tenant.
func (e environment) connection(t *testing.T, arn string) *pgx.Conn {
	t.Helper()
	text, err := json.Marshal(observe.Secret(t, e.Cloud, arn))
	require.NoError(t, err)
	var secret struct{ LibpqURL string }
	require.NoError(t, json.Unmarshal(text, &secret))
	config, err := pgx.ParseConfig(secret.LibpqURL + "&sslrootcert=" + e.Postgres.CAFile)
	require.NoError(t, err)
	connection, err := pgx.ConnectConfig(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close(testcloud.Context(t)) })
	return connection
}
