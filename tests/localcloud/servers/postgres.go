package servers

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/connections"
	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// Superuser is PostgreSQL's first role. RDS has the same one and gives it to nobody.
const Superuser = "rdsadmin"

// InstanceClass is the RDS class, that of Pulumi.local.yaml, whose number of connections the server takes. The number cannot
// change while the server runs: an instance of another class has the same.
const InstanceClass = "db.t4g.medium"

// Postgres is the database server's files.
type Postgres struct {
	program string
	dir     string
	account account
	port    int
	// Version is the server's own, such as 15.18.
	Version string
	// CAFile holds the authority that signed the server's certificate.
	CAFile string
	// PasswordFile (0600) holds the superuser's password.
	PasswordFile string
	password     string
}

// PostgresFolder is where the server's files are kept: preferred, or a folder below the system's temporary one when the
// user that the server runs as cannot reach it.
func PostgresFolder(preferred, name string, report func(string)) (string, error) {
	who, err := unprivileged()
	if err != nil {
		return "", err
	}
	reachable, err := who.reaches(preferred)
	if err != nil || reachable {
		return preferred, err
	}
	folder := filepath.Join(os.TempDir(), fmt.Sprintf("genericcorp-%s-%d", name, os.Geteuid()))
	report(fmt.Sprintf("postgres: its user cannot reach %s, so its files are in %s", preferred, folder))
	info, err := os.Lstat(folder)
	if os.IsNotExist(err) {
		return folder, nil
	}
	if err != nil {
		return "", err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || (int(owner.Uid) != os.Geteuid() && int(owner.Uid) != who.uid) {
		return "", fmt.Errorf("%s belongs to somebody else: remove it", folder)
	}
	return folder, nil
}

// NewPostgres makes a new database cluster in dir, which must be empty or missing. Its certificate is valid for hosts.
func NewPostgres(ctx context.Context, program, dir string, authority *pki.Authority, hosts ...string) (*Postgres, error) {
	who, err := unprivileged()
	if err != nil {
		return nil, err
	}
	p := &Postgres{
		program: program, dir: dir, account: who, password: rand.Text(),
		CAFile: filepath.Join(dir, "ca.crt"), PasswordFile: filepath.Join(dir, "superuser.password"),
	}
	if p.Version, err = p.version(ctx); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // clients read the authority's certificate here
		return nil, err
	}
	if err := p.writeCredentials(authority, hosts); err != nil {
		return nil, err
	}
	if err := who.own(dir, p.CAFile, p.PasswordFile, p.file("server.crt"), p.file("server.key")); err != nil {
		return nil, err
	}
	if err := p.initialise(ctx); err != nil {
		return nil, err
	}
	return p, nil
}

func (p *Postgres) writeCredentials(authority *pki.Authority, hosts []string) error {
	pair, err := authority.Server(hosts...)
	if err != nil {
		return err
	}
	if _, _, err := pair.Write(p.dir, "server"); err != nil {
		return err
	}
	if err := os.WriteFile(p.CAFile, authority.PEM, 0o644); err != nil { //nolint:gosec // a public certificate
		return err
	}
	return os.WriteFile(p.PasswordFile, []byte(p.password), 0o600)
}

func (p *Postgres) initialise(ctx context.Context) error {
	initdb := filepath.Join(filepath.Dir(p.program), "initdb")
	out, err := p.run(ctx, initdb, "--pgdata="+p.file("data"), "--username="+Superuser, "--pwfile="+p.PasswordFile,
		"--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
	if err != nil {
		return fmt.Errorf("make the PostgreSQL cluster: %w\n%s", err, out)
	}
	// As on RDS with rds.force_ssl: nobody without TLS.
	rules := "hostssl all all 127.0.0.1/32 scram-sha-256\n" +
		"hostssl replication " + Superuser + " 127.0.0.1/32 scram-sha-256\n" // for snapshots
	if err := os.WriteFile(p.file("data/pg_hba.conf"), []byte(rules), 0o600); err != nil {
		return err
	}
	return p.account.own(p.file("data/pg_hba.conf"))
}

// Server plans the server on the port.
func (p *Postgres) Server(port int) supervise.Spec {
	p.port = port
	command := []string{p.program, "-D", p.file("data")}
	for _, setting := range []string{
		"listen_addresses=127.0.0.1", "port=" + strconv.Itoa(port), "unix_socket_directories=",
		"ssl=on", "ssl_cert_file=" + p.file("server.crt"), "ssl_key_file=" + p.file("server.key"),
		"max_connections=" + strconv.Itoa(connections.OfClass(InstanceClass)),
		"superuser_reserved_connections=" + strconv.Itoa(connections.SuperuserReserved),
		// The data is not kept beyond one run of the machine, but what was committed outlives a crash of the server.
		"fsync=off", "full_page_writes=off",
	} {
		command = append(command, "-c", setting)
	}
	return supervise.Spec{
		Name:         "postgres",
		Command:      command,
		Dir:          p.dir,
		Credential:   p.account.credential(),
		Address:      loopback(port),
		Ready:        p.ready,
		StopSignal:   syscall.SIGINT,  // ends sessions
		OrphanSignal: syscall.SIGQUIT, // lets the server end its own children
	}
}

// Port is the server's port on 127.0.0.1.
func (p *Postgres) Port() int { return p.port }

// ConnString connects the superuser with full verification of the server.
func (p *Postgres) ConnString(database string) string {
	return fmt.Sprintf("host=127.0.0.1 port=%d user=%s password=%s dbname=%s sslmode=verify-full sslrootcert='%s'",
		p.port, Superuser, p.password, database, p.CAFile)
}

func (p *Postgres) ready(ctx context.Context) error {
	connection, err := pgx.Connect(ctx, p.ConnString("postgres"))
	if err != nil {
		return err
	}
	return connection.Close(ctx)
}

func (p *Postgres) version(ctx context.Context) (string, error) {
	out, err := p.run(ctx, p.program, "--version")
	if err != nil {
		return "", fmt.Errorf("ask PostgreSQL for its version: %w", err)
	}
	fields := strings.Fields(out) // postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)
	if len(fields) < 3 {
		return "", fmt.Errorf("%s --version prints %q, which names no version", p.program, out)
	}
	return fields[2], nil
}

func (p *Postgres) run(ctx context.Context, program string, args ...string) (string, error) {
	return p.runWith(ctx, nil, program, args...)
}

func (p *Postgres) runWith(ctx context.Context, environ []string, program string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, program, args...)
	command.Dir, command.Env = "/", append(os.Environ(), environ...)
	command.SysProcAttr = &syscall.SysProcAttr{Credential: p.account.credential()}
	out, err := command.CombinedOutput()
	return string(out), err
}

func (p *Postgres) file(name string) string { return filepath.Join(p.dir, name) }
