package tenancy_test

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What one tenant does to a server that it shares with others. Each attack has worked once.

// suspension of the attacker, free it.
func TestLockTableIsFreed(t *testing.T) { tenancytest.OnEach(t, testLockTableIsFreed) }

func testLockTableIsFreed(t *testing.T, s *tenancytest.Setup) {
	attacker := s.Request(t, "acme", "free", api.StateActive)
	s.Must(t, attacker)
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	s.Must(t, sweep)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `CREATE ROLE later`, `GRANT later TO platform_admin`) // what sessions remember of roles is void after this
	assert.Equal(t, "0 of 1", value[string](t, super, `SELECT count(backend_xmin) + count(backend_xid) || ' of ' || count(*)
		FROM pg_stat_activity WHERE usename = 'platform_admin' AND state = 'idle in transaction'`), "the session in reserve does not hold up vacuum")
	fill := func() {
		t.Helper()
		_, err := s.Login(t, "acme").Exec(ctx, `SET statement_timeout = 0; SELECT count(pg_advisory_lock(i)) FROM generate_series(1, 2000000) i`, pgx.QueryExecModeSimpleProtocol)
		require.ErrorContains(t, err, "out of shared memory")
		_, err = s.TryLogin(t, "bolt")
		require.ErrorContains(t, err, "out of shared memory")
	}
	fill()
	swept := s.Must(t, sweep).Problems
	require.Len(t, swept, 1)
	assert.Regexp(t, `^tenant acme: ended a session that held [0-9]{5,} locks$`, swept[0])
	must(t, s.Login(t, "bolt"), `CREATE TABLE thing (id int)`)

	fill()
	attacker.State = api.StateSuspended
	s.Must(t, attacker)
	must(t, s.Login(t, "bolt"), `INSERT INTO thing VALUES (1)`)
}

// A tenant whose sessions come back to fill the table again is suspended.
func TestReturningAttackerIsSuspended(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t, "log_statement=none")
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	s.Must(t, sweep)
	url := s.Connection(t, "acme").LibpqURL + "&sslrootcert=" + s.Server.CAFile
	attacking, stop := context.WithCancel(ctx)
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			for attacking.Err() == nil {
				connection, err := pgx.Connect(attacking, url)
				if err != nil {
					continue
				}
				_, _ = connection.Exec(attacking, `SELECT count(pg_advisory_lock(pg_backend_pid(), i)) FROM generate_series(1, 2000000) i`)
				_, _ = connection.WaitForNotification(attacking) // until it is ended
				_ = connection.Close(ctx)
			}
		})
	}
	t.Cleanup(func() {
		stop()
		group.Wait()
	})
	suspended := false
	for deadline := time.Now().Add(5 * time.Minute); !suspended && time.Now().Before(deadline); time.Sleep(300 * time.Millisecond) {
		response, err := s.Try(sweep)
		said := strings.Join(response.Problems, "\n")
		if err != nil {
			said = err.Error()
		}
		suspended = strings.Contains(said, "tenant acme: suspended, as its sessions filled the table of locks again and again")
	}
	assert.True(t, suspended)
	shown := s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"}).Tenant
	assert.Equal(t, api.StateSuspended, shown.State)
	assert.Equal(t, "suspended by the sweep: it cannot log in", shown.Reason)
	require.NotNil(t, shown.Hold)
	assert.Equal(t, "its sessions filled the table of locks again and again", shown.Hold.Why)
	must(t, s.Login(t, "bolt"), `CREATE TABLE thing (id int)`)
}

// A tenant takes advisory locks of every name that it can guess. The provisioner's own are not among them.
func TestNoTenantHoldsTheProvisionersLocks(t *testing.T) {
	tenancytest.OnEach(t, testNoTenantHoldsTheProvisionersLocks)
}

func testNoTenantHoldsTheProvisionersLocks(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	victim := s.Request(t, "bolt", "free", api.StateActive)
	s.Must(t, victim)
	session := s.Login(t, "acme")
	must(t, session, `SELECT pg_advisory_lock(hashtextextended(n, 0)) FROM unnest(ARRAY['platform.sweep', 'platform.tenant.bolt', 'platform.work.bolt', 'platform.creation', 'platform.hardening']) n`)
	assert.Empty(t, s.Must(t, sweep).Warnings)
	victim.State = api.StateSuspended
	s.Must(t, victim)
	must(t, session, `SELECT 1`) // nobody minds
	for _, statement := range []string{`SELECT * FROM platform.lock FOR UPDATE`, `DO $$BEGIN LOCK TABLE platform.lock; END$$`, `INSERT INTO platform.lock VALUES ('platform.sweep')`} {
		_, err := session.Exec(ctx, statement)
		require.ErrorContains(t, err, "permission denied", statement)
	}
}

// One sweep that finds another at work is none the worse; a second in a row is an error, and so an alarm.
func TestSecondSkippedSweepIsAnError(t *testing.T) {
	tenancytest.OnEach(t, testSecondSkippedSweepIsAnError)
}

func testSecondSkippedSweepIsAnError(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, sweep)
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	for range 2 {
		must(t, admin, `BEGIN`, `SELECT FROM platform.lock WHERE name = 'sweep' FOR UPDATE`)
		assert.Equal(t, []string{"another sweep is running"}, s.Must(t, sweep).Warnings)
		_, err := s.Try(sweep)
		require.ErrorContains(t, err, "2 sweeps in a row have been skipped, as another holds the lock")
		must(t, admin, `ROLLBACK`)
		assert.Empty(t, s.Must(t, sweep).Warnings)
	}
}

// its storage.
func TestUnmeasurableTenantStopsNobody(t *testing.T) {
	tenancytest.OnEach(t, testUnmeasurableTenantStopsNobody)
}

func testUnmeasurableTenantStopsNobody(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	must(t, s.Login(t, "acme"), `SELECT lo_create(770001)`, `REVOKE SELECT ON LARGE OBJECT 770001 FROM tenant_acme_owner`)
	must(t, s.Login(t, "bolt"), `CREATE TABLE thing (id int)`)
	for _, r := range []api.Request{{Action: api.ActionShow, Tenant: "bolt"}, {Action: api.ActionArchive, Tenant: "bolt"}, {Action: api.ActionShow, Tenant: "acme"}} {
		s.Must(t, r)
	}
	listed := s.Must(t, api.Request{Action: api.ActionList})
	assert.Len(t, listed.Tenants, 2)
	assert.Equal(t, []string{"tenant acme: its large objects cannot be measured, so it counts as over its storage"}, listed.Warnings)
	swept := s.Must(t, sweep).Problems
	require.Len(t, swept, 1)
	assert.Contains(t, swept[0], "tenant acme: cannot be measured, which counts as over its 256 MiB: read-only: true")
	must(t, s.Login(t, "bolt"), `INSERT INTO thing VALUES (1)`)
}

// A tenant has granted on with the right to grant, so that what it granted depends on that: it becomes read-only all the same.
func TestGrantsDoNotKeepATenantWriting(t *testing.T) {
	tenancytest.OnEach(t, testGrantsDoNotKeepATenantWriting)
}

func testGrantsDoNotKeepATenantWriting(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	must(t, s.Login(t, "acme"), `CREATE TABLE thing (id serial)`, `CREATE FUNCTION sneak() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'INSERT INTO thing DEFAULT VALUES RETURNING id'`,
		`GRANT ALL ON thing, thing_id_seq TO tenant_acme WITH GRANT OPTION`, `GRANT EXECUTE ON FUNCTION sneak() TO tenant_acme WITH GRANT OPTION`, `SET ROLE NONE`,
		`GRANT ALL ON thing, thing_id_seq TO PUBLIC`, `GRANT EXECUTE ON FUNCTION sneak() TO PUBLIC`)
	s.Must(t, s.Request(t, "acme", "free", api.StateLimited))
	session := s.Login(t, "acme")
	must(t, session, `SET default_transaction_read_only = off`, `SELECT * FROM thing`)
	for _, statement := range []string{`INSERT INTO thing VALUES (1)`, `SELECT sneak()`, `SELECT nextval('thing_id_seq')`} {
		_, err := session.Exec(ctx, statement)
		require.ErrorContains(t, err, "permission denied", statement)
	}
	assert.Empty(t, problems(t, s, "acme"))
}

// A grant in a transaction that the tenant leaves open holds up neither its limitation nor the sweep.
func TestOpenGrantHoldsNothingUp(t *testing.T) { tenancytest.OnEach(t, testOpenGrantHoldsNothingUp) }

func testOpenGrantHoldsNothingUp(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "pro", api.StateActive)
	s.Must(t, request)
	open := func() {
		t.Helper()
		must(t, s.Login(t, "acme"), `SET idle_in_transaction_session_timeout = 0`, `BEGIN`, `GRANT SELECT ON thing TO PUBLIC`)
	}
	must(t, s.Login(t, "acme"), `CREATE TABLE thing AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i`)
	open()
	request.State = api.StateLimited
	s.Must(t, request)
	request.State, request.Limits.StorageMiB = api.StateActive, 1
	s.Must(t, request)
	open()
	assert.Equal(t, []string{"tenant acme: stores 2 MiB of 1 MiB: read-only: true, may free space: true, login blocked: false"}, s.Must(t, sweep).Problems)
	_, err := s.Login(t, "acme").Exec(ctx, `DROP TABLE thing`)
	require.Error(t, err)
}

// A cast runs its function without asking who may: so no function of a tenant that may not write runs as its owner.
func TestNoFunctionWritesForAReader(t *testing.T) {
	tenancytest.OnEach(t, testNoFunctionWritesForAReader)
}

func testNoFunctionWritesForAReader(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StorageMiB = 1
	s.Must(t, request)
	must(t, s.Login(t, "acme"), `CREATE TABLE thing AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i`, `CREATE TYPE mood AS ENUM ('ok')`,
		`CREATE FUNCTION sneak(mood) RETURNS json LANGUAGE plpgsql SECURITY DEFINER AS $$BEGIN INSERT INTO thing VALUES (0); RETURN '{}'; END$$`,
		`CREATE CAST (mood AS json) WITH FUNCTION sneak(mood)`)
	s.Must(t, sweep)
	refused := func() {
		t.Helper()
		session := s.Login(t, "acme")
		must(t, session, `SET default_transaction_read_only = off`)
		_, err := session.Exec(ctx, `SELECT to_json('ok'::mood)`)
		require.ErrorContains(t, err, "permission denied for table thing")
		require.NoError(t, session.Close(ctx))
	}
	refused()
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `ALTER FUNCTION tenant_acme.sneak(tenant_acme.mood) SECURITY DEFINER`)
	assert.Equal(t, []string{"tenant acme: its functions run as their owner, though it may not write: enforced again"}, s.Must(t, sweep).Problems)
	refused()
	assert.Empty(t, s.Must(t, sweep).Problems)
	for _, held := range []string{"may free space: false, login blocked: false", "may free space: false, login blocked: true"} {
		must(t, super, `INSERT INTO tenant_acme.thing SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i`)
		assert.Contains(t, strings.Join(s.Must(t, sweep).Problems, "\n"), "of 1 MiB: read-only: true, "+held)
	}
	_, err := s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
}

// A statement that PostgreSQL cannot interrupt goes on when its session was ended: the sweep says so, and fails.
func TestSessionThatDoesNotEndIsAnError(t *testing.T) {
	tenancytest.OnEach(t, testSessionThatDoesNotEndIsAnError)
}

func testSessionThatDoesNotEndIsAnError(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StatementTimeoutMs = 100
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, `SET statement_timeout = 0`)
	running, cancel := context.WithCancel(ctx)
	pid := int(session.PgConn().PID())
	ended := make(chan struct{})
	t.Cleanup(func() {
		cancel()
		_ = syscall.Kill(pid, syscall.SIGKILL) // the server would wait for it
		<-ended                                // then the session may be closed
	})
	go func() {
		defer close(ended)
		_, _ = session.Exec(running, `SELECT (SELECT array_agg(g) FROM generate_series(1, 100000) g) && (SELECT array_agg(-g) FROM generate_series(1, 100000) g)`)
	}()
	require.Eventually(t, func() bool {
		_, err := s.Try(sweep)
		if err == nil {
			return false
		}
		require.ErrorContains(t, err, "tenant acme: sessions still run after they were terminated: 1")
		return true
	}, time.Minute, 100*time.Millisecond)
	request.State = api.StateSuspended
	_, err := s.Try(request)
	require.ErrorContains(t, err, "the tenant's login is blocked, but sessions still run after they were terminated: 1")
}
