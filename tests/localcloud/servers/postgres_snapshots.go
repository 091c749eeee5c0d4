package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// CreateSnapshot copies all that the running server holds, as RDS copies an instance's storage.
func (p *Postgres) CreateSnapshot(ctx context.Context, name string) error {
	if err := p.makeFolder("snapshots"); err != nil {
		return err
	}
	program := filepath.Join(filepath.Dir(p.program), "pg_basebackup")
	out, err := p.runWith(ctx, []string{"HOME=" + p.dir, "PGPASSWORD=" + p.password, "PGSSLMODE=verify-full", "PGSSLROOTCERT=" + p.CAFile},
		program, "--host=127.0.0.1", fmt.Sprintf("--port=%d", p.port), "--username="+Superuser, "--no-password",
		"--pgdata="+p.snapshot(name), "--checkpoint=fast", "--wal-method=stream", "--no-sync")
	if err != nil {
		return fmt.Errorf("copy the PostgreSQL cluster: %w\n%s", err, out)
	}
	return nil
}

// Restore makes a server of a snapshot. It has the certificate, the users and the passwords of the first one.
func (p *Postgres) Restore(ctx context.Context, snapshot, name string) (*Postgres, error) {
	if err := p.makeFolder("restored"); err != nil {
		return nil, err
	}
	folder := p.restored(name)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, err
	}
	if err := p.account.own(folder); err != nil {
		return nil, err
	}
	made := *p
	made.dir, made.port = folder, 0
	for _, file := range []string{"server.crt", "server.key"} {
		if err := os.Symlink(p.file(file), made.file(file)); err != nil {
			return nil, err
		}
	}
	if out, err := p.run(ctx, "cp", "-a", p.snapshot(snapshot), made.file("data")); err != nil {
		return nil, fmt.Errorf("copy the snapshot: %w\n%s", err, out)
	}
	return &made, nil
}

// RestoredServer plans a restored server on the port, beside the first one.
func (p *Postgres) RestoredServer(port int) supervise.Spec {
	spec := p.Server(port)
	spec.Name = RestoredName(filepath.Base(p.dir))
	return spec
}

// RestoredName is the name of a restored server's process.
func RestoredName(name string) string { return "postgres-" + name }

// DeleteSnapshot removes a snapshot.
func (p *Postgres) DeleteSnapshot(name string) error { return os.RemoveAll(p.snapshot(name)) }

// DeleteRestored removes what a restored server holds, once it has ended.
func (p *Postgres) DeleteRestored(name string) error { return os.RemoveAll(p.restored(name)) }

func (p *Postgres) snapshot(name string) string { return filepath.Join(p.dir, "snapshots", name) }
func (p *Postgres) restored(name string) string { return filepath.Join(p.dir, "restored", name) }

func (p *Postgres) makeFolder(name string) error {
	if err := os.MkdirAll(p.file(name), 0o700); err != nil {
		return err
	}
	return p.account.own(p.file(name))
}
