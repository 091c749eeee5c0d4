// Package gatetest gives tests of gate a real database, with the schema and the role that the provisioner makes for it, and without what
// stands behind them.
package gatetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/services/gate/internal/database"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Database is a server whose schema for gate is empty at first.
type Database struct {
	database.Database // as gate knows it

	Admin  *pgx.Conn
	server *postgrestest.Server
}

// NewDatabase starts a server that ends with the test. The password of gate's role is "one".
func NewDatabase(t testing.TB) *Database {
	t.Helper()
	server := postgrestest.Start(t)
	d := &Database{Admin: server.Connect(t, server.Admin, server.AdminPassword), server: server, Database: database.Database{
		Host: server.Host, Port: uint16(server.Port), //nolint:gosec // a port
		Name: server.Database, PasswordFile: filepath.Join(t.TempDir(), "gate.pgpass"), Roots: server.Roots,
	}}
	d.Exec(t, fmt.Sprintf("CREATE SCHEMA %[1]s; CREATE ROLE %[2]s LOGIN PASSWORD 'one'; GRANT USAGE ON SCHEMA %[1]s TO %[2]s", api.EdgeSchema, api.EdgeRole))
	d.Login(t, "one")
	return d
}

// Exec runs statements as the administrator.
func (d *Database) Exec(t testing.TB, statements string) {
	t.Helper()
	_, err := d.Admin.Exec(context.Background(), statements, pgx.QueryExecModeSimpleProtocol)
	require.NoError(t, err)
}

// Login writes the file with the password of gate's role, as the provisioner does: in one step, after a comment.
func (d *Database) Login(t testing.TB, password string) {
	t.Helper()
	fresh := d.PasswordFile + ".new"
	require.NoError(t, os.WriteFile(fresh, fmt.Appendf(nil, "# password 1 of the service\n*:*:*:%s:%s\n", api.EdgeRole, password), 0o600))
	require.NoError(t, os.Rename(fresh, d.PasswordFile))
}

// Rotate gives gate's role another password, and ends its sessions.
func (d *Database) Rotate(t testing.TB, password string) {
	t.Helper()
	d.Exec(t, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", api.EdgeRole, password))
	d.Login(t, password)
	superuser := d.server.Connect(t, d.server.Superuser, d.server.SuperuserPassword)
	_, err := superuser.Exec(context.Background(), "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = $1", api.EdgeRole)
	require.NoError(t, err)
}
