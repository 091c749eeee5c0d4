package tenancy_test

import (
	"fmt"
	"os"
	"path/filepath"
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

var serviceARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + api.ServiceSecretName(tenancytest.Environment, "temporal")

func serviceRequest(s *tenancytest.Setup, version int) api.Request {
	s.Secrets.Make(serviceARN)
	return api.Request{
		Action: api.ActionApplyService, SecretARN: serviceARN, PasswordVersion: version,
		Service: &api.Service{Name: "temporal", Databases: []string{"temporal", "temporal_visibility"}, Connections: 4},
	}
}

func serviceSecret(t *testing.T, s *tenancytest.Setup) string {
	t.Helper()
	held, err := s.Secrets.Read(ctx, serviceARN, tenancy.Current)
	require.NoError(t, err)
	return string(held)
}

// serviceLogin connects to a database as the service does: with the secret's value as its password file.
func serviceLogin(t *testing.T, s *tenancytest.Setup, secret, database string) (*pgx.Conn, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "pgpass")
	require.NoError(t, os.WriteFile(file, []byte(secret), 0o600))
	connection, err := pgx.Connect(ctx, fmt.Sprintf("postgres://temporal@%s:%d/%s?sslmode=verify-full&sslrootcert=%s&passfile=%s",
		s.Server.Host, s.Server.Port, database, s.Server.CAFile, file))
	if err == nil {
		t.Cleanup(func() { _ = connection.Close(ctx) })
	}
	return connection, err
}

// A service's role has its databases and nothing else, and nobody else has them.
func TestService(t *testing.T) { tenancytest.OnEach(t, testService) }

func testService(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	must(t, s.Login(t, "acme"), `CREATE TABLE thing (id int)`)
	request := serviceRequest(s, 1)
	s.Must(t, request)
	secret := serviceSecret(t, s)
	session, err := serviceLogin(t, s, secret, "temporal")
	require.NoError(t, err)
	must(t, session, `CREATE TABLE executions (id int)`)
	visibility, err := serviceLogin(t, s, secret, "temporal_visibility")
	require.NoError(t, err)
	must(t, visibility, `CREATE TABLE visibility (id int)`)

	t.Run("the service stays out", func(t *testing.T) {
		for _, database := range []string{s.Server.Database, "postgres"} {
			_, err := serviceLogin(t, s, secret, database)
			require.ErrorContains(t, err, "permission denied for database", database)
		}
		for _, statement := range []string{
			`SET ROLE "tenant_acme"`, `SET ROLE platform_schemas`, `CREATE ROLE other`, `CREATE DATABASE other`, `ALTER ROLE temporal CONNECTION LIMIT -1`,
			`GRANT pg_read_all_data TO temporal`, `SELECT pg_read_file('/etc/passwd')`,
		} {
			_, err := session.Exec(ctx, statement)
			require.Error(t, err, statement)
		}
		assert.Zero(t, value[int](t, session, `SELECT count(*)::int FROM pg_auth_members WHERE member = 'temporal'::regrole`), "it is in no group")
	})
	t.Run("tenants stay out", func(t *testing.T) {
		for _, database := range request.Service.Databases {
			config, err := pgx.ParseConfig(s.Connection(t, "acme").LibpqURL + "&sslrootcert=" + s.Server.CAFile)
			require.NoError(t, err)
			config.Database = database
			_, err = pgx.ConnectConfig(ctx, config)
			require.ErrorContains(t, err, "permission denied for database", database)
		}
	})
	t.Run("a door that the service opens is closed again", func(t *testing.T) {
		must(t, session, `GRANT CONNECT ON DATABASE temporal TO PUBLIC`)
		s.Must(t, api.Request{Action: api.ActionSweep})
		assert.False(t, value[bool](t, session, `SELECT has_database_privilege('public', 'temporal', 'CONNECT')`))
	})
	t.Run("the same again changes nothing", func(t *testing.T) {
		s.Must(t, request)
		assert.Equal(t, secret, serviceSecret(t, s))
		must(t, session, `SELECT 1`)
		assert.NotContains(t, strings.Join(s.Must(t, api.Request{Action: api.ActionCheck}).Problems, "\n"), "temporal")
		assert.NotContains(t, s.Server.Log(t), secret[len(secret)-20:len(secret)-1], "no statement carries the password")
	})
	t.Run("a group that somebody puts it into is left", func(t *testing.T) {
		_, err := s.Admin.Exec(ctx, `GRANT "tenant_acme" TO temporal`)
		require.NoError(t, err)
		s.Must(t, request)
		assert.Zero(t, value[int](t, session, `SELECT count(*)::int FROM pg_auth_members WHERE member = 'temporal'::regrole`))
	})
	t.Run("another password", func(t *testing.T) {
		s.Must(t, serviceRequest(s, 2))
		_, err := serviceLogin(t, s, secret, "temporal")
		require.ErrorContains(t, err, "password authentication failed")
		secret = serviceSecret(t, s)
		_, err = serviceLogin(t, s, secret, "temporal")
		require.NoError(t, err)
	})
	t.Run("kept and made again", func(t *testing.T) {
		kept := serviceRequest(s, 2)
		kept.Action, kept.Service.Keep = api.ActionDeleteService, true
		s.Must(t, kept)
		_, err := session.Exec(ctx, `SELECT 1`)
		require.Error(t, err, "its sessions end")
		_, err = serviceLogin(t, s, secret, "temporal")
		require.ErrorContains(t, err, "not permitted to log in")
		s.Must(t, serviceRequest(s, 2))
		again, err := serviceLogin(t, s, secret, "temporal")
		require.NoError(t, err)
		must(t, again, `SELECT * FROM executions`)
	})
	t.Run("removed", func(t *testing.T) {
		removed := serviceRequest(s, 2)
		removed.Action = api.ActionDeleteService
		s.Must(t, removed)
		s.Must(t, removed) // also when nothing is left
		left := value[int](t, s.Login(t, "acme"), `SELECT (SELECT count(*) FROM pg_database WHERE datname LIKE 'temporal%')::int + (SELECT count(*) FROM pg_roles WHERE rolname = 'temporal')::int`)
		assert.Zero(t, left)
	})
}

// A run that was killed between its steps leaves nothing that the next one does not take up.
func TestServiceIsTakenUp(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Secrets.Fail = func(_ string, stage tenancy.Stage) error {
		if stage == tenancy.Current {
			return assert.AnError
		}
		return nil
	}
	_, err := s.Try(serviceRequest(s, 1))
	require.ErrorIs(t, err, assert.AnError)
	s.Secrets.Fail = nil
	s.Must(t, serviceRequest(s, 1))
	_, err = serviceLogin(t, s, serviceSecret(t, s), "temporal")
	require.NoError(t, err)
}

func TestServiceRefusesAnotherSecret(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	request := serviceRequest(s, 1)
	request.SecretARN = tenancytest.SecretARN("acme")
	_, err := s.Try(request)
	require.ErrorContains(t, err, "expected the secret platform/test/services/temporal")
}

// What a service may open, tenants are not promised, and the other way round: 40, less the 5 that RDS keeps and 9 of the provisioner.
func TestServiceAndTenantsShareConnections(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	s := tenancytest.NewOn(t, versions[len(versions)-1], "max_connections=40")
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	request := serviceRequest(s, 1)
	request.Service.Connections = 12
	_, err := s.Try(request)
	require.ErrorContains(t, err, "with 12 connections for the service the server would leave tenants 14, and they are promised 15")
	request.Service.Connections = 11
	s.Must(t, request)
	s.Must(t, request)
	_, err = s.Do(t.Context(), s.Request(t, "bolt", "free", api.StateActive))
	require.ErrorContains(t, err, "the server leaves tenants 15 (max_connections 40, less 5 that RDS keeps and 20 that the platform needs")
}
