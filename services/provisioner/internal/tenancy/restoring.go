package tenancy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/scram"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// restoreTable is created by harden. A row is a restore that has begun and not ended: its tenant may not log in. done and rows say
// how far it came, in bytes of the text and in rows of the table that they are in the middle of. What the last call was about to
// commit stands beside with its transaction, which tells whether it did, should the call have been killed in between.
const restoreTable = `CREATE TABLE IF NOT EXISTS platform.restore (
	slug text PRIMARY KEY,
	archive_key text NOT NULL,
	run text NOT NULL,
	done bigint NOT NULL DEFAULT 0,
	rows bigint NOT NULL DEFAULT 0,
	next_done bigint NOT NULL DEFAULT 0,
	next_rows bigint NOT NULL DEFAULT 0,
	transaction text NOT NULL DEFAULT '',
	stepped_at timestamptz NOT NULL DEFAULT now()
)`

// restoring is a row of it.
type restoring struct {
	ArchiveKey, Run string
	position, next  position
	transaction     string
	Recent          bool // its last call was a moment ago
}

// position is a place in an archive's text, and how many rows of the table there are before it.
type position struct{ done, rows int64 }

func loadRestoring(ctx context.Context, db querier, tenant string) (*restoring, error) {
	var r restoring
	err := db.QueryRow(ctx, `SELECT archive_key, run, done, rows, next_done, next_rows, transaction, stepped_at > now() - interval '1 minute'
		FROM platform.restore WHERE slug = $1`, tenant).
		Scan(&r.ArchiveKey, &r.Run, &r.position.done, &r.position.rows, &r.next.done, &r.next.rows, &r.transaction, &r.Recent)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("see how far the restore has come: %w", err)
	}
	return &r, nil
}

// resolve finds out whether the last call's transaction was committed, if that call could not note it itself.
// https://www.postgresql.org/docs/current/functions-info.html (pg_xact_status)
func (p *Provisioner) resolve(ctx context.Context, tenant string, r *restoring) error {
	if r.transaction == "" {
		return nil
	}
	var status *string
	if err := p.Admin.QueryRow(ctx, `SELECT pg_xact_status($1::text::xid8)`, r.transaction).Scan(&status); err != nil {
		return fmt.Errorf("see whether the restore's last step was kept: %w", err)
	}
	switch {
	case status == nil:
		//page:tenant-restore
		return errors.New("nobody knows any more whether the restore's last step was kept, so long ago was it: restore another archive into the tenant, or offboard it, which both undo this restore")
	case *status == "in progress":
		//page:tenant-restore
		return errors.New("the last step of this restore is still running, though its call has ended: try again in a minute")
	case *status == "committed":
		return p.noteStep(ctx, tenant, r, r.next)
	default:
		return p.noteStep(ctx, tenant, r, r.position)
	}
}

// noteStep notes how far the restore has come for sure.
func (p *Provisioner) noteStep(ctx context.Context, tenant string, r *restoring, at position) error {
	_, err := p.Admin.Exec(ctx, `UPDATE platform.restore SET done = $2, rows = $3, next_done = 0, next_rows = 0, transaction = '', stepped_at = now() WHERE slug = $1`,
		tenant, at.done, at.rows)
	if err != nil {
		return fmt.Errorf("note how far the restore has come: %w", err)
	}
	r.position, r.transaction = at, ""
	return nil
}

// noteCommit notes what is about to be committed, and in which transaction.
func (p *Provisioner) noteCommit(ctx context.Context, tenant string, tx pgx.Tx, r *restoring, next position) error {
	var transaction string
	if err := tx.QueryRow(ctx, `SELECT pg_catalog.pg_current_xact_id()::pg_catalog.text`, pgx.QueryExecModeDescribeExec).Scan(&transaction); err != nil {
		return fmt.Errorf("ask for the restore's transaction: %w", err)
	}
	_, err := p.Admin.Exec(ctx, `UPDATE platform.restore SET next_done = $2, next_rows = $3, transaction = $4 WHERE slug = $1`,
		tenant, next.done, next.rows, transaction)
	if err != nil {
		return fmt.Errorf("note how far the restore will have come: %w", err)
	}
	r.next, r.transaction = next, transaction
	return nil
}

// beginRestore gives the restore that has begun, or begins one.
func (p *Provisioner) beginRestore(ctx context.Context, tenant, key, run string) (*restoring, error) {
	r, err := loadRestoring(ctx, p.Admin, tenant)
	if err != nil {
		return nil, err
	}
	if r != nil && r.Recent && r.Run != run {
		//page:tenant-restore
		return nil, errors.New("another call restores an archive into this tenant: wait until it has ended; if it was killed, try again in a minute")
	}
	if r != nil && r.ArchiveKey != key {
		if err := p.undoRestore(ctx, tenant); err != nil {
			return nil, err
		}
		r = nil
	}
	if r != nil {
		_, err := p.Admin.Exec(ctx, `UPDATE platform.restore SET run = $2, stepped_at = now() WHERE slug = $1`, tenant, run)
		if err != nil {
			return nil, fmt.Errorf("note who restores: %w", err)
		}
		return r, p.resolve(ctx, tenant, r)
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		if err := restorable(ctx, tx, tenant); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `INSERT INTO platform.restore (slug, archive_key, run) VALUES ($1, $2, $3)`, tenant, key, run); err != nil {
			return err
		}
		return forgetMigrations(ctx, tx, tenant)
	})
	return &restoring{ArchiveKey: key, Run: run}, err
}

// enter logs in as the tenant, with a password that nobody else has: until the restore ends, the tenant's own is not
// the role's. It lifts the limit that building indexes would meet.
func (p *Provisioner) enter(ctx context.Context, tenant string) (*pgx.Conn, error) {
	password := rand.Text()
	verifier, err := scram.Verifier(password)
	if err != nil {
		return nil, err
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		if err := writable(ctx, tx, tenant); err != nil {
			return err
		}
		if err := run(ctx, tx, sqltext.Statement("ALTER ROLE %s LOGIN PASSWORD %s", namesOf(tenant).login, verifier)); err != nil {
			return fmt.Errorf("let the restore log in as the tenant: %w", err)
		}
		if err := setTempFileLimit(ctx, tx, namesOf(tenant), "-1"); err != nil && permitted(err) {
			return fmt.Errorf("lift the limit of temporary files: %w", err)
		}
		_, err := tx.Exec(ctx, "UPDATE platform.tenant SET recovery_pending = true WHERE slug = $1", tenant)
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := p.terminateSessions(ctx, tenant); err != nil {
		return nil, err
	}
	session, err := p.Database.Connect(ctx, database.Credentials{User: slug.Role(tenant), Password: password})
	if err != nil {
		return nil, fmt.Errorf("log in as the tenant: %w", err)
	}
	if err := p.exemptFromSweep(ctx, tenant, session.PgConn().PID()); err != nil {
		return nil, join(err, session.Close(ctx))
	}
	return session, nil
}

// endRestore gives the tenant its login again, with the password that its secret has.
func (p *Provisioner) endRestore(ctx context.Context, tenant string) error {
	return p.change(ctx, tenant, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM platform.restore WHERE slug = $1`, tenant); err != nil {
			return fmt.Errorf("note that the restore has ended: %w", err)
		}
		return p.readmit(ctx, tx, tenant, allExisting)
	})
}

// readmit gives the tenant's role what the record says, and the password that the secret has.
func (p *Provisioner) readmit(ctx context.Context, tx pgx.Tx, tenant string, found existing) error {
	r, err := loadExisting(ctx, tx, tenant)
	if err != nil {
		return err
	}
	secret, err := p.open(ctx, tenant, r.SecretARN)
	if err != nil {
		return err
	}
	if secret.current == nil {
		//page:provisioner-trouble
		return errors.New("the tenant's secret holds no connection: apply the tenant again")
	}
	verifier, err := scram.Verifier(secret.current.Password)
	if err != nil {
		return err
	}
	if err := run(ctx, tx, sqltext.Statement("ALTER ROLE %s PASSWORD %s", namesOf(tenant).login, verifier)); err != nil {
		return fmt.Errorf("give the tenant's role its password again: %w", err)
	}
	if _, err := reconcile(ctx, tx, *r, found); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, "UPDATE platform.tenant SET restore_pid = NULL, restore_began = NULL WHERE slug = $1", tenant)
	return err
}

// undoRestore drops what a restore has brought: the schema was empty before, and nobody has been inside since.
func (p *Provisioner) undoRestore(ctx context.Context, tenant string) error {
	if err := p.terminateSessions(ctx, tenant); err != nil {
		return err
	}
	if err := p.dropObjects(ctx, tenant); err != nil {
		return fmt.Errorf("undo the restore: %w", err)
	}
	return p.change(ctx, tenant, func(tx pgx.Tx) error {
		n := namesOf(tenant)
		err := run(ctx, tx, sqltext.Statement("DROP SCHEMA %s CASCADE", n.schema),
			sqltext.Statement("CREATE SCHEMA %s AUTHORIZATION %s", n.schema, sqltext.Name(schemaOwner)))
		if err != nil {
			return fmt.Errorf("undo the restore: %w", err)
		}
		if _, err := tx.Exec(ctx, `DELETE FROM platform.restore WHERE slug = $1`, tenant); err != nil {
			return fmt.Errorf("note that the restore was undone: %w", err)
		}
		return p.readmit(ctx, tx, tenant, existing{login: true, owner: true, connect: true})
	})
}

// abandonUntouched ends a restore that was killed before it had brought anything.
func (p *Provisioner) abandonUntouched(ctx context.Context, tenant string) (abandoned bool, err error) {
	r, err := loadRestoring(ctx, p.Admin, tenant)
	if err != nil || r == nil {
		return false, err
	}
	if err := p.resolve(ctx, tenant, r); err != nil || r.position.done > 0 {
		return false, err
	}
	return true, p.endRestore(ctx, tenant)
}
