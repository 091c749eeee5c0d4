package delivery

import (
	"encoding/json"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// act dispatches the workflow with these inputs and runs the step of one of its jobs.
func (e *environment) act(t *testing.T, job, action, tenant, tier string) (page string) {
	t.Helper()
	e.values["inputs.action"], e.values["inputs.tenant"], e.values["inputs.tier"] = action, tenant, tier
	r := e.runner(t, "tenant.yml", job)
	r.must(t, "tenant.yml", job, "bin/platform ci tenant")
	page = r.page(t)
	assert.Contains(t, page, "✅ done")
	assert.NotContains(t, page, "postgresql://", "no connection is shown")
	return page
}

// shown is the tenant as the database has it.
type shown struct {
	Tenant struct {
		Tier, State     string
		PasswordVersion int
		Tables          int
	}
	Archives []struct{ Rows int }
}

func (e *environment) show(t *testing.T, tenant string) (s shown) {
	t.Helper()
	cmd := operator(t.Context(), e.checkout, "tenant", "show", tenant, "--env", "dev", "--json")
	for name, value := range e.machine {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	cmd.Env = append(cmd.Env, "PULUMI_BACKEND_URL="+e.vars["DEV_BACKEND"])
	var complaint strings.Builder
	cmd.Stderr = &complaint
	said, err := cmd.Output()
	require.NoError(t, err, complaint.String())
	require.NoError(t, json.Unmarshal(said, &s), string(said))
	return s
}

// connection is the tenant's own way into the database.
func (e *environment) connection(t *testing.T, tenant string) string {
	t.Helper()
	arn := e.pulumi(t, "stack", "output", "secretArn", "--stack", "dev-tenant-"+tenant)
	var secret struct{ LibpqURL string }
	text := e.aws(t, "secretsmanager", "get-secret-value", "--secret-id", trimmed(arn), "--query", "SecretString", "--output", "text")
	require.NoError(t, json.Unmarshal([]byte(text), &secret))
	return secret.LibpqURL
}

func (e *environment) psql(t *testing.T, url, command string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align", url, "-c", command)
	for name, value := range e.machine {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	said, err := cmd.CombinedOutput()
	return string(said), err
}

// tenant takes a tenant through what the workflow offers, except its end.
func (e *environment) tenant(t *testing.T) {
	e.act(t, "change", "create", "acme", "free")
	assert.Equal(t, "free", e.show(t, "acme").Tenant.Tier)
	said, err := e.psql(t, e.connection(t, "acme"), "insert into greetings values ('hello')")
	require.NoError(t, err, "the migrations that were deployed made the table: %s", said)
	said, err = e.psql(t, e.connection(t, "acme"), "create table orders as select generate_series(1, 10) as id")
	require.NoError(t, err, said)

	e.act(t, "change", "tier", "acme", "starter")
	assert.Equal(t, "starter", e.show(t, "acme").Tenant.Tier)

	old := e.connection(t, "acme")
	e.act(t, "change", "rotate", "acme", "free")
	assert.Equal(t, 2, e.show(t, "acme").Tenant.PasswordVersion)
	_, err = e.psql(t, old, "select 1")
	require.Error(t, err, "the old password is none")

	e.act(t, "change", "suspend", "acme", "free")
	assert.Equal(t, "suspended", e.show(t, "acme").Tenant.State)
	e.act(t, "change", "resume", "acme", "free")
	assert.Equal(t, "active", e.show(t, "acme").Tenant.State)
	assert.Equal(t, "starter", e.show(t, "acme").Tenant.Tier, "the tier that the form offers first is not taken for one that was asked for")

	page := e.act(t, "change", "archive", "acme", "free")
	assert.Contains(t, page, "archives/dev/acme/")
	assert.Equal(t, "active", e.show(t, "acme").Tenant.State, "an archive alone keeps nobody out")

	r := e.runner(t, "tenant.yml", "change")
	r.values["inputs.action"], r.values["inputs.tenant"] = "suspend", "nobody"
	missing := r.step(t, "tenant.yml", "change", "bin/platform ci tenant")
	assert.Equal(t, 4, missing.Code)
	assert.Contains(t, missing.Stderr, `environment dev has no tenant "nobody"`)
	assert.Contains(t, r.page(t), "❌ failed")
}

// offboard is the workflow's two jobs: after the first nobody writes any more, so that the archive stays true until the
// second is approved.
func (e *environment) offboard(t *testing.T) {
	own := e.connection(t, "acme")
	e.act(t, "archive", "offboard", "acme", "free")
	after := e.show(t, "acme")
	assert.Equal(t, "suspended", after.Tenant.State)
	assert.Equal(t, 10+1+1, after.Archives[len(after.Archives)-1].Rows, "orders, greetings, migrations")
	_, err := e.psql(t, own, "insert into orders values (11)")
	require.Error(t, err, "nothing is written behind the archive's back")

	e.act(t, "offboard", "offboard", "acme", "free")
	assert.NotContains(t, e.pulumi(t, "stack", "ls"), "dev-tenant-acme")
	assert.NotEmpty(t, e.show(t, "acme").Archives, "its archives stay")

	r := e.runner(t, "tenant.yml", "offboard")
	r.must(t, "tenant.yml", "offboard", "bin/platform ci status ")
}
