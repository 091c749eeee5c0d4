package e2e

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exitNoTenant is the exit code of the operator's command for a tenant that does not exist.
const exitNoTenant = 4

// tenantReport is what the operator's command tells of one tenant.
type tenantReport struct {
	Tenant    string `json:"tenant"`
	Tier      string `json:"tier"`
	State     string `json:"state"`
	SecretARN string `json:"secretArn"`

	Changes         map[string]int `json:"counts"`
	DurationSeconds float64        `json:"durationSeconds"`
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

type tenantList struct {
	Tenants []struct {
		Slug  string `json:"slug"`
		Tier  string `json:"tier"`
		State string `json:"state"`
	} `json:"tenants"`
}

func (e *environment) tenants(t *testing.T) map[string]string {
	t.Helper()
	var list tenantList
	e.run(t, &list, "tenant", "list")
	states := map[string]string{}
	for _, tenant := range list.Tenants {
		states[tenant.Slug] = tenant.Tier + " " + tenant.State
	}
	return states
}

// tenantSteps take a tenant through its life. At each step the database itself is asked.
func (e *environment) tenantSteps(step func(string, func(*testing.T))) {
	var cedar tenantReport
	var worker *pgx.Conn // the tenant's own connection
	var archive string
	step("two sample tenants are there", func(t *testing.T) {
		assert.Equal(t, map[string]string{"acme": "pro active", "birch": "free active"}, e.tenants(t))
	})
	step("a dry run makes no tenant", func(t *testing.T) {
		e.run(t, nil, "tenant", "create", "dogwood", "--tier", "starter", "--dry-run")
		assert.Empty(t, e.role(t, "dogwood"))
		assert.NotContains(t, e.tenants(t), "dogwood")
	})
	step("a second run makes the tenant that was refused", func(t *testing.T) {
		e.run(t, &cedar, "tenant", "create", "cedar", "--tier", "starter")
		assert.Equal(t, "active", cedar.State)
		assert.Equal(t, []any{true, int32(5)}, e.role(t, "cedar"), "login, connections of its tier")
		e.run(t, &cedar, "tenant", "create", "cedar", "--tier", "starter")
		assert.Zero(t, cedar.Changes["create"]+cedar.Changes["update"], "%v", cedar.Changes)
		said := e.fails(t, exitFailed, "tenant", "create", "cedar", "--tier", "pro")
		assert.Contains(t, said, `tier: got "pro", expected "starter", which tenant cedar of local has`)
		assert.Equal(t, []any{true, int32(5)}, e.role(t, "cedar"))
	})
	step("a tenant that is killed in the middle", e.killedCreation)
	step("a tenant while the database is down", e.creationWithoutDatabase)
	step("use a tenant", func(t *testing.T) {
		worker = e.login(t, cedar)
		_, err := worker.Exec(t.Context(), `create table notes (id int primary key, body text); insert into notes values (1, 'kept')`, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
		_, err = worker.Exec(t.Context(), `select * from tenant_acme.anything`)
		require.ErrorContains(t, err, "permission denied for schema tenant_acme")
		var shown tenantShown
		e.run(t, &shown, "tenant", "show", "cedar")
		assert.Equal(t, tenantMeasured{Slug: "cedar", Tier: "starter", State: "active", Tables: 1, Sessions: 1}, shown.Tenant)
		assert.Empty(t, shown.Archives)
	})
	step("move a tenant to another tier", func(t *testing.T) {
		e.run(t, &cedar, "tenant", "tier", "cedar", "pro")
		assert.Equal(t, []any{true, int32(15)}, e.role(t, "cedar"))
		assert.Equal(t, 1, notes(t, worker), "no data was touched, no session ended")
	})
	step("let a tenant read only", func(t *testing.T) {
		e.run(t, &cedar, "tenant", "suspend", "cedar", "--read-only")
		assert.Equal(t, "limited", cedar.State)
		assert.Equal(t, []any{true, int32(1)}, e.role(t, "cedar"), "one connection")
		_, err := worker.Exec(t.Context(), "select 1")
		require.Error(t, err, "what began under other rights is ended")
		reader := e.login(t, cedar)
		assert.Equal(t, 1, notes(t, reader))
		_, err = reader.Exec(t.Context(), "insert into notes values (2, 'more')")
		require.Error(t, err)
		require.NoError(t, reader.Close(t.Context()))
		e.run(t, &cedar, "tenant", "resume", "cedar")
		assert.Equal(t, []any{true, int32(15)}, e.role(t, "cedar"))
		worker = e.login(t, cedar)
	})
	step("suspend a tenant while it is connected", func(t *testing.T) {
		e.run(t, &cedar, "tenant", "suspend", "cedar")
		_, err := worker.Exec(t.Context(), "select 1")
		require.Error(t, err, "its session is ended")
		_, err = e.dial(t, cedar)
		require.Error(t, err, "it cannot log in")
		assert.Equal(t, false, e.role(t, "cedar")[0])
	})
	step("resume a tenant", func(t *testing.T) {
		e.run(t, &cedar, "tenant", "resume", "cedar")
		assert.Equal(t, []any{true, int32(15)}, e.role(t, "cedar"), "exactly what it had")
		worker = e.login(t, cedar)
		assert.Equal(t, 1, notes(t, worker))
	})
	step("rotate a tenant's password", func(t *testing.T) {
		old := e.prisma(t, cedar)
		e.rememberSecrets(t)
		e.run(t, &cedar, "tenant", "rotate", "cedar")
		_, err := pgx.ConnectConfig(t.Context(), old)
		require.ErrorContains(t, err, "password authentication failed")
		assert.Equal(t, 1, notes(t, worker), "open sessions go on")
		worker = e.login(t, cedar)
	})
	step("a tenant with data is not removed", func(t *testing.T) {
		said := e.fails(t, exitFailed, "tenant", "offboard", "cedar")
		assert.Contains(t, said, "archive")
		assert.Equal(t, 1, notes(t, worker))
	})
	step("archive a tenant and remove it", func(t *testing.T) {
		var answer struct {
			Archive struct {
				Key  string `json:"key"`
				Rows int    `json:"rows"`
			} `json:"archive"`
		}
		e.run(t, &answer, "tenant", "archive", "cedar")
		archive = answer.Archive.Key
		assert.Equal(t, 1, answer.Archive.Rows)
		require.NoError(t, worker.Close(t.Context()))
		e.rememberSecrets(t)
		e.run(t, nil, "tenant", "offboard", "cedar")
		assert.Empty(t, e.role(t, "cedar"))
		assert.NotContains(t, e.tenants(t), "cedar")
		e.run(t, nil, "tenant", "offboard", "cedar") // once more: nothing to do
		e.fails(t, exitNoTenant, "tenant", "suspend", "cedar")
		var shown tenantShown
		e.run(t, &shown, "tenant", "show", "cedar")
		require.Len(t, shown.Archives, 1, "its archive stays")
		assert.Equal(t, archive, shown.Archives[0].Key)
	})
	step("restore an archive into a new tenant", func(t *testing.T) {
		var again tenantReport
		e.run(t, &again, "tenant", "create", "cedar-again", "--tier", "pro")
		e.run(t, nil, "tenant", "restore", "cedar-again", "--archive", archive)
		assert.Equal(t, 1, notes(t, e.login(t, again)))
	})
	step("a tenant's secret that was deleted by hand comes back", func(t *testing.T) {
		var birch tenantReport
		e.run(t, &birch, "tenant", "create", "birch", "--tier", "free")
		_, err := secretsmanager.NewFromConfig(e.aws()).DeleteSecret(t.Context(), &secretsmanager.DeleteSecretInput{
			SecretId: aws.String(birch.SecretARN), ForceDeleteWithoutRecovery: aws.Bool(true),
		})
		require.NoError(t, err)
		gone := birch.SecretARN
		e.run(t, &birch, "tenant", "create", "birch", "--tier", "free")
		assert.NotEqual(t, gone, birch.SecretARN)
		require.NoError(t, e.login(t, birch).Close(t.Context()))
	})
	step("remove every tenant", func(t *testing.T) {
		e.rememberSecrets(t)
		for tenant := range e.tenants(t) {
			e.run(t, nil, "tenant", "offboard", tenant, "--archive")
			assert.Empty(t, e.role(t, tenant))
		}
		assert.Empty(t, e.tenants(t))
	})
}

// prisma reads the tenant's secret and its URL as Prisma does: the schema is a parameter, and becomes the search path.
func (e *environment) prisma(t *testing.T, tenant tenantReport) *pgx.ConnConfig {
	t.Helper()
	text, _ := e.secret(t, tenant.SecretARN)["url"].(string)
	address, err := url.Parse(text)
	require.NoError(t, err)
	query := address.Query()
	schema := query.Get("schema")
	require.NotEmpty(t, schema)
	require.Equal(t, "verify-full", query.Get("sslmode"))
	query.Del("schema") // these two are Prisma's own
	query.Del("sslaccept")
	query.Set("sslrootcert", e.state.Postgres.CAFile)
	query.Set("search_path", schema)
	address.RawQuery = query.Encode()
	config, err := pgx.ParseConfig(address.String())
	require.NoError(t, err)
	return config
}

func (e *environment) dial(t *testing.T, tenant tenantReport) (*pgx.Conn, error) {
	t.Helper()
	return pgx.ConnectConfig(t.Context(), e.prisma(t, tenant))
}

func (e *environment) login(t *testing.T, tenant tenantReport) *pgx.Conn {
	t.Helper()
	connection, err := e.dial(t, tenant)
	require.NoError(t, err)
	return connection
}

func notes(t *testing.T, connection *pgx.Conn) (count int) {
	t.Helper()
	require.NoError(t, connection.QueryRow(t.Context(), "select count(*) from notes where body = 'kept'").Scan(&count))
	return count
}

// role asks the database whether the tenant may log in and how often; empty when there is no such role.
func (e *environment) role(t *testing.T, tenant string) []any {
	t.Helper()
	connection, err := pgx.ConnectConfig(t.Context(), e.master(t, e.database(t)))
	require.NoError(t, err)
	defer func() { _ = connection.Close(t.Context()) }()
	rows, err := connection.Query(t.Context(), "select rolcanlogin, rolconnlimit from pg_roles where rolname = $1", "tenant_"+tenant)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err)
	if len(found) == 0 {
		return nil
	}
	return found[0]
}
