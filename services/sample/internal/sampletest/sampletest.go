// Package sampletest gives tests of the application a real cache, tenants in a real database, and the folder with their secrets.
package sampletest

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/freeport"
	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/sample/api"
)

// Cache starts a cache that ends with the test, and writes its secret into the folder.
func Cache(t testing.TB, folder string) {
	t.Helper()
	program := ""
	for _, name := range []string{"valkey-server", "redis-server"} {
		if found, err := exec.LookPath(name); err == nil && program == "" {
			program = found
		}
	}
	require.NotEmpty(t, program, "there is no valkey-server or redis-server: make servers installs one")
	ports, err := freeport.Choose(1)
	require.NoError(t, err)
	port, text := ports[0], strconv.Itoa(ports[0])
	token := rand.Text()
	server := exec.Command(program, "--bind", "127.0.0.1", "--port", text, "--requirepass", token, "--save", "", "--appendonly", "no", "--dir", t.TempDir())
	server.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait() // killed
	})
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", "127.0.0.1:"+text, time.Second)
		if err == nil {
			_ = connection.Close()
		}
		return err == nil
	}, 5*time.Minute, 50*time.Millisecond)
	Write(t, folder, api.CacheFile, map[string]any{"host": "127.0.0.1", "port": port, "token": token, "tls": false})
}

// Write writes a secret's file as secrets are mounted: in one step.
func Write(t testing.TB, folder, name string, secret any) {
	t.Helper()
	text, err := json.Marshal(secret)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "."+name), text, 0o600))
	require.NoError(t, os.Rename(filepath.Join(folder, "."+name), filepath.Join(folder, name)))
}

// Database is a server with tenants.
type Database struct {
	*postgrestest.Server

	admin  *pgx.Conn
	folder string
}

// NewDatabase starts a server for tenants whose secrets are in the folder.
func NewDatabase(t testing.TB, folder string) *Database {
	t.Helper()
	server := postgrestest.Start(t)
	return &Database{Server: server, admin: server.Connect(t, server.Superuser, server.SuperuserPassword), folder: folder}
}

// Exec runs a statement as the superuser. A %s in it is the tenant's role.
func (d *Database) Exec(t testing.TB, statement, tenant string) {
	t.Helper()
	_, err := d.admin.Exec(context.Background(), fmt.Sprintf(statement, pgx.Identifier{slug.Role(tenant)}.Sanitize()))
	require.NoError(t, err)
}

// Tenant makes a tenant as the provisioner does, as far as the application sees it, and mounts its secret.
func (d *Database) Tenant(t testing.TB, tenant string) {
	t.Helper()
	d.Exec(t, "CREATE ROLE %s LOGIN CONNECTION LIMIT 5", tenant)
	d.Exec(t, "CREATE SCHEMA AUTHORIZATION %s", tenant)
	d.Exec(t, "ALTER ROLE %[1]s SET search_path = %[1]s", tenant)
	d.Rotate(t, tenant)
}

// Rotate gives a tenant a new password and mounts it. Open sessions go on.
func (d *Database) Rotate(t testing.TB, tenant string) {
	t.Helper()
	password := rand.Text()
	d.Exec(t, "ALTER ROLE %s PASSWORD '"+password+"'", tenant)
	Write(t, d.folder, api.TenantFile(tenant), map[string]any{
		"host": d.Host, "port": d.Port, "database": d.Database, "username": slug.Role(tenant), "password": password, "connectionLimit": 4,
	})
}

// EndSessions ends a tenant's sessions.
func (d *Database) EndSessions(t testing.TB, tenant string) {
	t.Helper()
	_, err := d.admin.Exec(context.Background(), "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE usename = $1", slug.Role(tenant))
	require.NoError(t, err)
}
