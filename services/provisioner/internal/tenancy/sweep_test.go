package tenancy_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// The sweep ends what a tenant got around, and makes read-only who stores too much.
func TestSweep(t *testing.T) { tenancytest.OnEach(t, testSweep) }

func testSweep(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StatementTimeoutMs, request.Limits.IdleInTransactionTimeoutMs, request.Limits.StorageMiB = 100, 100, 1
	s.Must(t, request)
	sleeper, idler := s.Login(t, "acme"), s.Login(t, "acme")
	must(t, sleeper, `SET statement_timeout = 0`)
	must(t, idler, `SET idle_in_transaction_session_timeout = 0`, `BEGIN`)
	slept := make(chan error, 1)
	bystander := s.Login(t, "acme")
	go func() {
		_, err := sleeper.Exec(ctx, `SELECT pg_sleep(30)`)
		slept <- err
	}()
	sweep := api.Request{Action: api.ActionSweep}
	var done []string
	for end := time.Now().Add(time.Minute); len(done) < 2 && time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		done = append(done, s.Must(t, sweep).Problems...)
	}
	assert.ElementsMatch(t, []string{"tenant acme: cancelled a statement beyond its time", "tenant acme: ended a session that held a transaction open beyond its time"}, done)
	require.ErrorContains(t, <-slept, "canceling statement")
	must(t, bystander, `SELECT 1`)
	require.NoError(t, bystander.Close(ctx))
	_, err := idler.Exec(ctx, `SELECT 1`)
	require.Error(t, err)

	request.Limits.StatementTimeoutMs = 60_000 // on a busy machine what follows takes its time
	s.Must(t, request)
	must(t, s.Login(t, "acme"), `CREATE TABLE big AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i`)
	assert.Equal(t, []string{"tenant acme: stores 2 MiB of 1 MiB: read-only: true, may free space: true, login blocked: false"}, s.Must(t, sweep).Problems)
	assert.Empty(t, s.Must(t, sweep).Problems)
	session := s.Login(t, "acme")
	_, err = session.Exec(ctx, `SET default_transaction_read_only = off`)
	require.NoError(t, err)
	_, err = session.Exec(ctx, `INSERT INTO big VALUES (1)`)
	require.ErrorContains(t, err, "permission denied")
	assert.Empty(t, problems(t, s, "acme"))
	s.Must(t, request)
	assert.True(t, s.Must(t, api.Request{Action: api.ActionList}).Tenants[0].OverStorage, "applying again is no way out")
	request.Limits.StorageMiB = 10
	s.Must(t, request)
	must(t, s.Login(t, "acme"), `DELETE FROM big`)
}

var sweep = api.Request{Action: api.ActionSweep}

// sweepUntil sweeps until f says that it is enough.
func sweepUntil(t *testing.T, s *tenancytest.Setup, f func() bool) (done []string) {
	t.Helper()
	require.Eventually(t, func() bool {
		done = append(done, s.Must(t, sweep).Problems...)
		return f()
	}, time.Minute, 50*time.Millisecond)
	return done
}

// A function that catches that it is cancelled, and goes on, loses its session.
func TestSweepEndsWhatCannotBeCancelled(t *testing.T) {
	tenancytest.OnEach(t, testSweepEndsWhatCannotBeCancelled)
}

func testSweepEndsWhatCannotBeCancelled(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StatementTimeoutMs = 3000
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, `SET statement_timeout = 0`)
	ended := make(chan error, 1)
	go func() {
		_, err := session.Exec(ctx, `DO $$BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END$$`)
		ended <- err
	}()
	var done []string
	require.Eventually(t, func() bool {
		done = append(done, s.Must(t, sweep).Problems...)
		return len(done) > 0
	}, time.Minute, 50*time.Millisecond)
	assert.Equal(t, []string{"tenant acme: cancelled a statement beyond its time"}, done)
	require.ErrorContains(t, <-ended, "terminating connection", "by that one sweep")
}

// A tenant that has locked a table keeps neither the sweep nor the list waiting, and cannot hold the lock for long, however
// often it says a word.
func TestLockedTableHoldsNobodyUp(t *testing.T) { tenancytest.OnEach(t, testLockedTableHoldsNobodyUp) }

func testLockedTableHoldsNobodyUp(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	request.Limits.StatementTimeoutMs, request.Limits.IdleInTransactionTimeoutMs, request.Limits.StorageMiB = 300, 5000, 1
	s.Must(t, request)
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	session, other := s.Login(t, "acme"), s.Login(t, "bolt")
	must(t, session, `SET statement_timeout = 0`, `SET idle_in_transaction_session_timeout = 0`, `CREATE TABLE thing (id int)`, `BEGIN`, `LOCK TABLE thing`)
	must(t, other, `CREATE TABLE big AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i`)
	soon, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	listed, err := s.Do(soon, api.Request{Action: api.ActionList})
	require.NoError(t, err)
	assert.Greater(t, listed.Tenants[1].SizeBytes, int64(2<<20), "others are measured all the same")
	done := sweepUntil(t, s, func() bool {
		_, err := session.Exec(ctx, `SELECT 1`)
		return err != nil
	})
	assert.Contains(t, done, "tenant acme: ended a session whose transaction had taken ten times its statement time")
}

// One tenant that cannot be changed does not spare the next.
func TestSweepGoesOn(t *testing.T) { tenancytest.OnEach(t, testSweepGoesOn) }

func testSweepGoesOn(t *testing.T, s *tenancytest.Setup) {
	for _, tenant := range []string{"acme", "bolt"} {
		request := s.Request(t, tenant, "free", api.StateActive)
		request.Limits.StorageMiB = 1
		s.Must(t, request)
		must(t, s.Login(t, tenant), `CREATE TABLE big AS SELECT i, repeat('x', 100) FROM generate_series(1, 20000) i`)
	}
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `ALTER ROLE tenant_acme SUPERUSER`)
	_, err := s.Try(sweep)
	require.ErrorContains(t, err, "enforce the storage of tenant acme")
	assert.Empty(t, problems(t, s, "bolt"))
	_, err = s.Login(t, "bolt").Exec(ctx, `INSERT INTO big VALUES (1)`)
	require.Error(t, err, "read-only")
}

// Large objects lie in no schema and anybody may make them: they count all the same, and who goes on with them when it is
// read-only is shut out.
func TestLargeObjectsCount(t *testing.T) { tenancytest.OnEach(t, testLargeObjectsCount) }

func testLargeObjectsCount(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateLimited)
	request.Limits.StorageMiB = 1
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, `SET default_transaction_read_only = off`, `SELECT lo_from_bytea(4711, decode(repeat('00', 2 << 20), 'hex'))`)
	assert.Equal(t, []string{"tenant acme: stores 2 MiB of 1 MiB: read-only: true, may free space: false, login blocked: false"}, s.Must(t, sweep).Problems)
	assert.Equal(t, []string{"tenant acme: stores 2 MiB of 1 MiB: read-only: true, may free space: false, login blocked: true"}, s.Must(t, sweep).Problems)
	assert.Empty(t, s.Must(t, sweep).Problems)
	_, err := s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	s.Must(t, request)
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in", "applying again is no way out")
	assert.Contains(t, problems(t, s, "acme")[0], "it went on to store when it was read-only for its size")
	must(t, s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword), `SELECT lo_unlink(4711)`)
	s.Must(t, sweep)
	must(t, s.Login(t, "acme"), `SELECT 1`)
	assert.Empty(t, problems(t, s, "acme"))
}

// What a killed restore or removal has left, the sweep puts right; what still works, it leaves alone.
func TestSweepRecoversInterruptedWork(t *testing.T) {
	tenancytest.OnEach(t, testSweepRecoversInterruptedWork)
}

func testSweepRecoversInterruptedWork(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `ALTER ROLE tenant_acme NOLOGIN`, `ALTER ROLE tenant_acme SET temp_file_limit = -1`, `UPDATE platform.tenant SET recovery_pending = true`)
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	must(t, admin, `INSERT INTO platform.lock VALUES ('work.acme') ON CONFLICT DO NOTHING`, `BEGIN`, `SELECT FROM platform.lock WHERE name = 'work.acme' FOR UPDATE`)
	assert.Empty(t, s.Must(t, sweep).Problems, "work is under way")
	must(t, admin, `ROLLBACK`)
	assert.Equal(t, []string{"tenant acme: restored the limits and the login that an interrupted restore or deletion had changed"}, s.Must(t, sweep).Problems)
	assert.Empty(t, problems(t, s, "acme"))
	assert.Empty(t, s.Must(t, sweep).Problems)
}

// A session that does nothing for too long is ended, whatever it has set.
func TestForgottenSessionsEnd(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `SET idle_session_timeout = 0`)
	assert.Empty(t, s.Must(t, sweep).Problems, "an hour has not passed")
	s.MaxIdle = time.Millisecond
	time.Sleep(1100 * time.Millisecond) // the second that is given
	assert.Equal(t, []string{"tenant acme: ended a session that had been idle for an hour"}, s.Must(t, sweep).Problems)
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err)
}
