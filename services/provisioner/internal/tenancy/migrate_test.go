package tenancy_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var (
	notes  = migrations.Migration{Name: "20261101000000_notes", SQL: `CREATE TABLE "Note" (id serial PRIMARY KEY, text text NOT NULL); INSERT INTO "Note" (text) VALUES ('first'); CREATE INDEX "Note_text" ON "Note" (text);`}
	colour = migrations.Migration{Name: "20261102000000_colour", SQL: `ALTER TABLE "Note" ADD COLUMN colour text;`}
)

func migrateRequest(percent int, list ...migrations.Migration) api.Request {
	return api.Request{Action: api.ActionMigrate, Run: rand.Text(), Migrate: &api.Migrate{Migrations: list, Digest: migrations.Digest(list), StopPercent: percent}}
}

// migrated is one run to its end.
func migrated(t *testing.T, s *tenancytest.Setup, r api.Request) *api.Migrated {
	t.Helper()
	for {
		if told := s.Must(t, r).Migrated; !told.Unfinished {
			return told
		}
	}
}

// standing is how the run left one tenant; done, if it does not name it.
func standing(told *api.Migrated, tenant string) api.TenantMigrations {
	for _, t := range told.Tenants {
		if t.Tenant == tenant {
			return t
		}
	}
	return api.TenantMigrations{State: api.MigrationsDone}
}

func someTenants(t *testing.T, s *tenancytest.Setup, names ...string) {
	t.Helper()
	for _, name := range names {
		s.Must(t, s.Request(t, name, "free", api.StateActive))
	}
}

// history is what the tenant's own table has, oldest first.
func history(t *testing.T, s *tenancytest.Setup, tenant string) []string {
	t.Helper()
	return value[[]string](t, s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword), fmt.Sprintf(`SELECT coalesce(array_agg(migration_name || CASE
		WHEN finished_at IS NOT NULL THEN ' done ' || applied_steps_count WHEN rolled_back_at IS NOT NULL THEN ' rolled back' ELSE ' begun' END ORDER BY started_at), '{}') FROM tenant_%s._prisma_migrations`, tenant))
}

// Every tenant gets what it lacks, as its owner, once; and a fleet that lacks nothing is not looked at.
func TestMigrate(t *testing.T) { tenancytest.OnEach(t, testMigrate) }

func testMigrate(t *testing.T, s *tenancytest.Setup) {
	someTenants(t, s, "acme", "bolt", "crew")
	r := migrateRequest(0, notes)
	r.DryRun, r.Migrate.Canaries = true, []string{"crew"}
	tried := migrated(t, s, r)
	require.Equal(t, 3, len(tried.Tenants))
	require.Equal(t, api.TenantMigrations{Tenant: "acme", State: api.MigrationsPending, Pending: []string{notes.Name}}, tried.Tenants[0])
	r.DryRun = false
	require.Equal(t, &api.Migrated{Version: notes.Name, All: 3, Done: 3, Tenants: []api.TenantMigrations{}}, migrated(t, s, r))
	assert.Equal(t, []string{notes.Name + " done 1"}, history(t, s, "acme"))
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Equal(t, []string{"tenant_acme_owner", "tenant_acme_owner", "tenant_acme_owner"}, value[[]string](t, super,
		`SELECT array_agg(tableowner ORDER BY tablename)::text[] || ARRAY[(SELECT rolname::text FROM pg_roles r JOIN pg_class c ON c.relowner = r.oid WHERE c.oid = 'tenant_acme."Note_text"'::regclass)] FROM pg_tables WHERE schemaname = 'tenant_acme'`))
	assert.Equal(t, notes.Checksum(), value[string](t, super, `SELECT checksum FROM tenant_bolt._prisma_migrations WHERE finished_at >= started_at AND logs IS NULL`))
	assert.Empty(t, s.Must(t, api.Request{Action: api.ActionCheck, Tenant: "acme"}).Problems)

	someTenants(t, s, "dawn")
	told := migrated(t, s, migrateRequest(0, notes, colour))
	require.Equal(t, 4, told.Done)
	assert.Equal(t, []string{notes.Name + " done 1", colour.Name + " done 1"}, history(t, s, "acme"))
	assert.Equal(t, []string{notes.Name + " done 1", colour.Name + " done 1"}, history(t, s, "dawn"))

	for _, tenant := range []string{"acme", "bolt", "crew", "dawn"} {
		s.Secrets.Delete(tenancytest.SecretARN(tenant)) // whoever logged in would fail
	}
	require.Equal(t, 4, migrated(t, s, migrateRequest(0, notes, colour)).Done, "nothing to do is one question")
	status := s.Must(t, api.Request{Action: api.ActionMigrations}).Migrated
	require.Equal(t, api.TenantMigrations{Tenant: "acme", State: api.MigrationsDone, Version: colour.Name, At: status.Tenants[0].At}, status.Tenants[0])
	require.NotNil(t, status.Tenants[0].At)
}

// One tenant's trouble is told, keeps nothing half done unknown, and keeps no other from its migration.
func TestMigrationFaults(t *testing.T) { tenancytest.OnEach(t, testMigrationFaults) }

func testMigrationFaults(t *testing.T, s *tenancytest.Setup) {
	someTenants(t, s, "edited", "missing", "begun", "alien", "failing", "locked", "crowded", "suspended", "full", "held", "well")
	login := map[string]func(...string){}
	for _, name := range []string{"edited", "missing", "begun", "alien", "failing", "locked"} {
		session := s.Login(t, name)
		login[name] = func(statements ...string) { t.Helper(); must(t, session, statements...) }
	}
	require.Equal(t, 10, migrated(t, s, func() api.Request {
		login["alien"](`CREATE TABLE own (id int)`)
		return migrateRequest(100, notes)
	}()).Done)
	login["edited"](`UPDATE _prisma_migrations SET checksum = repeat('0', 64)`)
	login["missing"](`INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at) VALUES ('x', '', '20261030000000_lost', now())`)
	login["begun"](`INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('x', '', '20261102000000_colour')`)
	login["failing"](`ALTER TABLE "Note" ADD COLUMN colour text`, `UPDATE "Note" SET text = 'secret'`)
	login["locked"](`SET idle_in_transaction_session_timeout = 0`, `BEGIN`, `LOCK TABLE "Note" IN ACCESS SHARE MODE`)
	for range 5 {
		if _, err := s.TryLogin(t, "crowded"); err != nil {
			break
		}
	}
	suspended := s.Request(t, "suspended", "free", api.StateSuspended)
	s.Must(t, suspended)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `UPDATE platform.tenant SET over_storage = true WHERE slug = 'full'`)
	s.Must(t, api.Request{Action: api.ActionHoldMigrations, Tenant: "held", Reason: "its fair is today", By: "eve"})

	last := migrations.Migration{Name: "20261103000000_unique", SQL: `CREATE TABLE made (id int); INSERT INTO made VALUES (7); ALTER TABLE "Note" ADD CHECK (text <> 'secret');`}
	told := migrated(t, s, migrateRequest(100, notes, last))
	require.Equal(t, 1, told.Done, "%+v", told)
	require.Empty(t, told.Stopped)
	for tenant, want := range map[string]struct {
		state api.MigrationState
		why   string
	}{
		"edited":    {api.MigrationsRefused, notes.Name + " was changed after it was applied"},
		"missing":   {api.MigrationsRefused, "20261030000000_lost was applied to it and is missing in the folder"},
		"begun":     {api.MigrationsRefused, colour.Name + " began at "},
		"alien":     {api.MigrationsRefused, "its schema holds 1 object but no table _prisma_migrations"},
		"failing":   {api.MigrationsFailed, last.Name + `, statement 3 of 3 (ALTER TABLE "Note" ADD CHECK (text <> '…')): check constraint "Note_text_check" of relation "Note" is violated by some row (SQLSTATE 23514) (nothing of it is there)`},
		"locked":    {api.MigrationsBusy, "55P03"},
		"crowded":   {api.MigrationsBusy, "53300"},
		"suspended": {api.MigrationsWaiting, "suspended by an operator"},
		"full":      {api.MigrationsWaiting, "it stores more than its tier allows"},
		"held":      {api.MigrationsHeld, ""},
		"well":      {api.MigrationsDone, ""},
	} {
		got := standing(told, tenant)
		assert.Equal(t, want.state, got.State, "%s: %+v", tenant, got)
		assert.Contains(t, got.Why, want.why, tenant)
		assert.NotContains(t, got.Why, "secret", tenant)
	}
	assert.Equal(t, []string{notes.Name + " done 1", last.Name + " rolled back"}, history(t, s, "failing"))
	assert.False(t, value[bool](t, super, `SELECT to_regclass('tenant_failing.made') IS NOT NULL`))
	assert.Equal(t, []string{notes.Name + " done 1"}, history(t, s, "locked"))

	// What is in the way ends, and the next run goes on; who is held stays so until it is resumed.
	login["locked"](`ROLLBACK`)
	login["edited"](`UPDATE _prisma_migrations SET checksum = '` + notes.Checksum() + `'`)
	login["failing"](`UPDATE "Note" SET text = 'first'`)
	suspended.State = api.StateActive
	s.Must(t, suspended)
	must(t, super, `UPDATE platform.tenant SET over_storage = false WHERE slug = 'full'`, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenant_crowded'`)
	told = migrated(t, s, migrateRequest(100, notes, last))
	for _, tenant := range []string{"edited", "locked", "crowded", "suspended", "full"} {
		assert.Equal(t, api.MigrationsDone, standing(told, tenant).State, "%s: %+v", tenant, standing(told, tenant))
	}
	failing := standing(told, "failing")
	assert.Equal(t, api.MigrationsFailed, failing.State)
	require.NotNil(t, failing.Hold)
	held := standing(told, "held")
	require.NotNil(t, held.Hold)
	assert.Equal(t, api.Hold{Why: "its fair is today", By: "eve", Since: held.Hold.Since}, *held.Hold)
	for _, tenant := range []string{"failing", "held"} {
		s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: tenant})
	}
	_, err := s.Try(api.Request{Action: api.ActionResumeMigrations, Tenant: "well", Migrate: &api.Migrate{Applied: true}})
	require.ErrorContains(t, err, "none of the tenant's migrations has begun and not ended")
	s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: "begun", Migrate: &api.Migrate{RolledBack: true}})
	told = migrated(t, s, migrateRequest(100, notes, last))
	for _, tenant := range []string{"failing", "held", "begun"} {
		assert.Equal(t, api.MigrationsDone, standing(told, tenant).State, "%s: %+v", tenant, standing(told, tenant))
	}
}

// What runs in no transaction is noted before and after, as Prisma does, and what fails in between is known.
func TestMigrationOutsideOfTransactions(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	someTenants(t, s, "acme", "bolt")
	alone := migrations.Migration{Name: "20261102000000_index", SQL: `CREATE INDEX CONCURRENTLY one ON "Note" (id); CREATE UNIQUE INDEX CONCURRENTLY two ON "Note" (text);`}
	migrated(t, s, migrateRequest(0, notes))
	bolt := s.Login(t, "bolt")
	must(t, bolt, `INSERT INTO "Note" (text) VALUES ('twice'), ('twice')`)
	told := migrated(t, s, migrateRequest(100, notes, alone))
	assert.Equal(t, []string{notes.Name + " done 1", alone.Name + " done 1"}, history(t, s, "acme"))
	assert.Equal(t, alone.Name+`, statement 2 of 2 (CREATE UNIQUE INDEX CONCURRENTLY two ON "Note" (text)): could not create unique index "two" (SQLSTATE 23505) (what it did before is there)`, standing(told, "bolt").Why)
	assert.Equal(t, []string{notes.Name + " done 1", alone.Name + " begun"}, history(t, s, "bolt"))

	s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: "bolt"})
	told = migrated(t, s, migrateRequest(100, notes, alone))
	assert.Equal(t, api.MigrationsRefused, standing(told, "bolt").State)
	assert.Contains(t, standing(told, "bolt").Why, "part of it may be there")
	must(t, bolt, `DELETE FROM "Note"`, `DROP INDEX two`, `CREATE UNIQUE INDEX two ON "Note" (text)`)
	s.Must(t, api.Request{Action: api.ActionResumeMigrations, Tenant: "bolt", Migrate: &api.Migrate{Applied: true}})
	assert.Equal(t, 2, migrated(t, s, migrateRequest(100, notes, alone)).Done)
}

// A bad migration stops at the canary, or when too many have failed, and comes no further in the next run either.
func TestMigrationStops(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	someTenants(t, s, "acme", "bolt", "crew", "dawn", "elm", "fern", "gull", "hawk", "iris", "jade")
	bad := migrations.Migration{Name: "0_bad", SQL: `SELECT 1/0`}
	r := migrateRequest(100, bad)
	r.Migrate.Canaries = []string{"iris"}
	told := migrated(t, s, r)
	assert.Equal(t, "canary iris is failed", told.Stopped)
	assert.Contains(t, standing(told, "iris").Why, "its message may quote a row and is left out (SQLSTATE 22012)")
	assert.Equal(t, api.MigrationsPending, standing(told, "acme").State)
	r.Run = rand.Text()
	assert.Equal(t, "canary iris is failed", migrated(t, s, r).Stopped)

	count := func(told *api.Migrated) (failed int) {
		for _, t := range told.Tenants {
			if t.State == api.MigrationsFailed {
				failed++
			}
		}
		return failed
	}
	told = migrated(t, s, migrateRequest(20, bad))
	assert.Contains(t, told.Stopped, "of 10 failed, more than 20 per cent")
	failed := count(told)
	assert.Less(t, failed, 10)
	again := migrated(t, s, migrateRequest(20, bad))
	assert.NotEmpty(t, again.Stopped)
	assert.Equal(t, failed, count(again))

	r = migrateRequest(0, notes)
	r.Migrate.Canaries = []string{"moon"}
	_, err := s.Try(r)
	require.ErrorContains(t, err, `migrate.canaries: got "moon", expected tenants that there are`)
}

// Two at once never apply a migration twice, and a run that is cut off at any moment loses nothing.
func TestMigrationsHappenOnce(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	names := []string{"acme", "bolt", "crew", "dawn", "elm", "fern", "gull", "hawk"}
	someTenants(t, s, names...)
	counted := migrations.Migration{Name: "0_counted", SQL: `CREATE TABLE IF NOT EXISTS counted (n int); INSERT INTO counted VALUES (1);`}
	r := migrateRequest(0, counted)
	for cut, done := time.Duration(0), false; !done; cut += 10 * time.Millisecond {
		cutOff, cancel := context.WithTimeout(ctx, cut)
		r.Run = rand.Text()
		response, err := s.Do(cutOff, r)
		cancel()
		done = err == nil && response.Migrated.Done == len(names)
	}
	again := migrations.Migration{Name: "1_again", SQL: counted.SQL}
	var both sync.WaitGroup
	for _, p := range []func(context.Context, api.Request) (api.Response, error){s.Do, s.Another(t).Do} {
		both.Go(func() {
			if _, err := p(ctx, migrateRequest(0, counted, again)); err != nil {
				assert.ErrorContains(t, err, "another change (migration) has been running")
			}
		})
	}
	both.Wait()
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	for _, name := range names {
		assert.Equal(t, []string{counted.Name + " done 1", again.Name + " done 1"}, history(t, s, name))
		assert.Equal(t, 2, value[int](t, super, `SELECT count(*)::int FROM tenant_`+name+`.counted`), name)
	}
}
