package isolation

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

const (
	clients      = 6 // of each tenant
	transactions = 100
)

// throughPgBouncer lets clients of two tenants take turns through PgBouncer in transaction mode, with fewer connections to
// the server than clients.
func throughPgBouncer(t *testing.T, s *tenancytest.Setup) string {
	t.Helper()
	program, err := exec.LookPath("pgbouncer")
	if err != nil {
		program = "/usr/sbin/pgbouncer"
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatal("pgbouncer is missing: on Debian, apt-get install -y --no-install-recommends pgbouncer")
	}
	pair := []string{"pool-one", "pool-two"}
	for _, slug := range pair {
		s.Must(t, s.Request(t, slug, "starter", api.StateActive))
		_, err := s.Login(t, slug).Exec(ctx, `CREATE TABLE mine (owner text); INSERT INTO mine VALUES (current_schema())`, pgx.QueryExecModeSimpleProtocol)
		require.NoError(t, err)
	}
	port := startPgBouncer(t, s, program, pair, "default_pool_size = 2")
	var mu sync.Mutex
	servers := map[string]map[uint32]int{pair[0]: {}, pair[1]: {}} // of each tenant: the server connections and how often each was used
	var group sync.WaitGroup
	for _, slug := range pair {
		for range clients {
			connection := throughPool(t, s, slug, port)
			group.Go(func() {
				for i := range transactions {
					pid, err := turn(connection, slug, i)
					if err != nil {
						t.Errorf("%s: %v", slug, err)
						return
					}
					mu.Lock()
					servers[slug][pid]++
					mu.Unlock()
				}
			})
		}
	}
	group.Wait()
	for pid := range servers[pair[0]] {
		require.NotContains(t, servers[pair[1]], pid, "a server connection belongs to one tenant")
	}
	for _, slug := range pair {
		require.Less(t, len(servers[slug]), clients, "clients share server connections")
	}
	alternate(t, s, startPgBouncer(t, s, program, pair, "max_db_connections = 1"), pair)
	return fmt.Sprintf(`PgBouncer in transaction mode between %d clients of each of two tenants and a pool that is smaller: %d transactions, in
which every client changed its search path, its role's settings and a setting of its own, then left them so. No client ever
read a row, search path, role or setting of the other tenant. Then with one connection to the server for both
(max_db_connections = 1), %d transactions by turns: the same, and PgBouncer closed the one tenant's connection before it
opened one for the other.

So what is proved is that two tenants never are on the same connection to the server: PgBouncer keeps a pool for each role,
however few connections there are. That holds as long as clients log in to the pool as their own tenant's role: a pool with
one forced user for all, as RDS Proxy with one secret would be, is not isolation and is not used.
`, clients, 2*clients*transactions, 2*turns)
}

// turns is how often each of two tenants has the only connection to the server.
const turns = 25

// alternate lets two tenants take strict turns at the one connection to the server that there may be.
func alternate(t *testing.T, s *tenancytest.Setup, port int, pair []string) {
	t.Helper()
	owner := map[uint32]string{}
	clients := []*pgx.Conn{throughPool(t, s, pair[0], port), throughPool(t, s, pair[1], port)}
	for i := range turns {
		for j, slug := range pair {
			pid, err := turn(clients[j], slug, i)
			require.NoError(t, err)
			if before, ok := owner[pid]; ok {
				require.Equal(t, before, slug, "a server connection belongs to one tenant")
			}
			owner[pid] = slug
		}
	}
	require.Greater(t, len(owner), turns, "each turn needs the other's connection closed")
}

// turn is one transaction: it reads what is the tenant's, and leaves behind what must not reach another.
func turn(connection *pgx.Conn, slug string, i int) (pid uint32, err error) {
	err = pgx.BeginFunc(ctx, connection, func(tx pgx.Tx) error {
		var owner, session, role, mark string
		// The tenant's own clients may meet each other's search path, and so name the schema.
		query := fmt.Sprintf(`SELECT owner, session_user, current_user, coalesce(current_setting('app.mark', true), ''), pg_backend_pid() FROM "tenant_%s".mine`, slug)
		if err := tx.QueryRow(ctx, query).Scan(&owner, &session, &role, &mark, &pid); err != nil {
			return err
		}
		if owner != "tenant_"+slug || session != "tenant_"+slug || role != "tenant_"+slug+"_owner" || (mark != "" && mark != slug) {
			return fmt.Errorf("met %s, %s, %s, %s", owner, session, role, mark)
		}
		_, err := tx.Exec(ctx, fmt.Sprintf(`SET search_path = pg_catalog, other_%d; SET work_mem = '64kB'; SET app.mark = '%s'`, i, slug))
		return err
	})
	return pid, err
}

func throughPool(t *testing.T, s *tenancytest.Setup, slug string, port int) *pgx.Conn {
	t.Helper()
	c := s.Connection(t, slug)
	config, err := pgx.ParseConfig(fmt.Sprintf("postgresql://%s:%s@127.0.0.1:%d/%s?sslmode=disable", c.Username, c.Password, port, c.Database))
	require.NoError(t, err)
	config.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
	connection, err := pgx.ConnectConfig(ctx, config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = connection.Close(ctx) })
	return connection
}

func startPgBouncer(t *testing.T, s *tenancytest.Setup, program string, slugs []string, setting string) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	_, text, err := net.SplitHostPort(listener.Addr().String())
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	port, err := strconv.Atoi(text)
	require.NoError(t, err)
	folder, err := os.MkdirTemp("", "isolation")
	require.NoError(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	authority, err := os.ReadFile(s.Server.CAFile)
	require.NoError(t, err)
	var users strings.Builder
	for _, slug := range slugs {
		c := s.Connection(t, slug)
		fmt.Fprintf(&users, "%q %q\n", c.Username, c.Password)
	}
	configuration := fmt.Sprintf(`[databases]
platform = host=%s port=%d dbname=%s
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %d
unix_socket_dir =
pool_mode = transaction
%s
auth_type = scram-sha-256
auth_file = %s/users
server_tls_sslmode = verify-full
server_tls_ca_file = %s/ca.pem
`, s.Server.Host, s.Server.Port, s.Server.Database, port, setting, folder, folder)
	command := exec.Command(program, "--quiet", filepath.Join(folder, "pgbouncer.ini"))
	command.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	files := map[string][]byte{"ca.pem": authority, "users": []byte(users.String()), "pgbouncer.ini": []byte(configuration)}
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
	}
	if os.Geteuid() == 0 { // as which it refuses to run
		found, err := user.Lookup("postgres")
		require.NoError(t, err)
		uid, err := strconv.Atoi(found.Uid)
		require.NoError(t, err)
		gid, err := strconv.Atoi(found.Gid)
		require.NoError(t, err)
		command.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		require.NoError(t, os.Chown(folder, uid, gid))
		for name := range files {
			require.NoError(t, os.Chown(filepath.Join(folder, name), uid, gid))
		}
	}
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	require.Eventually(t, func() bool {
		connection, err := net.DialTimeout("tcp", "127.0.0.1:"+text, time.Second)
		if err != nil {
			return false
		}
		return connection.Close() == nil
	}, time.Minute, 20*time.Millisecond)
	return port
}
