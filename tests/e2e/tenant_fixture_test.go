package e2e

import (
	"net/url"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// tenantReport is what the operator's command tells of one tenant.
type tenantReport struct {
	Tenant    string `json:"tenant"`
	Tier      string `json:"tier"`
	State     string `json:"state"`
	SecretARN string `json:"secretArn"`

	Changes map[string]int `json:"counts"`
}

// tenantShown is what the provisioner tells of one tenant, as the database has it.
type tenantShown struct {
	Tenant   tenantMeasured `json:"tenant"`
	Archives []struct {
		Key string `json:"key"`
	} `json:"archives"`
}

type tenantMeasured struct {
	Slug     string `json:"slug"`
	Tier     string `json:"tier"`
	State    string `json:"state"`
	Tables   int    `json:"tables"`
	Sessions int    `json:"sessions"`
}

func create(t *testing.T, c *testcloud.Cloud, tenant, tier string) (created tenantReport) {
	t.Helper()
	c.Platform(t, &created, "tenant", "create", tenant, "--tier", tier)
	return created
}

func show(t *testing.T, c *testcloud.Cloud, tenant string) (shown tenantShown) {
	t.Helper()
	c.Platform(t, &shown, "tenant", "show", tenant)
	return shown
}

// offboard removes what a test has left of a tenant, which may be nothing.
func offboard(t *testing.T, c *testcloud.Cloud, tenant string) {
	t.Helper()
	observe.RememberSecrets(t, c, "/"+tenant+"-")
	command := c.Command(t, "tenant", "offboard", tenant, "--archive")
	if out, err := command.CombinedOutput(); command.ProcessState.ExitCode() != exitNoTenant {
		require.NoError(t, err, testcloud.Tail(string(out)))
	}
	assert.Empty(t, observe.Role(t, c, tenant))
	assert.NotContains(t, observe.List(t, c, "kubernetes:core/v1:Namespace"), "tenant-"+tenant)
}

// prisma reads the tenant's secret and its URL as Prisma does: the schema is a parameter, and becomes the search path.
func prisma(t *testing.T, c *testcloud.Cloud, tenant tenantReport) *pgx.ConnConfig {
	t.Helper()
	text, _ := observe.Secret(t, c, tenant.SecretARN)["url"].(string)
	address, err := url.Parse(text)
	require.NoError(t, err)
	query := address.Query()
	schema := query.Get("schema")
	require.NotEmpty(t, schema)
	require.Equal(t, "require strict", query.Get("sslmode")+" "+query.Get("sslaccept"))
	query.Del("schema") // these are Prisma's own
	query.Del("sslaccept")
	query.Del("connection_limit")
	query.Set("sslmode", "verify-full")
	query.Set("sslrootcert", c.Postgres.CAFile)
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(address.String())
	require.NoError(t, err)
	return config
}

// login connects as the tenant does, until the test ends.
func login(t *testing.T, c *testcloud.Cloud, tenant tenantReport) *pgx.Conn {
	t.Helper()
	connection, err := pgx.ConnectConfig(t.Context(), prisma(t, c, tenant))
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close(testcloud.Context(t)) })
	return connection
}

func writeNote(t *testing.T, connection *pgx.Conn) {
	t.Helper()
	_, err := connection.Exec(t.Context(), `create table notes (id int primary key, body text); insert into notes values (1, 'kept')`, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
}

func notes(t *testing.T, connection *pgx.Conn) (count int) {
	t.Helper()
	require.NoError(t, connection.QueryRow(t.Context(), "select count(*) from notes where body = 'kept'").Scan(&count))
	return count
}
