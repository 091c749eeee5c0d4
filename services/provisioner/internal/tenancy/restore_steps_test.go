package tenancy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// inSteps gives every call next to no time, and archives many parts.
func inSteps(s *tenancytest.Setup) { s.PartBytes, s.Step = 100_000, time.Nanosecond }

// large is an archive of acme that takes many calls to restore: among others, a table of 1 MB whose values hold what could be taken
// for the end of a row, a sequence, a constraint, indexes.
func large(t *testing.T, s *tenancytest.Setup) api.Request {
	t.Helper()
	for _, tenant := range []string{"acme", "other"} {
		s.Must(t, s.Request(t, tenant, "pro", api.StateActive))
	}
	session := s.Login(t, "acme")
	must(t, session, everything...)
	must(t, session, `CREATE TABLE large (id serial PRIMARY KEY, body text UNIQUE)`,
		`INSERT INTO large (body) SELECT E'line\nbreak\\' || repeat(md5(i::text), 4) || i FROM generate_series(1, 7000) i`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	return api.Request{Action: api.ActionRestore, Tenant: "other", ArchiveKey: archived.Key, Run: "one"}
}

// step is one call, and whether it was the last.
func step(t *testing.T, s *tenancytest.Setup, restore api.Request) (last bool) {
	t.Helper()
	response := s.Must(t, restore)
	return response.Unfinished == nil
}

// begun goes on until some rows of the large table are there.
func begun(t *testing.T, s *tenancytest.Setup, restore api.Request) {
	t.Helper()
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	for range 1000 {
		require.False(t, step(t, s, restore))
		if value[bool](t, super, `SELECT to_regclass('tenant_other.large') IS NOT NULL`) && value[int64](t, super, `SELECT count(*) FROM tenant_other.large`) > 0 {
			return
		}
	}
	t.Fatal("no row of the large table comes")
}

func finish(t *testing.T, s *tenancytest.Setup, restore api.Request) {
	t.Helper()
	for calls := 1; !step(t, s, restore); calls++ {
		require.Less(t, calls, 1000)
	}
	assert.Equal(t, dump(t, s, "tenant_acme"), dump(t, s, "tenant_other"))
	assert.Empty(t, problems(t, s, "other"))
	must(t, s.Login(t, "other"), `INSERT INTO large (body) VALUES ('new')`)
}

// A restore that takes many calls brings back all, and lets nobody in before.
func TestRestoreInSteps(t *testing.T) { tenancytest.OnEach(t, testRestoreInSteps) }

func testRestoreInSteps(t *testing.T, s *tenancytest.Setup) {
	inSteps(s)
	restore := large(t, s)
	session := s.Login(t, "other")
	begun(t, s, restore)
	require.Error(t, session.Ping(ctx), "who was inside is out")
	_, err := s.TryLogin(t, "other")
	require.Error(t, err, "and nobody comes in")
	shown := s.Must(t, api.Request{Action: api.ActionShow, Tenant: "other"})
	assert.Equal(t, restore.ArchiveKey+" is being restored into it: it cannot log in until all of that is there", shown.Tenant.Reason)
	assert.Empty(t, shown.Problems)

	s.Must(t, api.Request{Action: api.ActionSweep})
	_, err = s.TryLogin(t, "other")
	require.Error(t, err, "a sweep lets nobody in either")
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.False(t, value[bool](t, super, `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenant_other'`), "by whatever password")
	_, err = s.Try(api.Request{Action: api.ActionArchive, Tenant: "other"})
	require.ErrorContains(t, err, "an archive is being restored into the tenant")

	stranger := restore
	stranger.Run = "two"
	_, err = s.Try(stranger)
	require.ErrorContains(t, err, "another call restores an archive into this tenant")
	must(t, super, `UPDATE platform.restore SET stepped_at = now() - interval '2 minutes'`)
	require.False(t, step(t, s, stranger), "who was killed is succeeded")

	// Whatever is applied meanwhile lets nobody in, and holds afterwards.
	s.Must(t, s.Request(t, "other", "enterprise", api.StateSuspended))
	_, err = s.Try(stranger)
	require.ErrorContains(t, err, "the tenant is suspended, and an archive is restored as the tenant")
	s.Must(t, s.Request(t, "other", "enterprise", api.StateActive))
	_, err = s.TryLogin(t, "other")
	require.Error(t, err)
	finish(t, s, stranger)
}

// Whether a step was kept is known, even if its call was killed in the moment of the commit.
func TestRestoreIsKilledBetween(t *testing.T) { tenancytest.OnEach(t, testRestoreIsKilledBetween) }

func testRestoreIsKilledBetween(t *testing.T, s *tenancytest.Setup) {
	inSteps(s)
	restore := large(t, s)
	begun(t, s, restore)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	place := func() (done, rows int64) {
		t.Helper()
		require.NoError(t, super.QueryRow(ctx, `SELECT done, rows FROM platform.restore`).Scan(&done, &rows))
		return done, rows
	}
	beforeDone, beforeRows := place()
	require.False(t, step(t, s, restore))
	done, rows := place()
	require.Greater(t, done, beforeDone)
	// It was committed, and the call could not say so.
	must(t, super, fmt.Sprintf(`UPDATE platform.restore SET done = %d, rows = %d, next_done = %d, next_rows = %d, transaction = pg_current_xact_id()::text`,
		beforeDone, beforeRows, done, rows))
	require.False(t, step(t, s, restore))

	// It was not committed.
	aborted := abortedTransaction(t, super)
	must(t, super, fmt.Sprintf(`UPDATE platform.restore SET next_done = done + 1000, next_rows = rows + 1, transaction = '%s'`, aborted))
	require.False(t, step(t, s, restore))

	// It is still running.
	other := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	running, err := other.Begin(ctx)
	require.NoError(t, err)
	var transaction string
	require.NoError(t, running.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&transaction))
	must(t, super, fmt.Sprintf(`UPDATE platform.restore SET next_done = done + 1000, next_rows = rows + 1, transaction = '%s'`, transaction))
	_, err = s.Try(restore)
	require.ErrorContains(t, err, "is still running")
	require.NoError(t, running.Rollback(ctx))
	finish(t, s, restore)
}

func abortedTransaction(t *testing.T, session *pgx.Conn) (transaction string) {
	t.Helper()
	tx, err := session.Begin(ctx)
	require.NoError(t, err)
	require.NoError(t, tx.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&transaction))
	require.NoError(t, tx.Rollback(ctx))
	return transaction
}

// What is refused half way, given up for another archive, or killed before anything came, leaves nothing.
func TestRestoreIsUndone(t *testing.T) { tenancytest.OnEach(t, testRestoreIsUndone) }

func testRestoreIsUndone(t *testing.T, s *tenancytest.Setup) {
	inSteps(s)
	restore := large(t, s)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	empty := func() {
		t.Helper()
		must(t, s.Login(t, "other"), `SELECT 1`)
		assert.Zero(t, s.Must(t, api.Request{Action: api.ActionShow, Tenant: "other"}).Tenant.Tables)
		assert.Empty(t, problems(t, s, "other"))
		assert.Zero(t, value[int64](t, super, `SELECT count(*) FROM platform.restore`))
	}

	// A row that the constraints at the end refuse.
	begun(t, s, restore)
	must(t, super, `INSERT INTO tenant_other.large VALUES (1, 'twice')`)
	var err error
	for calls := 0; err == nil; calls++ {
		require.Less(t, calls, 1000)
		_, err = s.Try(restore)
	}
	require.ErrorContains(t, err, "what was restored before is dropped again")
	empty()

	// A session that was ended: the next call goes on.
	begun(t, s, restore)
	s.Archive.Fail = func(string) error { return fmt.Errorf("the network is gone") }
	_, err = s.Try(restore)
	require.ErrorContains(t, err, "the network is gone")
	s.Archive.Fail = nil
	require.False(t, step(t, s, restore))

	// Another archive, which is small.
	s.Must(t, s.Request(t, "small", "pro", api.StateActive))
	must(t, s.Login(t, "small"), `CREATE TABLE only_one (id int)`)
	small := restore
	small.ArchiveKey = s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "small"}).Archive.Key
	for done := false; !done; {
		done = step(t, s, small)
	}
	assert.Equal(t, dump(t, s, "tenant_small"), dump(t, s, "tenant_other"))
	must(t, s.Login(t, "other"), `DROP TABLE only_one`)

	// A call that was killed before its first commit.
	must(t, super, `INSERT INTO platform.restore (slug, archive_key, run) VALUES ('other', 'any', 'any')`, `UPDATE platform.tenant SET recovery_pending = true WHERE slug = 'other'`,
		`ALTER ROLE tenant_other NOLOGIN PASSWORD 'unknown'`)
	s.Must(t, api.Request{Action: api.ActionSweep})
	empty()

	// A tenant that is removed.
	begun(t, s, restore)
	for unfinished := true; unfinished; {
		unfinished = s.Must(t, api.Request{Action: api.ActionDelete, Tenant: "other"}).Unfinished != nil
	}
	_, err = s.Try(api.Request{Action: api.ActionRecord, Tenant: "other"})
	require.Equal(t, api.CodeNoTenant, api.CodeOf(err))
}
