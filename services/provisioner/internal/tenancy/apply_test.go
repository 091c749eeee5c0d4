package tenancy_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var ctx = context.Background()

// must runs statements on a connection and fails the test on the first that does not.
func must(t *testing.T, connection *pgx.Conn, statements ...string) {
	t.Helper()
	for _, statement := range statements {
		_, err := connection.Exec(ctx, statement)
		require.NoError(t, err, statement)
	}
}

// value reads one value.
func value[T any](t *testing.T, connection *pgx.Conn, query string, args ...any) T {
	t.Helper()
	var v T
	require.NoError(t, connection.QueryRow(ctx, query, args...).Scan(&v), query)
	return v
}

// problems are what check finds of a tenant.
func problems(t *testing.T, s *tenancytest.Setup, tenant string) []string {
	t.Helper()
	return s.Must(t, api.Request{Action: api.ActionCheck, Tenant: tenant}).Problems
}

// A tenant's life on a real server, and what the database itself says at each step.
func TestLife(t *testing.T) { tenancytest.OnEach(t, testLife) }

func testLife(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme-corp", "free", api.StateActive)
	made := s.Must(t, request)
	assert.Empty(t, made.Warnings)
	assert.Equal(t, "tenant_acme-corp", made.Tenant.Schema)
	assert.Equal(t, "main", made.Tenant.Database)
	assert.Empty(t, problems(t, s, "acme-corp"))

	c := s.Connection(t, "acme-corp")
	assert.True(t, strings.HasPrefix(c.URL, "postgresql://tenant_acme-corp:"+c.Password+"@127.0.0.1:"), "the form that Prisma takes")
	assert.True(t, strings.HasSuffix(c.URL, "/platform?schema=tenant_acme-corp&sslmode=require&sslaccept=strict&connection_limit=2"))
	assert.Equal(t, 2, c.ConnectionLimit, "one of three is left to a migration")
	assert.NotContains(t, s.Server.Log(t), c.Password, "no statement carries the password")

	session := s.Login(t, "acme-corp")
	must(t, session, `CREATE TABLE thing (id serial PRIMARY KEY, name text)`, `INSERT INTO thing (name) VALUES ('a'), ('b')`)
	assert.Equal(t, "tenant_acme-corp_owner", value[string](t, session, `SELECT tableowner FROM pg_tables WHERE schemaname = 'tenant_acme-corp'`))
	for name, want := range map[string]string{
		"search_path": `"tenant_acme-corp"`, "statement_timeout": "5s", "idle_in_transaction_session_timeout": "10s",
		"work_mem": "2MB", "temp_file_limit": "64MB",
	} {
		assert.Equal(t, want, value[string](t, session, `SELECT current_setting($1)`, name), name)
	}

	// The same again changes nothing and ends no session.
	s.Must(t, request)
	assert.Equal(t, c, s.Connection(t, "acme-corp"))
	must(t, session, `SELECT 1`)

	// A higher tier, then a lower one, which ends the session that had more.
	higher := s.Request(t, "acme-corp", "pro", api.StateActive)
	s.Must(t, higher)
	must(t, session, `SELECT 1`)
	assert.Equal(t, 14, s.Connection(t, "acme-corp").ConnectionLimit)
	assert.Equal(t, c.Password, s.Connection(t, "acme-corp").Password)
	assert.Equal(t, "30s", value[string](t, s.Login(t, "acme-corp"), `SHOW statement_timeout`))
	s.Must(t, request)
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err)

	// Suspended while connected.
	session = s.Login(t, "acme-corp")
	suspended := s.Request(t, "acme-corp", "free", api.StateSuspended)
	s.Must(t, suspended)
	s.Must(t, suspended)
	_, err = session.Exec(ctx, `SELECT 1`)
	require.Error(t, err, "the session is ended")
	_, err = s.TryLogin(t, "acme-corp")
	require.ErrorContains(t, err, "is not permitted to log in")
	assert.Equal(t, c, s.Connection(t, "acme-corp"), "the password survives")
	assert.Empty(t, problems(t, s, "acme-corp"))

	// Resumed, exactly as before.
	s.Must(t, request)
	session = s.Login(t, "acme-corp")
	must(t, session, `INSERT INTO thing (name) VALUES ('c')`, `CREATE TABLE other (id int)`)
	assert.Equal(t, int64(3), value[int64](t, session, `SELECT count(*) FROM thing`))
	assert.Empty(t, problems(t, s, "acme-corp"))
}

// Limited tenants read on one connection and cannot write, whatever they prepared and whatever they set.
func TestLimited(t *testing.T) { tenancytest.OnEach(t, testLimited) }

func testLimited(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE thing (id serial PRIMARY KEY, n int)`, `INSERT INTO thing (n) VALUES (1)`,
		`CREATE FUNCTION plain(n int) RETURNS int LANGUAGE sql AS 'SELECT n + 1'`,
		`CREATE FUNCTION sneak() RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO thing (n) VALUES (9); RETURN 1; END'`,
		`CREATE FUNCTION step(a int, b int) RETURNS int LANGUAGE plpgsql SECURITY DEFINER AS 'BEGIN INSERT INTO thing (n) VALUES (9); RETURN 1; END'`,
		`CREATE AGGREGATE sneaky(int) (SFUNC = step, STYPE = int, INITCOND = '0')`,
		`CREATE VIEW seen AS SELECT plain(n) AS n FROM thing`,
		`GRANT ALL ON ALL TABLES IN SCHEMA tenant_acme TO tenant_acme`, `GRANT INSERT (n) ON thing TO tenant_acme, PUBLIC`,
		`GRANT ALL ON ALL SEQUENCES IN SCHEMA tenant_acme TO tenant_acme`,
		`GRANT EXECUTE ON ALL ROUTINES IN SCHEMA tenant_acme TO tenant_acme, PUBLIC`)
	s.Must(t, s.Request(t, "acme", "free", api.StateLimited))
	_, err := session.Exec(ctx, `SELECT 1`)
	require.Error(t, err, "sessions that could write are ended")
	assert.Empty(t, problems(t, s, "acme"))

	session = s.Login(t, "acme")
	assert.Equal(t, 2, value[int](t, session, `SELECT n FROM seen`), "it still reads, by views and functions too")
	_, err = s.TryLogin(t, "acme")
	require.ErrorContains(t, err, "too many connections for role")
	must(t, session, `SET default_transaction_read_only = off`)
	for _, statement := range []string{
		`INSERT INTO thing (n) VALUES (2)`, `UPDATE thing SET n = 2`, `DELETE FROM thing`, `TRUNCATE thing`, `DROP TABLE thing`,
		`CREATE TABLE another (id int)`, `CREATE TEMP TABLE another (id int)`, `SELECT nextval('thing_id_seq')`, `SELECT setval('thing_id_seq', 9)`,
		`SELECT sneak()`, `SELECT sneaky(n) FROM thing`, `SET ROLE tenant_acme_owner`, `ALTER TABLE thing ADD COLUMN x int`,
		`GRANT tenant_acme_owner TO tenant_acme`, `ALTER ROLE tenant_acme CONNECTION LIMIT 10`, `SELECT n FROM thing FOR UPDATE`,
	} {
		_, err := session.Exec(ctx, statement)
		assert.ErrorContains(t, err, "", statement)
		if err == nil {
			t.Errorf("a limited tenant could: %s", statement)
		}
	}
	assert.Equal(t, int64(1), value[int64](t, session, `SELECT count(*) FROM thing`))

	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	session = s.Login(t, "acme")
	must(t, session, `INSERT INTO thing (n) VALUES (2)`, `SELECT sneak()`, `SELECT sneaky(n) FROM thing`, `DROP VIEW seen`)
}

// Rotation makes a new password; whenever a run dies, the next one repairs what it left.
func TestRotationSurvivesEveryKill(t *testing.T) {
	tenancytest.OnEach(t, testRotationSurvivesEveryKill)
}

func testRotationSurvivesEveryKill(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	for _, stage := range []tenancy.Stage{tenancy.Pending, tenancy.Current} {
		for version := 1; version <= 2; version++ {
			request.PasswordVersion++
			s.Secrets.Fail = func(_ string, at tenancy.Stage) error {
				if at == stage {
					return errors.New("killed")
				}
				return nil
			}
			_, err := s.Try(request)
			require.ErrorContains(t, err, "killed")
			s.Secrets.Fail = nil
			s.Must(t, request)
			assert.Equal(t, request.PasswordVersion, s.Connection(t, "acme").PasswordVersion)
			require.NoError(t, s.Login(t, "acme").Close(ctx))
		}
	}
	before := s.Connection(t, "acme")
	request.PasswordVersion++
	s.Must(t, request)
	assert.NotEqual(t, before.Password, s.Connection(t, "acme").Password)
	_, err := pgx.Connect(ctx, before.LibpqURL+"&sslrootcert="+s.Server.CAFile)
	require.ErrorContains(t, err, "password authentication failed")

	// Who asks for an older one, as after a rotation that failed half way, changes what it wants and keeps the newest.
	newest := s.Connection(t, "acme")
	request.PasswordVersion--
	request.State = api.StateLimited
	limited := s.Must(t, request)
	assert.Equal(t, request.PasswordVersion+1, limited.Tenant.PasswordVersion)
	assert.Equal(t, newest, s.Connection(t, "acme"), "an old password does not come back")
	require.NoError(t, s.Login(t, "acme").Close(ctx))
}

// Whatever somebody changed by hand is found by check and repaired by the next apply.
func TestDriftIsRepaired(t *testing.T) { tenancytest.OnEach(t, testDriftIsRepaired) }

func testDriftIsRepaired(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	s.Must(t, request)
	s.Must(t, s.Request(t, "bolt", "free", api.StateActive))
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	tenant := s.Login(t, "acme")
	for name, drift := range map[string]struct {
		by        *pgx.Conn
		statement string
		want      string
	}{
		"a setting of its own":      {tenant, `SET ROLE NONE; ALTER ROLE tenant_acme SET statement_timeout = 0; SET ROLE tenant_acme_owner`, "its setting statement_timeout is 0, expected 5000ms"},
		"one in this database only": {tenant, `SET ROLE NONE; ALTER ROLE tenant_acme IN DATABASE platform SET work_mem = '1GB'; SET ROLE tenant_acme_owner`, "in one database alone"},
		"one that is not pinned":    {tenant, `SET ROLE NONE; ALTER ROLE tenant_acme SET enable_seqscan = off; SET ROLE tenant_acme_owner`, "its setting enable_seqscan is off, expected none"},
		"a password of its own":     {tenant, `SET ROLE NONE; ALTER ROLE tenant_acme PASSWORD 'short'; SET ROLE tenant_acme_owner`, ""},
		"more connections":          {super, `ALTER ROLE tenant_acme CONNECTION LIMIT -1`, "its role's connection limit is -1, expected 3"},
		"an open schema":            {super, `GRANT USAGE ON SCHEMA tenant_acme TO PUBLIC`, "its schema is open to everybody"},
		"no login":                  {super, `ALTER ROLE tenant_acme NOLOGIN`, "its role may log in: false"},
		"power":                     {super, `ALTER ROLE tenant_acme CREATEROLE`, "an attribute that no tenant may have"},
	} {
		_, err := drift.by.Exec(ctx, drift.statement)
		require.NoError(t, err, name)
		if drift.want != "" {
			assert.Contains(t, strings.Join(problems(t, s, "acme"), "\n"), drift.want, name)
		}
		s.Must(t, request)
		assert.Empty(t, problems(t, s, "acme"), name)
		require.NoError(t, s.Login(t, "acme").Close(ctx), name)
	}
	// From version 16 on the administrator cannot revoke what another has granted.
	must(t, super, `GRANT tenant_acme_owner TO tenant_bolt`)
	assert.Contains(t, problems(t, s, "acme"), "tenant acme: tenant_bolt is a member of tenant_acme_owner")
	_, err := s.Try(request)
	if value[int](t, super, `SELECT current_setting('server_version_num')::int`) >= 160000 {
		require.ErrorContains(t, err, "tenant_bolt is a member of tenant_acme_owner, which rdsadmin granted and the administrator cannot revoke: have rdsadmin revoke it")
		must(t, super, `REVOKE tenant_acme_owner FROM tenant_bolt`)
		_, err = s.Try(request)
	}
	require.NoError(t, err)
	assert.Empty(t, problems(t, s, "acme"))

	must(t, super, `ALTER ROLE tenant_acme SUPERUSER`)
	_, err = s.Try(request)
	require.ErrorContains(t, err, "somebody has made the tenant's role a superuser")
	must(t, super, `ALTER ROLE tenant_acme NOSUPERUSER`)

	// The database itself is closed again, too, and whatever other database the administrator could close.
	must(t, super, `CREATE ROLE keeper`, `CREATE DATABASE side OWNER keeper`, `GRANT keeper TO `+s.Server.Admin)
	for loosen, open := range map[string]string{
		`GRANT CONNECT ON DATABASE side TO PUBLIC`:       `has_database_privilege('tenant_bolt', 'side', 'CONNECT')`,
		`GRANT TEMPORARY ON DATABASE platform TO PUBLIC`: `has_database_privilege('tenant_bolt', 'platform', 'TEMPORARY')`,
		`GRANT USAGE ON SCHEMA public TO PUBLIC`:         `has_schema_privilege('tenant_bolt', 'public', 'USAGE')`,
		`GRANT CREATE ON SCHEMA public TO PUBLIC`:        `has_schema_privilege('tenant_bolt', 'public', 'CREATE')`,
	} {
		must(t, super, loosen)
		s.Must(t, request)
		assert.False(t, value[bool](t, super, `SELECT `+open), loosen)
	}
}

// A server whose administrator may not limit temporary files says so, and makes the tenant all the same.
func TestServerWithoutTheRightToLimitFiles(t *testing.T) {
	tenancytest.OnEach(t, testServerWithoutTheRightToLimitFiles)
}

func testServerWithoutTheRightToLimitFiles(t *testing.T, s *tenancytest.Setup) {
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	must(t, super, `REVOKE SET ON PARAMETER temp_file_limit FROM platform_admin`)
	made := s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	assert.Equal(t, []string{"temp_file_limit is not 65536kB for this tenant, as this server does not let its administrator set it: set it for the whole server in the parameter group"}, made.Warnings)
	session := s.Login(t, "acme")
	must(t, session, `CREATE TABLE thing (id int)`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	s.Must(t, s.Request(t, "other", "free", api.StateActive))
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "other", ArchiveKey: archived.Key})
	assert.Empty(t, problems(t, s, "other"))
}

func TestCeiling(t *testing.T) { tenancytest.OnEach(t, testCeiling) }

func testCeiling(t *testing.T, s *tenancytest.Setup) {
	s.Ceiling = 2
	s.Must(t, s.Request(t, "one", "free", api.StateActive))
	s.Must(t, s.Request(t, "two", "free", api.StateActive))
	_, err := s.Try(s.Request(t, "three", "free", api.StateActive))
	require.ErrorContains(t, err, "the number of tenants in the database, 2, has reached its ceiling of 2: offboard tenants that have left")
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Zero(t, value[int64](t, super, `SELECT count(*) FROM pg_roles WHERE rolname LIKE '%three%'`), "nothing is left of it")
	s.Must(t, s.Request(t, "two", "pro", api.StateActive))
}

// Many at once: different tenants go side by side, the same one goes one after the other, and none fails.
func TestConcurrency(t *testing.T) { tenancytest.OnEach(t, testConcurrency) }

func testConcurrency(t *testing.T, s *tenancytest.Setup) {
	var group sync.WaitGroup
	failures := make(chan error, 64)
	for _, tenant := range []string{"one", "two", "three", "four"} {
		request := s.Request(t, tenant, "free", api.StateActive)
		for range 4 {
			provisioner := s.Another(t)
			group.Go(func() {
				_, err := provisioner.Do(ctx, request)
				failures <- err
			})
		}
	}
	group.Wait()
	close(failures)
	for err := range failures {
		require.NoError(t, err)
	}
	assert.Len(t, s.Must(t, api.Request{Action: api.ActionList}).Tenants, 4)
	for _, tenant := range []string{"one", "two", "three", "four"} {
		assert.Empty(t, problems(t, s, tenant))
		require.NoError(t, s.Login(t, tenant).Close(ctx))
	}
}

func TestFailuresSayWhatToDo(t *testing.T) { tenancytest.OnEach(t, testFailuresSayWhatToDo) }

func testFailuresSayWhatToDo(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "free", api.StateActive)
	s.Secrets.Delete(request.SecretARN)
	_, err := s.Try(request)
	require.ErrorContains(t, err, "apply tenant acme: read the tenant's secret arn:aws:secretsmanager:us-east-1:123456789012:secret:platform/test/tenants/acme: secret")
	super := s.Server.Connect(t, s.Server.Superuser, s.Server.SuperuserPassword)
	assert.Zero(t, value[int64](t, super, `SELECT count(*) FROM pg_roles WHERE rolname LIKE 'tenant%'`), "nothing is left of it")

	// A secret that was emptied, or holds something else, gets the connection again.
	request = s.Request(t, "acme", "free", api.StateActive)
	s.Must(t, request)
	require.NoError(t, s.Secrets.Write(ctx, request.SecretARN, tenancy.Current, []byte("by hand")))
	s.Must(t, request)
	require.NoError(t, s.Login(t, "acme").Close(ctx))

	_, err = s.Try(api.Request{Action: api.ActionArchive, Tenant: "nobody"})
	require.ErrorContains(t, err, "archive tenant nobody: there is no such tenant")

	s.Server.AdminPassword = "wrong"
	stranger := s.Another(t)
	_, err = stranger.Do(ctx, request)
	require.ErrorContains(t, err, "the database refuses its administrator's password; AWS may be rotating it")

	s.Server.Stop(t)
	_, err = s.Try(request)
	require.ErrorContains(t, err, "try again")
}
