// Package migrate brings the schema of one tenant to a list of Prisma's migrations, in a session of the tenant's own: neither what a
// migration says nor what the tenant has in its schema runs with more rights than the tenant has. What it notes in _prisma_migrations is
// what Prisma would.
package migrate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

const (
	tableName = "_prisma_migrations"
	// lookTime is the most that reading the table may take: the tenant could have put a view in its place.
	lookTime = "10s"
	// mostRows is how many rows are read beyond those of the list.
	mostRows = 1000
)

// createTable is Prisma's own.
// https://github.com/prisma/prisma-engines (sql_migration_persistence.rs)
const createTable = `CREATE TABLE IF NOT EXISTS %s (
	id varchar(36) PRIMARY KEY NOT NULL,
	checksum varchar(64) NOT NULL,
	finished_at timestamptz,
	migration_name varchar(255) NOT NULL,
	logs text,
	rolled_back_at timestamptz,
	started_at timestamptz NOT NULL DEFAULT now(),
	applied_steps_count integer NOT NULL DEFAULT 0
)`

// Session is one of the tenant's own, which nothing else uses.
type Session struct {
	Conn   *pgx.Conn
	Schema string
}

// State is how a schema stands to a list of migrations.
type State struct {
	Version string // the newest migration that it has; empty: it has none
	Pending []migrations.Migration
	// Problem says why nothing can be applied; empty: it can.
	Problem string
	// Unfinished is the migration that began and has not ended; empty: there is none.
	Unfinished string
}

// row is one of the table, but for those that were rolled back.
type row struct {
	Name, Checksum string
	Finished       bool
	Started        time.Time
}

// Look compares the schema with the list.
func (s Session) Look(ctx context.Context, list []migrations.Migration) (State, error) {
	if err := s.reset(ctx, "SET statement_timeout = '"+lookTime+"'"); err != nil {
		return State{}, err
	}
	var exists bool
	var objects int
	err := s.Conn.QueryRow(ctx, `SELECT pg_catalog.to_regclass($1) IS NOT NULL, (SELECT pg_catalog.count(*) FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.to_regnamespace($2))`,
		pgx.QueryExecModeExec, pgx.Identifier{s.Schema, tableName}.Sanitize(), pgx.Identifier{s.Schema}.Sanitize()).Scan(&exists, &objects)
	if err != nil {
		return State{}, fmt.Errorf("look for the table of migrations: %w", err)
	}
	if !exists && objects > 0 {
		//page:none it says what to do
		return State{Problem: fmt.Sprintf("its schema holds %s but no table %s: note with `prisma migrate resolve --applied` which migrations it has", printable.Count(objects, "object"), tableName)}, nil
	}
	if !exists {
		return State{Pending: list}, nil
	}
	rows, err := s.Conn.Query(ctx, sqltext.Statement(`SELECT pg_catalog.left(migration_name, 255), pg_catalog.left(checksum, 64), finished_at IS NOT NULL, started_at FROM %s
		WHERE rolled_back_at IS NULL ORDER BY started_at LIMIT %s`, s.table(), len(list)+mostRows), pgx.QueryExecModeExec)
	if err != nil {
		return State{}, fmt.Errorf("read the table of migrations: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[row])
	if err != nil {
		return State{}, fmt.Errorf("read the table of migrations: %w", err)
	}
	return compare(found, list), nil
}

// Unfinished is the migration that began and has not ended; empty: there is none.
func (s Session) Unfinished(ctx context.Context) (name string, err error) {
	state, err := s.Look(ctx, nil)
	return state.Unfinished, err
}

// compare tells how what was found stands to the list.
func compare(found []row, list []migrations.Migration) State {
	state := State{}
	applied := map[string]bool{}
	for _, r := range found {
		i := slices.IndexFunc(list, func(m migrations.Migration) bool { return m.Name == r.Name })
		if !r.Finished {
			state.Unfinished = r.Name
		}
		switch {
		case state.Problem != "":
		case !r.Finished:
			state.Problem = fmt.Sprintf("%s began at %s and has not ended, so that part of it may be there: look, then resume the tenant with --applied or --rolled-back", r.Name, r.Started.UTC().Format(time.RFC3339))
		case i < 0:
			state.Problem = r.Name + " was applied to it and is missing in the folder: take the folder that has it"
		case !list[i].Matches(r.Checksum):
			state.Problem = r.Name + " was changed after it was applied: put it back as it was, and make another migration of the change"
		}
		if r.Finished {
			applied[r.Name] = true
			state.Version = max(state.Version, r.Name)
		}
	}
	for _, m := range list {
		if !applied[m.Name] {
			state.Pending = append(state.Pending, m)
		}
	}
	return state
}

func (s Session) table() sqltext.Qualified {
	return sqltext.Qualified{Schema: s.Schema, Name: tableName}
}

// reset gives the session what a new one of the tenant has, whatever a migration has set, and more settings.
func (s Session) reset(ctx context.Context, settings ...string) error {
	return s.run(ctx, slices.Concat([]string{"RESET ALL", "RESET ROLE"}, settings)...)
}

// run sends statements as one text, without arguments.
func (s Session) run(ctx context.Context, statements ...string) error {
	_, err := s.Conn.PgConn().Exec(ctx, sqltext.Script(statements...)).ReadAll()
	return err
}

// exec is Exec without a prepared statement, which a migration could invalidate.
func (s Session) exec(ctx context.Context, statement string, args ...any) (pgconn.CommandTag, error) {
	return s.Conn.Exec(ctx, statement, append([]any{pgx.QueryExecModeExec}, args...)...)
}
