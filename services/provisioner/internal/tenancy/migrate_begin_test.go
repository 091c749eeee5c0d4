package tenancy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// firstMigrations is how a tenant stands after its first migrations, and what went wrong.
func firstMigrations(t *testing.T, s *tenancytest.Setup, tenant string) (api.TenantMigrations, []string) {
	t.Helper()
	response := s.Must(t, api.Request{Action: api.ActionBeginMigrations, Tenant: tenant})
	if len(response.Migrated.Tenants) == 0 {
		return api.TenantMigrations{}, response.Problems
	}
	return response.Migrated.Tenants[0], response.Problems
}

// A new tenant begins with what the others have, as its owner; one that has a history keeps that until the next run.
func TestNewTenantsBeginAtTheNewestVersion(t *testing.T) { tenancytest.OnEach(t, testNewTenants) }

func testNewTenants(t *testing.T, s *tenancytest.Setup) {
	needs := migrations.Migration{Name: "20261103000000_needs", SQL: `INSERT INTO own VALUES (1)`}
	someTenants(t, s, "acme", "alien", "later")
	standing, problems := firstMigrations(t, s, "later")
	require.Equal(t, api.TenantMigrations{}, standing, "there is no list yet")
	require.Empty(t, problems)
	s.Must(t, api.Request{Action: api.ActionHoldMigrations, Tenant: "later", Reason: "it stays empty", By: "eve"})
	s.Must(t, api.Request{Action: api.ActionHoldMigrations, Tenant: "alien", Reason: "it has its own", By: "eve"})
	migrated(t, s, migrateRequest(0, notes))
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive

	migrated(t, s, migrateRequest(0, notes, colour))
	someTenants(t, s, "bolt")
	standing, problems = firstMigrations(t, s, "bolt")
	require.Empty(t, problems)
	require.Equal(t, api.MigrationsDone, standing.State)
	require.Equal(t, colour.Name, standing.Version)
	want := []string{notes.Name + " done 1", colour.Name + " done 1"}
	assert.Equal(t, want, history(t, s, "bolt"))
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Equal(t, "tenant_bolt_owner", value[string](t, super, `SELECT tableowner::text FROM pg_tables WHERE schemaname = 'tenant_bolt' AND tablename = 'Note'`))

	// The list of a run that has stopped is not kept.
	must(t, s.Login(t, "acme"), `CREATE TABLE own (id int)`)
	stopped := migrated(t, s, migrateRequest(0, notes, colour, needs))
	require.Equal(t, 1, stopped.Done)
	require.NotEmpty(t, stopped.Stopped)
	s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: "bolt"})
	someTenants(t, s, "older", "dawn")
	standing, problems = firstMigrations(t, s, "dawn")
	require.Empty(t, problems)
	require.Equal(t, colour.Name, standing.Version)

	// An archive of an older version keeps it until the next run.
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "older", ArchiveKey: archived.Key, Run: "one"})
	must(t, s.Login(t, "alien"), `CREATE TABLE own (id int)`)
	for _, tenant := range []string{"older", "alien", "later"} {
		if tenant == "alien" {
			s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: tenant})
		}
		_, problems = firstMigrations(t, s, tenant)
		require.Empty(t, problems, tenant)
	}
	assert.Equal(t, want[:1], history(t, s, "older"))
	for _, tenant := range []string{"alien", "later"} {
		assert.False(t, value[bool](t, super, `SELECT to_regclass('tenant_`+tenant+`._prisma_migrations') IS NOT NULL`), tenant)
	}
	for _, tenant := range []string{"older", "bolt", "dawn"} {
		must(t, s.Login(t, tenant), `CREATE TABLE own (id int)`)
	}
	require.Equal(t, 4, migrated(t, s, migrateRequest(100, notes, colour, needs)).Done)
	assert.Equal(t, append(want, needs.Name+" done 1"), history(t, s, "older"))

	// What fails is said, keeps what was done before it, and goes on once it is put right.
	someTenants(t, s, "crew")
	standing, problems = firstMigrations(t, s, "crew")
	require.Len(t, problems, 1)
	require.Contains(t, problems[0], `its migrations are failed: `+needs.Name+`, statement 1 of 1 (INSERT INTO own VALUES (1)): relation "own" does not exist (SQLSTATE 42P01) (nothing of it is there)`)
	require.Equal(t, api.MigrationsFailed, standing.State)
	must(t, s.Login(t, "crew"), `CREATE TABLE own (id int)`)
	standing, problems = firstMigrations(t, s, "crew")
	require.Empty(t, problems)
	require.Equal(t, needs.Name, standing.Version)
	require.Equal(t, 5, migrated(t, s, migrateRequest(100, notes, colour, needs)).Done, "the next run takes it for one of the others")
}
