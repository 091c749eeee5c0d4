package migrate

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// What a migration's statements are given. Whoever wants a table waits behind a statement that waits for it: so that is short, and tried
// again. A statement that runs alone is not tried again, and waits for transactions that only read.
const (
	statementTime = "10min"
	lockTime      = "2s"
	lockTimeAlone = "5min"
)

// ErrElsewhere says that somebody else has applied the migration, or began to, since Look.
//
//page:none it is looked at again
var ErrElsewhere = errors.New("somebody else applies this migration")

// FailedError is a migration that would fail again.
type FailedError struct {
	Migration  string
	Number, Of int    // of the statement in the script
	Statement  string // as it may be shown
	Cause      string // as it may be shown
	Whole      bool   // nothing of the migration is there
}

func (e *FailedError) Error() string {
	left := "what it did before is there"
	if e.Whole {
		left = "nothing of it is there"
	}
	//page:none resume says what follows
	return fmt.Sprintf("%s, statement %d of %d (%s): %s (%s)", e.Migration, e.Number, e.Of, e.Statement, e.Cause, left)
}

// Apply applies one migration: in one transaction or, if one of its statements allows none, statement by statement. An error that is no
// FailedError is one of the moment: nothing of the migration is there, or Look tells.
func (s Session) Apply(ctx context.Context, m migrations.Migration) error {
	if err := s.reset(ctx, "SET statement_timeout = '"+statementTime+"'", "SET lock_timeout = '"+lockTime+"'"); err != nil {
		return err
	}
	statements := migrations.Split(m.SQL)
	if migrations.RunsAlone(statements) {
		return s.oneByOne(ctx, m, statements)
	}
	return s.whole(ctx, m, statements)
}

// whole applies a migration in one transaction, with the note of it.
func (s Session) whole(ctx context.Context, m migrations.Migration, statements []migrations.Statement) error {
	err := pgx.BeginFunc(ctx, s.Conn, func(pgx.Tx) error {
		id, err := s.begin(ctx, m)
		if err != nil {
			return err
		}
		if done, err := s.script(ctx, m.SQL); err != nil {
			return failed(err, m, statements, done)
		}
		if s.Conn.PgConn().TxStatus() != 'T' {
			return &FailedError{Migration: m.Name, Number: len(statements), Of: len(statements), Cause: "the script ended the transaction that it ran in"}
		}
		return s.finish(ctx, id)
	})
	failure := (*FailedError)(nil)
	if !errors.As(err, &failure) || s.Conn.IsClosed() {
		return err
	}
	failure.Whole = true
	// As `prisma migrate resolve --rolled-back` would: it is true, and Prisma does not take the schema for half migrated.
	_, noted := s.exec(ctx, sqltext.Statement(`INSERT INTO %s (id, checksum, migration_name, logs, rolled_back_at)
		VALUES (pg_catalog.gen_random_uuid()::text, $1, $2, $3, pg_catalog.now())`, s.table()), m.Checksum(), m.Name, failure.Error())
	return errors.Join(err, noted)
}

// oneByOne applies a migration statement by statement. What ends it in between leaves the note that it began.
func (s Session) oneByOne(ctx context.Context, m migrations.Migration, statements []migrations.Statement) error {
	var id string
	err := pgx.BeginFunc(ctx, s.Conn, func(pgx.Tx) (err error) {
		id, err = s.begin(ctx, m)
		return err
	})
	if err != nil {
		return err
	}
	if err := s.run(ctx, "SET lock_timeout = '"+lockTimeAlone+"'"); err != nil {
		return failedAlone(err, m, statements, 0)
	}
	for i, statement := range statements {
		if _, err := s.script(ctx, statement.Text); err != nil {
			failure := failedAlone(err, m, statements, i)
			return errors.Join(failure, s.noteFailure(ctx, id, failure.Error()))
		}
	}
	if s.Conn.PgConn().TxStatus() != 'I' {
		failure := &FailedError{Migration: m.Name, Number: len(statements), Of: len(statements), Cause: "the script left a transaction open, which was rolled back"}
		return errors.Join(failure, s.noteFailure(ctx, id, failure.Error()))
	}
	return s.finish(ctx, id)
}

// begin notes that the migration begins, unless it has before. The transaction holds the table against another who would apply it.
func (s Session) begin(ctx context.Context, m migrations.Migration) (id string, err error) {
	if err := s.run(ctx, sqltext.Statement("LOCK TABLE %s IN SHARE ROW EXCLUSIVE MODE", s.table())); err != nil {
		return "", fmt.Errorf("lock the table of migrations: %w", err)
	}
	err = s.Conn.QueryRow(ctx, sqltext.Statement(`INSERT INTO %s (id, checksum, migration_name)
		SELECT pg_catalog.gen_random_uuid()::text, $1::text, $2::text WHERE NOT EXISTS (SELECT FROM %s WHERE migration_name = $2::text AND rolled_back_at IS NULL) RETURNING id`, s.table(), s.table()),
		pgx.QueryExecModeExec, m.Checksum(), m.Name).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", ErrElsewhere
	}
	if err != nil {
		return "", fmt.Errorf("note that the migration begins: %w", err)
	}
	return id, nil
}

// finish notes that the migration has ended, as Prisma does: with one step.
func (s Session) finish(ctx context.Context, id string) error {
	if err := s.run(ctx, "RESET ROLE"); err != nil {
		return err
	}
	_, err := s.exec(ctx, sqltext.Statement("UPDATE %s SET finished_at = pg_catalog.clock_timestamp(), applied_steps_count = applied_steps_count + 1 WHERE id = $1", s.table()), id)
	if err != nil {
		return fmt.Errorf("note that the migration has ended: %w", err)
	}
	return nil
}

// noteFailure notes why the migration ended in between.
func (s Session) noteFailure(ctx context.Context, id, why string) error {
	if s.Conn.IsClosed() {
		return nil
	}
	if err := s.run(ctx, "ROLLBACK", "RESET ROLE"); err != nil {
		return err
	}
	_, err := s.exec(ctx, sqltext.Statement("UPDATE %s SET logs = $2 WHERE id = $1", s.table()), id, why)
	return err
}

// script runs statements as they are, and counts those that were done.
func (s Session) script(ctx context.Context, text string) (done int, err error) {
	results := s.Conn.PgConn().Exec(ctx, text)
	for results.NextResult() {
		if _, err := results.ResultReader().Close(); err == nil {
			done++
		}
	}
	return done, results.Close()
}

// CreateTable makes the table of migrations, unless it is there.
func (s Session) CreateTable(ctx context.Context) error {
	if err := s.run(ctx, "SET lock_timeout = '"+lockTime+"'", sqltext.Statement(createTable, s.table())); err != nil {
		return fmt.Errorf("make the table of migrations: %w", err)
	}
	return nil
}

// Resolve notes of the migration that began and has not ended how it was put right: that it is there now, or that nothing of it is.
func (s Session) Resolve(ctx context.Context, name string, applied bool) error {
	how := "rolled_back_at = pg_catalog.now()"
	if applied {
		how = "finished_at = pg_catalog.now(), logs = NULL"
	}
	if err := s.reset(ctx, "SET lock_timeout = '"+lockTime+"'"); err != nil {
		return err
	}
	_, err := s.exec(ctx, sqltext.Statement("UPDATE %s SET ", s.table())+how+" WHERE migration_name = $1 AND finished_at IS NULL AND rolled_back_at IS NULL", name)
	if err != nil {
		return fmt.Errorf("note how the migration was put right: %w", err)
	}
	return nil
}

// failed is the error of a script in a transaction: as it is, if it is one of the moment.
func failed(err error, m migrations.Migration, statements []migrations.Statement, done int) error {
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || momentary(refused.Code) {
		return err
	}
	return failedAlone(err, m, statements, done)
}

func failedAlone(err error, m migrations.Migration, statements []migrations.Statement, done int) *FailedError {
	failure := &FailedError{Migration: m.Name, Number: done + 1, Of: len(statements), Cause: shown(err)}
	if done < len(statements) {
		failure.Statement = statements[done].Shown()
	}
	return failure
}
