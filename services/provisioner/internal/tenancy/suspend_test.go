package tenancy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// Whatever the tenant holds, and whatever else fails, a suspension keeps it out.
func TestSuspensionHolds(t *testing.T) { tenancytest.OnEach(t, testSuspensionHolds) }

func testSuspensionHolds(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "pro", api.StateActive)
	s.Must(t, request)
	session := s.Login(t, "acme")
	must(t, session, `SET idle_in_transaction_session_timeout = 0`, `CREATE TABLE thing (id int)`, `BEGIN`, `LOCK TABLE thing`, `SET ROLE NONE`,
		`ALTER ROLE tenant_acme PASSWORD 'its own'`, `ALTER ROLE tenant_acme SET work_mem = '1GB'`)
	s.Secrets.Delete(request.SecretARN)
	request.State, request.Reason, request.By = api.StateSuspended, "its password leaked", "maria"
	_, err := s.Try(request)
	require.ErrorContains(t, err, "the tenant is suspended, but the rest failed: read the tenant's secret")
	_, err = session.Exec(ctx, `SELECT 1`)
	require.Error(t, err)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.False(t, value[bool](t, super, `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenant_acme'`))
	shown := s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"}).Tenant
	assert.Equal(t, api.StateSuspended, shown.State, "the record says so, too")
	require.NotNil(t, shown.Hold)
	assert.Equal(t, api.Hold{Why: "its password leaked", By: "maria", Since: shown.Hold.Since}, *shown.Hold)
	assert.WithinDuration(t, time.Now(), shown.Hold.Since, 5*time.Minute)
	s.Must(t, sweep)
	assert.False(t, value[bool](t, super, `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenant_acme'`))

	s.Secrets.Make(request.SecretARN)
	s.Must(t, request)
	request.State, request.Reason, request.By = api.StateActive, "", ""
	s.Must(t, request)
	must(t, s.Login(t, "acme"), `INSERT INTO thing VALUES (1)`)
}

// Why a tenant was suspended, by whom and since when, is kept until it is resumed, and no tenant can read it.
func TestSuspensionHasAReason(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	shown := func() *api.Hold {
		t.Helper()
		return s.Must(t, api.Request{Action: api.ActionShow, Tenant: "acme"}).Tenant.Hold
	}
	request := s.Request(t, "acme", "free", api.StateActive)
	s.Must(t, request)
	assert.Nil(t, shown())
	request.State, request.Reason, request.By = api.StateSuspended, "does not pay", "maria"
	held := s.Must(t, request).Tenant.Hold
	require.NotNil(t, held)
	assert.Equal(t, api.Hold{Why: "does not pay", By: "maria", Since: held.Since}, *held)
	assert.WithinDuration(t, time.Now(), held.Since, 5*time.Minute)
	request.Reason, request.By = "", "" // as its stack says it
	request.Tier = "starter"
	assert.Equal(t, held, s.Must(t, request).Tenant.Hold)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Equal(t, "suspended by an operator: it cannot log in", value[string](t, super, `SELECT obj_description('tenant_acme'::regnamespace, 'pg_namespace')`))

	request.State, request.Reason, request.By = api.StateLimited, "may read what it paid for", "noor"
	s.Must(t, request)
	held = shown()
	require.NotNil(t, held)
	assert.Equal(t, api.Hold{Why: "may read what it paid for", By: "noor", Since: held.Since}, *held)
	request.State, request.Reason, request.By = api.StateActive, "", ""
	assert.Nil(t, s.Must(t, request).Tenant.Hold)
	assert.Nil(t, shown())
}

// slowly makes an archive that takes some seconds to be restored.
func slowly(t *testing.T, s *tenancytest.Setup) (restore api.Request) {
	t.Helper()
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	must(t, s.Login(t, "acme"), `CREATE TABLE thing (id int)`, `INSERT INTO thing VALUES (1)`,
		`CREATE FUNCTION slow(n int) RETURNS bool LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(4); RETURN true; END'`,
		`ALTER TABLE thing ADD CONSTRAINT slowly CHECK (slow(id))`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	other := s.Request(t, "other", "pro", api.StateActive)
	other.Limits.StatementTimeoutMs, other.Limits.IdleInTransactionTimeoutMs = 100, 100
	s.Must(t, other)
	return api.Request{Action: api.ActionRestore, Tenant: "other", ArchiveKey: archived.Key}
}

// begin runs a request beside the test, and waits until the restore is at work.
func begin(t *testing.T, s *tenancytest.Setup, request api.Request) chan error {
	t.Helper()
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword) // before it begins, or a busy machine sees only its end
	failure := make(chan error, 1)
	go func() {
		_, err := s.Try(request)
		failure <- err
	}()
	for deadline := time.Now().Add(5 * time.Minute); !value[bool](t, super,
		`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE usename = 'tenant_other' AND query LIKE '%slowly%' AND state = 'active')`); {
		require.Empty(t, failure, "it is over, and was not seen at work")
		require.True(t, time.Now().Before(deadline), "it does not begin")
		time.Sleep(10 * time.Millisecond)
	}
	return failure
}

// The sweep leaves the provisioner's own session alone, which restores beyond the tenant's limits, and no other.
func TestSweepExemptsRestore(t *testing.T) { tenancytest.OnEach(t, testSweepExemptsRestore) }

func testSweepExemptsRestore(t *testing.T, s *tenancytest.Setup) {
	restore := slowly(t, s)
	acme := s.Request(t, "acme", "pro", api.StateActive)
	acme.Limits.StatementTimeoutMs, acme.Limits.IdleInTransactionTimeoutMs = 100, 100
	s.Must(t, acme)
	failure := begin(t, s, restore)
	idler := s.Login(t, "acme")
	must(t, idler, `SET application_name = provisioner`, `SET idle_in_transaction_session_timeout = 0`, `BEGIN`)
	done := sweepUntil(t, s, func() bool { return len(failure) > 0 })
	require.NoError(t, <-failure)
	require.Len(t, done, 1, "the idle one")
	assert.Contains(t, done[0], "tenant acme: ended a session ")
	assert.Empty(t, problems(t, s, "other"))
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Equal(t, int64(1), value[int64](t, super, `SELECT count(*) FROM tenant_other.thing`))
	assert.Zero(t, value[int64](t, super, `SELECT count(*) FROM platform.tenant WHERE recovery_pending OR restore_pid IS NOT NULL`))
}

// A tenant that is suspended while its archive is restored stays suspended, and its schema empty.
func TestSuspensionEndsRestore(t *testing.T) { tenancytest.OnEach(t, testSuspensionEndsRestore) }

func testSuspensionEndsRestore(t *testing.T, s *tenancytest.Setup) {
	failure := begin(t, s, slowly(t, s))
	_, err := s.Try(api.Request{Action: api.ActionRestore, Tenant: "nobody", ArchiveKey: "archives/test/x.sql.gz"})
	require.Error(t, err)
	suspended := s.Request(t, "other", "pro", api.StateSuspended)
	s.Must(t, suspended)
	require.Error(t, <-failure)
	_, err = s.TryLogin(t, "other")
	require.ErrorContains(t, err, "is not permitted to log in")
	assert.Empty(t, problems(t, s, "other"))
	shown := s.Must(t, api.Request{Action: api.ActionShow, Tenant: "other"}).Tenant
	assert.Equal(t, api.StateSuspended, shown.State)
	assert.Zero(t, shown.Tables)
}

// An empty schema is dropped although its tenant is making something there at that moment, which never was.
func TestDeleteBlocksLoginFirst(t *testing.T) { tenancytest.OnEach(t, testDeleteBlocksLoginFirst) }

func testDeleteBlocksLoginFirst(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `BEGIN`, `CREATE TABLE late (id int)`)
	s.Must(t, api.Request{Action: api.ActionDelete, Tenant: "acme"})
	_, err := session.Exec(ctx, `COMMIT`)
	require.Error(t, err)

	// Objects without a record are refused, and nothing is taken.
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	must(t, s.Login(t, "acme"), `CREATE TABLE thing (id int)`)
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `DELETE FROM platform.tenant`)
	_, err = s.Try(api.Request{Action: api.ActionDelete, Tenant: "acme"})
	require.ErrorContains(t, err, "there is no record of it: apply the tenant again, archive it, then delete it")
	must(t, s.Login(t, "acme"), `INSERT INTO thing VALUES (1)`)
}
