package tenant

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// A run is called until it is done, as one run, and each call has the whole list.
func TestMigrationGoesOnByItself(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.left = 2
	list := []migrations.Migration{{Name: "0_init", SQL: "SELECT 1"}}
	told, err := tenants.Migrate(t.Context(), api.Migrate{Migrations: list, Digest: migrations.Digest(list)}, nil)
	require.NoError(t, err)
	require.Equal(t, 1, told.Done)
	require.Equal(t, []string{"migrate", "migrate", "migrate"}, f.happened)
	require.Len(t, f.runs, 1)

	f.refuses[api.ActionMigrate] = "another change (migration) has been running"
	_, err = tenants.Migrate(t.Context(), api.Migrate{}, nil)
	require.ErrorContains(t, err, "another change (migration) has been running")
}

// What hurts is looked for in what a tenant lacks, by the sizes of its tables, and keeps everything from running until it is accepted.
func TestMigrationIsCheckedBefore(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	list := []migrations.Migration{{Name: "0_init", SQL: "DROP TABLE gone"}, {Name: "1_index", SQL: `CREATE INDEX i ON "Note" (a)`}}
	wanted := api.Migrate{Migrations: list, Digest: migrations.Digest(list)}
	f.migrations = api.Migrated{All: 2, Tenants: []api.TenantMigrations{{Tenant: "acme", Version: "1_index"}, {Tenant: "bolt", Version: "0_init"}},
		Sizes: []migrations.TableSize{{Table: "Note", Version: "0_init", Tenant: "bolt", Bytes: checks.SmallBytes + 1, Rows: 9}}}
	told, err := tenants.Migrate(t.Context(), wanted, nil)
	require.NoError(t, err)
	require.Len(t, told.Findings, 1)
	require.Equal(t, []string{"locks"}, checks.RefusedBy(told.Findings))
	require.Equal(t, []string{"migrations"}, f.happened, "nothing was applied")

	tenants.DryRun = true
	told, err = tenants.Migrate(t.Context(), wanted, nil)
	require.NoError(t, err)
	require.Len(t, told.Findings, 1)
	require.Equal(t, 1, told.All, "a plan tells the rest all the same")
	tenants.DryRun = false
	told, err = tenants.Migrate(t.Context(), wanted, []checks.Rule{checks.Locks})
	require.NoError(t, err)
	require.Equal(t, checks.Accepted, told.Findings[0].Verdict)
	require.Equal(t, []string{"migrations", "migrations", "dry migrate", "migrations", "migrate"}, f.happened)
	f.migrations.Tenants[1].Version = "1_index"
	told, err = tenants.Migrate(t.Context(), wanted, nil)
	require.NoError(t, err)
	require.Empty(t, told.Findings, "every tenant has it")
}

// A new tenant gets its migrations before it is told to be there; what fails is said with the command that goes on.
func TestNewTenantBegins(t *testing.T) {
	t.Parallel()
	f, tenants := newTenant(t, "pro", api.StateActive)
	f.migrations.Tenants = []api.TenantMigrations{{Tenant: "acme", State: api.MigrationsDone, Version: "1_index"}}
	report := &Report{Record: Record{Environment: "prod", Tenant: "acme", Tier: "pro", State: api.StateActive}}
	require.NoError(t, tenants.Begin(t.Context(), report))
	require.Equal(t, "1_index", report.Version)
	f.problems = []string{"its migrations are failed: why"}
	require.EqualError(t, tenants.Begin(t.Context(), report), "tenant acme of prod is created and lacks migrations: its migrations are failed: why: once that is put right, "+
		"`platform tenant create acme --tier pro --env prod` goes on")
	report.State = api.StateSuspended
	require.NoError(t, tenants.Begin(t.Context(), report))
	report.State, tenants.DryRun = api.StateActive, true
	require.NoError(t, tenants.Begin(t.Context(), report))
	require.Equal(t, []string{"begin-migrations", "begin-migrations"}, f.happened)
}
