package delivery

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestDrill rehearses recovery as the job of drill.yml does, on the environment that the run's tests share.
func TestDrill(t *testing.T) {
	programs(t)
	c := testcloud.Exclusive(t)
	t.Setenv("PGSSLROOTCERT", c.Postgres.CAFile)
	t.Cleanup(func() { dropRehearsal(t, c) })
	out := t.TempDir()
	page := filepath.Join(out, "page.md")
	environ := []string{"GITHUB_STEP_SUMMARY=" + page}
	for _, name := range readiness.Variables { // the drill writes evidence for a launch
		environ = append(environ, name+"="+os.Getenv(name))
	}
	result := script(t, environ, "bin/platform", "ci", "drill", "--cloud", c.Dir, out)
	c.Note(t, []byte(result.Stdout), []byte(result.Stderr))
	require.Zero(t, result.Code, result.Stderr)
	report, err := os.ReadFile(page)
	require.NoError(t, err)
	t.Logf("%s", report)
	for _, want := range []string{
		": passed\n", "| tenant | passed |", "| snapshot | passed |", "| failover | passed |",
		"brought back 1 table with 1000 rows", "it holds the schemas of all (2 tenants)", "as they were: 2 tenants",
		"acme had NO archive", "what the last 0s wrote is lost", "| 0s | 0s |",
	} {
		assert.Contains(t, string(report), want)
	}
	assert.NotContains(t, result.Stdout+result.Stderr+string(report), "postgresql://", "no connection is shown")
}

// dropRehearsal removes the rows that the drill has given a sample tenant.
func dropRehearsal(t *testing.T, c *testcloud.Cloud) {
	t.Helper()
	var tenant struct {
		SecretARN string `json:"secretArn"`
	}
	c.Platform(t, &tenant, "tenant", "create", "acme", "--tier", "pro")
	secret := c.Quietly(t, "aws", "--endpoint-url", c.AWSEndpoint, "secretsmanager", "get-secret-value",
		"--secret-id", tenant.SecretARN, "--query", "SecretString", "--output", "text")
	require.Zero(t, secret.Code, secret.Stderr)
	var login struct {
		URL string `json:"libpqUrl"`
	}
	require.NoError(t, json.Unmarshal([]byte(secret.Stdout), &login), "the tenant's secret")
	dropped := c.Quietly(t, "psql", "--quiet", "--no-psqlrc", "--command", "drop table if exists rehearsal", login.URL)
	require.Zero(t, dropped.Code, dropped.Stderr)
}
