package tenancy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancy"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// loginAsEdge gives the edge's role a password, as whoever deploys the edge does, and logs in as it.
func loginAsEdge(t *testing.T, s *tenancytest.Setup) *pgx.Conn {
	t.Helper()
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	_, err := admin.Exec(t.Context(), fmt.Sprintf("ALTER ROLE %s PASSWORD 'edge'", api.EdgeRole))
	require.NoError(t, err)
	return s.Server.Connect(t, api.EdgeRole, "edge")
}

// The edge's role sees of the tenants what it decides by, and nothing else of anybody's.
func TestEdgeSeesNamesTiersAndStates(t *testing.T) {
	tenancytest.OnEach(t, func(t *testing.T, s *tenancytest.Setup) {
		s.Must(t, s.Request(t, "acme", "free", api.StateActive))
		s.Must(t, s.Request(t, "beta", "pro", api.StateLimited))
		_, err := pgx.Connect(t.Context(), s.Server.URL(api.EdgeRole, "", s.Server.Database))
		require.Error(t, err, "it has no password before somebody sets one")
		edge := loginAsEdge(t, s)
		rows, err := edge.Query(t.Context(), "SELECT slug, tier, state FROM platform_edge.tenant ORDER BY slug")
		require.NoError(t, err)
		seen, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ Slug, Tier, State string }])
		require.NoError(t, err)
		assert.Equal(t, []struct{ Slug, Tier, State string }{{"acme", "free", "active"}, {"beta", "pro", "limited"}}, seen)
		for _, statement := range []string{
			"SELECT * FROM platform.tenant", "SELECT secret_arn FROM platform_edge.tenant", "UPDATE platform_edge.tenant SET tier = 'pro'", "DELETE FROM platform_edge.tenant",
			`SELECT * FROM "tenant_acme".note`, `CREATE TABLE platform_edge.mine ()`, "CREATE TABLE mine ()", "CREATE TEMPORARY TABLE mine ()", "SET ROLE tenant_acme", "SET ROLE platform_admin",
		} {
			_, err := edge.Exec(t.Context(), statement)
			assert.Error(t, err, statement)
		}
		tenant := s.Login(t, "acme")
		_, err = tenant.Exec(t.Context(), "SELECT * FROM platform_edge.tenant")
		assert.ErrorContains(t, err, "permission denied for schema platform_edge")
	})
}

// A change is heard at once, and the notification says nothing: tenants hear it, too.
func TestEdgeHearsOfChanges(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	edge := loginAsEdge(t, s)
	_, err := edge.Exec(t.Context(), "LISTEN "+api.EdgeChannel)
	require.NoError(t, err)
	for _, state := range []api.State{api.StateSuspended, api.StateActive} {
		s.Must(t, s.Request(t, "acme", "free", state))
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		heard, err := edge.WaitForNotification(soon)
		cancel()
		require.NoError(t, err)
		assert.Equal(t, api.EdgeChannel, heard.Channel)
		assert.Empty(t, heard.Payload)
		var now api.State
		require.NoError(t, edge.QueryRow(t.Context(), "SELECT state FROM platform_edge.tenant").Scan(&now))
		assert.Equal(t, state, now)
	}
}

// A tenant that fills the queue of notifications, which all share, cannot keep the provisioner from suspending it.
func TestFullQueueOfNotificationsKeepsNobody(t *testing.T) {
	t.Parallel()
	versions := postgrestest.Versions(t)
	s := tenancytest.NewOn(t, versions[len(versions)-1], "max_notify_queue_pages=64") // 512 KiB; a setting of version 17
	s.Must(t, s.Request(t, "acme", "enterprise", api.StateActive))
	idle := s.Login(t, "acme")
	_, err := idle.Exec(t.Context(), "LISTEN everybody")
	require.NoError(t, err)
	_, err = idle.Exec(t.Context(), "BEGIN") // it never reads
	require.NoError(t, err)
	loud := s.Login(t, "acme")
	for i := 0; i < 100 && err == nil; i++ {
		_, err = loud.Exec(t.Context(), "SELECT count(pg_notify('everybody', repeat('x', 7000) || i)) FROM generate_series(1, 5) i")
	}
	require.ErrorContains(t, err, "too many notifications in the NOTIFY queue")
	s.Must(t, s.Request(t, "beta", "free", api.StateActive))
	s.Must(t, s.Request(t, "beta", "free", api.StateSuspended))
}

// What was taken away, by hand or by an older version of this program, comes back with the next call.
func TestEdgeIsRepaired(t *testing.T) {
	t.Parallel()
	s := tenancytest.New(t)
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	admin := s.Server.Connect(t, s.Server.Admin, s.Server.AdminPassword)
	for _, damage := range []string{
		"DROP VIEW platform_edge.tenant", "DROP TRIGGER notify_edge ON platform.tenant", "ALTER TABLE platform.tenant DISABLE TRIGGER notify_edge",
		"REVOKE SELECT ON platform_edge.tenant FROM platform_gate", "ALTER ROLE platform_gate NOLOGIN", "REVOKE CONNECT ON DATABASE platform FROM platform_gate",
	} {
		_, err := admin.Exec(t.Context(), damage)
		require.NoError(t, err, damage)
		s.Must(t, api.Request{Action: api.ActionList})
		edge := loginAsEdge(t, s)
		_, err = edge.Exec(t.Context(), "LISTEN "+api.EdgeChannel)
		require.NoError(t, err)
		s.Must(t, s.Request(t, "acme", "free", api.StateActive))
		soon, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		_, err = edge.WaitForNotification(soon)
		cancel()
		require.NoError(t, err, damage)
		var tenants int
		require.NoError(t, edge.QueryRow(t.Context(), "SELECT count(*) FROM platform_edge.tenant").Scan(&tenants))
		assert.Equal(t, 1, tenants, damage)
		require.NoError(t, edge.Close(t.Context()))
	}
}

// The edge's role gets its password as a service does. It keeps what it may see, and may no more than before.
func TestEdgeAsAService(t *testing.T) { tenancytest.OnEach(t, testEdgeAsAService) }

func testEdgeAsAService(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "free", api.StateActive))
	arn := "arn:aws:secretsmanager:us-east-1:123456789012:secret:" + api.ServiceSecretName(tenancytest.Environment, api.EdgeRole)
	s.Secrets.Make(arn)
	request := api.Request{
		Action: api.ActionApplyService, SecretARN: arn, PasswordVersion: 1, Service: &api.Service{Name: api.EdgeRole, Connections: api.EdgeConnections},
	}
	login := func() (*pgx.Conn, error) {
		held, err := s.Secrets.Read(t.Context(), arn, tenancy.Current)
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "pgpass")
		require.NoError(t, os.WriteFile(file, held, 0o600))
		connection, err := pgx.Connect(t.Context(), fmt.Sprintf("postgres://%s@%s:%d/%s?sslmode=verify-full&sslrootcert=%s&passfile=%s",
			api.EdgeRole, s.Server.Host, s.Server.Port, s.Server.Database, s.Server.CAFile, file))
		if err == nil {
			t.Cleanup(func() { _ = connection.Close(context.WithoutCancel(t.Context())) })
		}
		return connection, err
	}
	sees := func(edge *pgx.Conn) {
		t.Helper()
		var slug string
		require.NoError(t, edge.QueryRow(t.Context(), "SELECT slug FROM platform_edge.tenant").Scan(&slug))
		require.Equal(t, "acme", slug)
		_, err := edge.Exec(t.Context(), "SELECT * FROM platform.tenant")
		require.Error(t, err)
	}
	s.Must(t, request)
	edge, err := login()
	require.NoError(t, err)
	sees(edge)
	s.Must(t, request)
	sees(edge) // the same again ends no session

	request.PasswordVersion = 2
	s.Must(t, request)
	sees(edge) // it goes on with the connection that it has
	again, err := login()
	require.NoError(t, err)
	sees(again)

	s.Must(t, api.Request{Action: api.ActionSweep})
	require.NotContains(t, strings.Join(s.Must(t, api.Request{Action: api.ActionCheck}).Problems, "\n"), api.EdgeRole)
	sees(again)

	request.Action = api.ActionDeleteService
	s.Must(t, request)
	s.Must(t, request)
	_, err = again.Exec(t.Context(), "SELECT 1")
	require.Error(t, err, "its sessions end")
	_, err = login()
	require.ErrorContains(t, err, "password authentication failed")
	request.Action = api.ActionApplyService
	s.Must(t, request)
	edge, err = login()
	require.NoError(t, err)
	sees(edge)
}
