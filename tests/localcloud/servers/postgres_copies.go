package servers

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/genericcorp/platform/tests/localcloud/supervise"
)

// Snapshot copies all that the running server holds, as RDS copies an instance's storage.
func (p *Postgres) Snapshot(ctx context.Context, name string) error {
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

// Copy makes a server of a snapshot. It has the certificate, the users and the passwords of the first one.
func (p *Postgres) Copy(ctx context.Context, snapshot, name string) (*Postgres, error) {
	if err := p.makeFolder("copies"); err != nil {
		return nil, err
	}
	folder := p.copied(name)
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

// CopyServer plans the server of a copy on the port, beside the first one.
func (p *Postgres) CopyServer(port int) supervise.Spec {
	spec := p.Server(port)
	spec.Name = CopyName(filepath.Base(p.dir))
	return spec
}

// CopyName is the process's name of a copy.
func CopyName(name string) string { return "postgres-" + name }

// RemoveSnapshot removes a snapshot.
func (p *Postgres) RemoveSnapshot(name string) error { return os.RemoveAll(p.snapshot(name)) }

// RemoveCopy removes what a copy holds, once its server has ended.
func (p *Postgres) RemoveCopy(name string) error { return os.RemoveAll(p.copied(name)) }

func (p *Postgres) snapshot(name string) string { return filepath.Join(p.dir, "snapshots", name) }
func (p *Postgres) copied(name string) string   { return filepath.Join(p.dir, "copies", name) }

func (p *Postgres) makeFolder(name string) error {
	if err := os.MkdirAll(p.file(name), 0o700); err != nil {
		return err
	}
	return p.account.own(p.file(name))
}
