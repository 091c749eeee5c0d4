// Package postgrestest starts a private PostgreSQL server for a test: on a free port of this machine, with TLS, and with
// an administrator who is not a superuser, as on RDS. It needs PostgreSQL's own programs (Debian: postgresql).
package postgrestest

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/freeport"
)

// Server is a running server with one database.
type Server struct {
	Host     string
	Port     int
	Database string
	CAFile   string
	Roots    *x509.CertPool
	// Admin is the administrator: owner of the database, may make roles and databases, watch and end sessions.
	Admin, AdminPassword string
	// Superuser is the role that RDS keeps to itself.
	Superuser, SuperuserPassword string

	folder   string
	programs string
	account  *syscall.Credential
	settings []string
	process  *exec.Cmd
}

const startTimeout = 30 * time.Second

// Start makes a new server of this machine's newest version that ends with the test. Settings are "name=value", as in
// postgresql.conf.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	programs, err := findPrograms()
	if err != nil {
		t.Fatalf("find a PostgreSQL server: %v", err)
	}
	return StartVersion(t, Version{programs: programs}, settings...)
}

// StartVersion is Start for a version of one's own choice.
func StartVersion(t testing.TB, version Version, settings ...string) *Server {
	t.Helper()
	s, err := start(t, version.programs, settings)
	if err != nil {
		t.Fatalf("start a private PostgreSQL server: %v", err)
	}
	return s
}

func start(t testing.TB, programs string, settings []string) (*Server, error) {
	account, err := unprivileged()
	if err != nil {
		return nil, err
	}
	// Not t.TempDir: the server's own user must reach the folder.
	folder, err := os.MkdirTemp("", "postgrestest")
	if err != nil {
		return nil, err
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Errorf("remove the server's files: %v", err)
		}
	})
	s := &Server{
		Host: "127.0.0.1", Database: "platform", CAFile: filepath.Join(folder, "ca.pem"),
		Admin: "platform_admin", AdminPassword: rand.Text(), Superuser: "rdsadmin",
		folder: folder, programs: programs, account: account,
	}
	if err := s.initialise(); err != nil {
		return nil, err
	}
	if err := s.launch(settings); err != nil {
		return nil, err
	}
	t.Cleanup(func() { s.Stop(t) })
	return s, s.setUp()
}

// URL is a connection string with full verification of the server.
func (s *Server) URL(user, password, database string) string {
	return fmt.Sprintf("postgresql://%s:%s@%s:%d/%s?sslmode=verify-full&sslrootcert=%s", user, password, s.Host, s.Port, database, s.CAFile)
}

// Connect opens a connection that ends with the test.
func (s *Server) Connect(t testing.TB, user, password string) *pgx.Conn {
	t.Helper()
	connection, err := pgx.Connect(context.Background(), s.URL(user, password, s.Database))
	if err != nil {
		t.Fatalf("connect as %s: %v", user, err)
	}
	t.Cleanup(func() { _ = connection.Close(context.Background()) })
	return connection
}

// stopPatience is how long a server may take for its end.
const stopPatience = 30 * time.Second

// Stop ends the server at once. It may be called before the test ends, to see what its clients say.
func (s *Server) Stop(t testing.TB) { s.stop(t, stopPatience) }

// stop ends the server. One that waits for a process of its own that does not end is told to end without it, which it does 5 seconds later:
// https://www.postgresql.org/docs/17/server-shutdown.html
func (s *Server) stop(t testing.TB, patience time.Duration) {
	t.Helper()
	if s.process == nil {
		return
	}
	if err := s.process.Process.Signal(syscall.SIGINT); err != nil {
		t.Errorf("stop PostgreSQL: %v", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = s.process.Wait() // its status after a signal says nothing
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		t.Logf("PostgreSQL in %s has not ended after %s: it is ended without its processes", s.folder, patience)
		_ = s.process.Process.Signal(syscall.SIGQUIT) // it may have ended by itself
		<-ended
	}
	s.process = nil
}

// Kill ends the server with all its processes at once, as a machine that is lost does, and starts it again at its port. What a test is to find
// there afterwards must be durable by its settings: synchronous_commit=on and full_page_writes=on.
func (s *Server) Kill(t testing.TB) {
	t.Helper()
	main := s.process.Process
	if err := main.Signal(syscall.SIGSTOP); err != nil { // so that it starts no other
		t.Fatalf("kill PostgreSQL: %v", err)
	}
	children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", main.Pid, main.Pid))
	if err != nil {
		t.Fatalf("kill PostgreSQL: %v", err)
	}
	_ = main.Kill() // it is there
	for _, child := range strings.Fields(string(children)) {
		if pid, err := strconv.Atoi(child); err == nil {
			_ = syscall.Kill(pid, syscall.SIGKILL) // it may have ended by itself
		}
	}
	_ = s.process.Wait() // its status after a signal says nothing
	for _, child := range strings.Fields(string(children)) {
		for alive(child) { // and has the memory that all share
			time.Sleep(time.Millisecond)
		}
	}
	if err := s.launch(s.settings); err != nil {
		t.Fatalf("start PostgreSQL again: %v", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	connection, err := s.await(ctx)
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close(ctx) // done with it
}

// alive says whether a process has not ended: what is left of one that has is a zombie, until somebody asks for its status (proc_pid_stat(5)).
func alive(pid string) bool {
	text, err := os.ReadFile(filepath.Join("/proc", pid, "stat"))
	_, after, _ := strings.Cut(string(text), ") ")
	return err == nil && !strings.HasPrefix(after, "Z") && !strings.HasPrefix(after, "X")
}

func (s *Server) file(name string) string { return filepath.Join(s.folder, name) }

func (s *Server) launch(settings []string) error {
	if s.Port == 0 {
		ports, err := freeport.Choose(1)
		if err != nil {
			return err
		}
		s.Port = ports[0]
	}
	s.settings = settings
	args := []string{"-D", s.file("data")}
	for _, setting := range slices.Concat([]string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(s.Port), "unix_socket_directories=",
		"ssl=on", "ssl_cert_file=" + s.file("server.pem"), "ssl_key_file=" + s.file("server.key"),
		"fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200", "max_locks_per_transaction=512",
		"logging_collector=off", "log_statement=all", // so that a test can look for secrets in the log
	}, settings) {
		args = append(args, "-c", setting)
	}
	s.process = s.command("postgres", args...)
	log, err := os.OpenFile(s.file("log"), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644) //nolint:gosec // of a test
	if err != nil {
		return err
	}
	defer log.Close() // the server has its own handle
	s.process.Stdout, s.process.Stderr = log, log
	// A test that is killed takes its server along.
	s.process.SysProcAttr.Pdeathsig = syscall.SIGQUIT
	return s.process.Start()
}

// Log is what the server wrote so far, every statement included.
func (s *Server) Log(t testing.TB) string {
	t.Helper()
	text, err := os.ReadFile(s.file("log"))
	if err != nil {
		t.Fatalf("read the server's log: %v", err)
	}
	return string(text)
}

// setUp waits for the server and makes the administrator and the database.
func (s *Server) setUp() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	connection, err := s.await(ctx)
	if err != nil {
		return err
	}
	defer connection.Close(ctx) // done with it
	// What RDS gives its administrator through rds_superuser.
	for _, statement := range []string{
		fmt.Sprintf("CREATE ROLE %s LOGIN CREATEDB CREATEROLE PASSWORD '%s'", s.Admin, s.AdminPassword),
		fmt.Sprintf("GRANT pg_monitor, pg_signal_backend TO %s", s.Admin),
		fmt.Sprintf("GRANT SET ON PARAMETER temp_file_limit TO %s", s.Admin),
		fmt.Sprintf("ALTER DATABASE postgres OWNER TO %s", s.Admin),
		fmt.Sprintf("CREATE DATABASE %s OWNER %s", s.Database, s.Admin),
	} {
		if _, err := connection.Exec(ctx, statement); err != nil {
			return fmt.Errorf("set up the server: %w", err)
		}
	}
	return nil
}

func (s *Server) await(ctx context.Context) (*pgx.Conn, error) {
	for {
		connection, err := pgx.Connect(ctx, s.URL(s.Superuser, s.SuperuserPassword, "postgres"))
		if err == nil {
			return connection, nil
		}
		select {
		case <-ctx.Done():
			log, _ := os.ReadFile(s.file("log"))
			return nil, fmt.Errorf("PostgreSQL does not answer: %w\n%s", err, log)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
