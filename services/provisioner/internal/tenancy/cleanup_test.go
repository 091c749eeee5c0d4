package tenancy_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

const (
	// fillUp makes two tables of some 7 MiB together.
	fillUp   = `CREATE TABLE thing AS SELECT i, repeat('x', 100) AS body FROM generate_series(1, 25000) i; CREATE TABLE other AS SELECT * FROM thing; CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'`
	whyState = `SELECT coalesce(obj_description(current_schema()::regnamespace, 'pg_namespace'), '')`
)

// overStorage makes a tenant of 4 MiB that stores more, and sweeps. The request is what applies it again.
func overStorage(t *testing.T, s *tenancytest.Setup) api.Request {
	t.Helper()
	request := s.Request(t, "acme", "pro", api.StateActive)
	request.Limits.StorageMiB = 4
	s.Must(t, request)
	must(t, s.Login(t, "acme"), fillUp)
	assert.Equal(t, []string{"tenant acme: stores 6 MiB of 4 MiB: read-only: true, may free space: true, login blocked: false"}, s.Must(t, sweep).Problems)
	return request
}

// freeing is what a person types who wants to free space, as the tenant's state says it.
var freeing = []string{`SET ROLE "tenant_acme_owner"`, `SET default_transaction_read_only = off`, `SET statement_timeout = '15min'`}

// A tenant that has passed its storage is told so in words, frees space by itself, and writes again.
func TestTenantFreesSpaceByItself(t *testing.T) { tenancytest.OnEach(t, testTenantFreesSpaceByItself) }

func testTenantFreesSpaceByItself(t *testing.T, s *tenancytest.Setup) {
	overStorage(t, s)
	session := s.Login(t, "acme")
	for _, reason := range []string{value[string](t, session, whyState), s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"}).Tenant.Reason} {
		assert.Contains(t, reason, "read-only, as it stores more than its tier allows (4 MiB, 20000 objects): until 20")
		for _, statement := range freeing {
			assert.Contains(t, reason, statement)
		}
	}
	_, err := session.Exec(ctx, `INSERT INTO thing VALUES (1)`)
	require.ErrorContains(t, err, "cannot execute INSERT in a read-only transaction", "the application, which does nothing of the kind, reads")
	must(t, session, freeing...)
	for _, statement := range []string{`CREATE TABLE more (id int)`, `CREATE INDEX ON thing (i)`, `CREATE FUNCTION two() RETURNS int LANGUAGE sql AS 'SELECT 2'`, `CREATE TABLE more AS TABLE thing`} {
		_, err := session.Exec(ctx, statement)
		require.ErrorContains(t, err, "permission denied for schema tenant_acme", statement)
	}
	assert.Empty(t, problems(t, s, "acme"))
	must(t, session, `DELETE FROM thing WHERE i > 100`, `VACUUM FULL thing`, `TRUNCATE other`, `DROP TABLE other`, `DROP FUNCTION one()`)
	assert.Equal(t, []string{"tenant acme: stores 0 MiB of 4 MiB: read-only: false, may free space: false, login blocked: false"}, s.Must(t, sweep).Problems)
	again := s.Login(t, "acme")
	must(t, again, `CREATE TABLE more (id int)`, `INSERT INTO thing VALUES (1)`)
	assert.Empty(t, value[string](t, again, whyState))
	assert.Equal(t, int64(101), value[int64](t, again, `SELECT count(*) FROM thing`))
	assert.Empty(t, problems(t, s, "acme"))
}

// To delete and to vacuum takes as long as there is data, whatever the tier allows a statement.
func TestFreeingSpaceTakesItsTime(t *testing.T) { tenancytest.OnEach(t, testFreeingSpaceTakesItsTime) }

func testFreeingSpaceTakesItsTime(t *testing.T, s *tenancytest.Setup) {
	request := overStorage(t, s)
	request.Limits.StatementTimeoutMs = 100
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, freeing...)
	done := make(chan error, 1)
	go func() {
		_, err := session.Exec(ctx, `DELETE FROM other WHERE pg_sleep(CASE i WHEN 1 THEN 4 ELSE 0 END) IS NOT NULL`)
		done <- err
	}()
	assert.Empty(t, sweepUntil(t, s, func() bool { return len(done) > 0 }))
	require.NoError(t, <-done)
}

// Who grows while it should free space may only read from then on, and who grows even then may not log in. The operator can
// open the way again.
func TestGrowingEndsFreeingSpace(t *testing.T) { tenancytest.OnEach(t, testGrowingEndsFreeingSpace) }

func testGrowingEndsFreeingSpace(t *testing.T, s *tenancytest.Setup) {
	overStorage(t, s)
	session := s.Login(t, "acme")
	must(t, session, append(freeing, `GRANT ALL ON thing TO tenant_acme WITH GRANT OPTION`, `GRANT ALL ON SCHEMA tenant_acme TO tenant_acme`,
		`INSERT INTO thing SELECT * FROM thing`)...)
	assert.Empty(t, s.Must(t, sweep).Problems, "deleting rows can rewrite others")
	must(t, session, `INSERT INTO thing SELECT * FROM thing`)
	assert.Contains(t, strings.Join(s.Must(t, sweep).Problems, "\n"), "of 4 MiB: read-only: true, may free space: false, login blocked: false")
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err, "its sessions end")
	session = s.Login(t, "acme")
	_, err = session.Exec(ctx, freeing[0])
	require.ErrorContains(t, err, "permission denied to set role")
	must(t, session, freeing[1], `SELECT count(*) FROM thing`)
	_, err = session.Exec(ctx, `INSERT INTO thing VALUES (1)`)
	require.ErrorContains(t, err, "permission denied")
	assert.Equal(t, "read-only, as it stores more than its tier allows (4 MiB, 20000 objects)", value[string](t, session, whyState))

	open := api.Request{Action: api.ActionCleanUp, Tenant: "acme"}
	assert.Contains(t, s.Must(t, open).Tenant.Reason, "it may free space")
	assert.Empty(t, s.Must(t, sweep).Problems)
	session = s.Login(t, "acme")
	must(t, session, append(freeing, `TRUNCATE thing, other`)...)
	s.Must(t, sweep)
	must(t, s.Login(t, "acme"), `INSERT INTO thing VALUES (1)`)

	_, err = s.Try(open)
	require.ErrorContains(t, err, "it can free space as it is")
	s.Must(t, s.Request(t, "acme", "pro", api.StateLimited))
	_, err = s.Try(open)
	require.ErrorContains(t, err, "the tenant is limited: resume it first")
}

// What was shut out because it grew comes back by the operator's hand, too.
func TestLoginComesBackToFreeSpace(t *testing.T) {
	tenancytest.OnEach(t, testLoginComesBackToFreeSpace)
}

func testLoginComesBackToFreeSpace(t *testing.T, s *tenancytest.Setup) {
	request := overStorage(t, s)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	for range 2 {
		must(t, super, `INSERT INTO tenant_acme.thing SELECT i, repeat('x', 1000) FROM generate_series(1, 10000) i`)
		s.Must(t, sweep)
	}
	_, err := s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "is not permitted to log in")
	shown := s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"})
	assert.True(t, shown.Tenant.LoginBlocked)
	assert.Contains(t, shown.Tenant.Reason, "grew while it was read-only: it cannot log in")
	assert.Contains(t, strings.Join(shown.Problems, "\n"), "runbooks/tenant-over-limit.md")
	s.Must(t, request)
	_, err = s.TryLogin(t, "acme")
	require.Error(t, err, "applying again is no way out")
	s.Must(t, api.Request{Action: api.ActionCleanUp, Tenant: "acme"})
	must(t, s.Login(t, "acme"), append(freeing, `DROP TABLE thing, other`)...)
	assert.False(t, s.Must(t, request).Tenant.OverStorage, "to apply it again measures it")
	must(t, s.Login(t, "acme"), `CREATE TABLE again (id int)`)
}

// The time to free space ends, and with it the sessions that are open.
func TestFreeingSpaceEnds(t *testing.T) { tenancytest.OnEach(t, testFreeingSpaceEnds) }

func testFreeingSpaceEnds(t *testing.T, s *tenancytest.Setup) {
	overStorage(t, s)
	session := s.Login(t, "acme")
	must(t, session, append(freeing, `BEGIN`, `DELETE FROM other`)...)
	s.Now = func() time.Time { return time.Now().Add(domain.CleanUpTime - time.Minute) }
	assert.Empty(t, s.Must(t, sweep).Problems)
	s.Now = func() time.Time { return time.Now().Add(domain.CleanUpTime + time.Minute) }
	assert.Equal(t, []string{"tenant acme: stores 6 MiB of 4 MiB: read-only: true, may free space: false, login blocked: false"}, s.Must(t, sweep).Problems)
	_, err := session.Exec(ctx, `COMMIT`)
	require.Error(t, err)
	assert.Equal(t, int64(25000), value[int64](t, s.Login(t, "acme"), `SELECT count(*) FROM other`))
	assert.Empty(t, s.Must(t, sweep).Problems)
	assert.Empty(t, problems(t, s, "acme"))
}

// A state that an operator has set is told in words, too.
func TestStatesAreExplained(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	for state, want := range map[api.State]string{
		api.StateLimited:   "limited by an operator: it can read, on one connection",
		api.StateSuspended: "suspended by an operator: it cannot log in",
		api.StateActive:    "",
	} {
		s.Must(t, s.Request(t, "acme", "free", state))
		assert.Equal(t, want, s.Must(t, api.Request{Action: api.ActionRecord, Tenant: "acme"}).Tenant.Reason)
		assert.Equal(t, want, value[string](t, session, `SELECT coalesce(obj_description('tenant_acme'::regnamespace, 'pg_namespace'), '')`))
	}
}
