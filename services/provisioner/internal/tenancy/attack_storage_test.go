package tenancy_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// A tenant's connection is written to its own secret alone.
func TestSecretMustBeTheTenants(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	victim := s.Request(t, "bolt", "free", api.StateActive)
	s.Must(t, victim)
	before := s.Connection(t, "bolt")
	for _, arn := range []string{
		victim.SecretARN, tenancytest.SecretARN("acme") + "x", tenancytest.SecretARN("acme") + "/x-AbCdEf",
		strings.Replace(tenancytest.SecretARN("acme"), "/test/", "/prod/", 1), strings.Replace(tenancytest.SecretARN("acme"), "secretsmanager", "ssm", 1),
	} {
		request := s.Request(t, "acme", "free", api.StateActive)
		request.SecretARN = arn
		s.Secrets.Make(arn)
		_, err := s.Try(request)
		require.ErrorContains(t, err, "expected the secret platform/test/tenants/acme", arn)
	}
	assert.Equal(t, before, s.Connection(t, "bolt"))
	// Even under its own name it is refused once it holds somebody else's connection.
	request := s.Request(t, "acme", "free", api.StateActive)
	request.SecretARN += "-20251128182136123400000001-AbCdEf"
	s.Secrets.Make(request.SecretARN)
	require.NoError(t, s.Secrets.Write(ctx, request.SecretARN, tenancy.Current, []byte(`{"username": "tenant_bolt"}`)))
	_, err := s.Try(request)
	require.ErrorContains(t, err, "holds the connection of another role, tenant_bolt")
	require.NoError(t, s.Secrets.Write(ctx, request.SecretARN, tenancy.Current, []byte(`{}`)))
	s.Must(t, request)
	request.SecretARN = tenancytest.SecretARN("acme") + "-fa6bbf7-gbjKvt"
	s.Secrets.Make(request.SecretARN)
	s.Must(t, request)
}

// A literal in an index that looks like a part of its definition comes back as it was.
func TestLiteralsOfIndexesSurvive(t *testing.T) { tenancytest.OnEach(t, testLiteralsOfIndexesSurvive) }

func testLiteralsOfIndexesSurvive(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	must(t, s.Login(t, "acme"), `CREATE TABLE thing (name text, n int)`, `CREATE INDEX plain ON thing ((name || ' ON ONLY thing '))`,
		`CREATE STATISTICS counted ON (name || 'an.'), n FROM thing`,
		`CREATE TABLE part (name text) PARTITION BY LIST (name)`, `CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a')`,
		`CREATE INDEX "an ON ONLY part index" ON part ((name || ' ON ONLY part '))`)
	archived := s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	s.Must(t, s.Request(t, "other", "free", api.StateActive))
	s.Must(t, api.Request{Action: api.ActionRestore, Tenant: "other", ArchiveKey: archived.Key})
	const definitions = `SELECT string_agg(replace(d, current_schema(), 'schema'), E'\n' ORDER BY d) FROM (
		SELECT pg_get_indexdef(i.indexrelid) AS d FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid WHERE c.relnamespace = current_schema()::regnamespace
		UNION ALL SELECT pg_get_statisticsobjdef_expressions(oid)::text FROM pg_statistic_ext WHERE stxnamespace = current_schema()::regnamespace) d`
	assert.Equal(t, value[string](t, s.Login(t, "acme"), definitions), value[string](t, s.Login(t, "other"), definitions))

	// What names the schema in a literal is kept, and so fits no other schema.
	must(t, s.Login(t, "acme"), `CREATE STATISTICS bound ON (name || 'tenant_acme.'), n FROM thing`)
	archived = s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"}).Archive
	s.Must(t, s.Request(t, "third", "free", api.StateActive))
	_, err := s.Try(api.Request{Action: api.ActionRestore, Tenant: "third", ArchiveKey: archived.Key})
	require.ErrorContains(t, err, "the archive fits tenant acme alone")
}

// A schema with more objects than the server has locks for is deleted all the same.
func TestDeleteManyObjects(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	s := tenancytest.NewOn(t, versions[len(versions)-1], "max_locks_per_transaction=10", "max_connections=40", "log_statement=none")
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	session := s.Login(t, "acme")
	must(t, session, `CREATE SEQUENCE n`)
	for range 30 {
		must(t, session, `DO $$BEGIN FOR i IN 1..100 LOOP EXECUTE format('CREATE FUNCTION f%s() RETURNS int LANGUAGE sql AS ''SELECT 1''', nextval('n')); END LOOP; END$$`)
	}
	s.Must(t, api.Request{Action: api.ActionArchive, Tenant: "acme"})
	// A deletion that was interrupted leaves the tenant blocked, and can only be finished.
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	must(t, admin, `ALTER ROLE tenant_acme NOLOGIN`, `UPDATE platform.tenant SET deleting = true, recovery_pending = true`, `DROP FUNCTION tenant_acme.f1()`)
	_, err := s.Try(s.Request(t, "acme", "pro", api.StateActive))
	require.ErrorContains(t, err, "its deletion has begun")
	s.Must(t, sweep)
	assert.False(t, value[bool](t, admin, `SELECT rolcanlogin FROM pg_roles WHERE rolname = 'tenant_acme'`))
	require.NoError(t, session.Close(ctx))
	s.Must(t, api.Request{Action: api.ActionDelete, Tenant: "acme"})
	assert.Zero(t, value[int](t, admin, `SELECT count(*) FROM pg_namespace WHERE nspname LIKE 'tenant%'`))
}

// What a tenant stores in its functions' text counts, too.
func TestFunctionsCount(t *testing.T) { tenancytest.OnEach(t, testFunctionsCount) }

func testFunctionsCount(t *testing.T, s *tenancytest.Setup) {
	request := s.Request(t, "acme", "pro", api.StateActive)
	request.Limits.StorageMiB = 1
	s.Must(t, request)
	must(t, s.Login(t, "acme"), `DO $$BEGIN EXECUTE format('CREATE FUNCTION big() RETURNS text LANGUAGE sql AS %L', (SELECT 'SELECT ''' || string_agg(md5(i::text), '') || '''' FROM generate_series(1, 100000) i)); END$$`)
	swept := s.Must(t, sweep).Problems
	require.Len(t, swept, 1)
	assert.Contains(t, swept[0], "of 1 MiB: read-only: true")
}

// Whatever a tenant owns in a database of the server's own is found before it is deleted, large objects too.
func TestObjectsElsewhereAreFound(t *testing.T) { tenancytest.OnEach(t, testObjectsElsewhereAreFound) }

func testObjectsElsewhereAreFound(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	c := s.Connection(t, "acme")
	elsewhere, err := pgx.Connect(ctx, s.Server.URL(c.Username, c.Password, "template1"))
	require.NoError(t, err)
	must(t, elsewhere, `SELECT lo_create(0)`)
	require.NoError(t, elsewhere.Close(ctx))
	assert.Contains(t, strings.Join(problems(t, s, "acme"), "\n"), "it owns something in database template1")
	_, err = s.Try(api.Request{Action: api.ActionDelete, Tenant: "acme", DryRun: true})
	require.ErrorContains(t, err, "the tenant owns outside its schema, where no archive looks: something in database template1")
}

// terminal.
func TestNamesAreShownSafely(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	const name = "x\n::error::y\x1b[31m\r\u202e"
	quoted := pgx.Identifier{name}.Sanitize()
	must(t, s.Login(t, "acme"), `CREATE TABLE `+quoted+` ()`, `GRANT SELECT ON `+quoted+` TO PUBLIC`,
		`CREATE FUNCTION step(a int, b int) RETURNS int LANGUAGE sql AS 'SELECT 1'`, `CREATE AGGREGATE `+quoted+`(int) (SFUNC = step, STYPE = int)`)
	_, err := s.Try(api.Request{Action: api.ActionArchive, Tenant: "acme"})
	require.Error(t, err)
	found := problems(t, s, "acme")
	require.NotEmpty(t, found)
	for _, text := range append(found, err.Error()) {
		assert.NotContains(t, text, "\n")
		assert.NotContains(t, text, "\r")
		assert.NotContains(t, text, "\x1b")
		assert.NotContains(t, text, "\u202e")
		assert.Contains(t, text, `x\n::error::y\u001b[31m\u000d\u202e`)
	}
}
