// Package export writes one schema as plain SQL: definitions, rows and what belongs on top of them. No statement names the
// schema, so that the text fits a fresh schema of any name that the search path leads to:
//
//	psql -c 'CREATE SCHEMA acme'
//	gunzip -c archive.sql.gz | PGOPTIONS='-c search_path=acme' psql -v ON_ERROR_STOP=1 --single-transaction
//
// The same rows and definitions give the same bytes. An object that it cannot express is an error, never left out. Owners
// and privileges are none of it: the schema that the text is restored into has its own, and what a tenant has granted on its
// objects leads nobody to them, as the schema is closed.
package export

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// Summary tells what was written.
type Summary struct {
	SHA256 string  `json:"sha256"` // of the text
	Tables []Table `json:"tables"`
	// Bound are the statements that name the schema after all, such as the text of a function: they fit only a schema of
	// the same name. Each is told by its first line.
	Bound []string `json:"bound,omitempty"`
	// Segments divide the text, so that it is restored without being parsed, and in several transactions if it is long: what
	// comes before the rows is one segment with those of the first table, and of what comes after them each statement is one.
	Segments []Segment `json:"segments"`
}

// Table is one table and the number of its rows.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
}

// Segment is a part of the text, in bytes from the end of the one before.
type Segment struct {
	SQL   int64 `json:"sql"`             // statements, with the COPY statement at the end where rows follow
	Rows  int64 `json:"rows,omitempty"`  // rows in COPY's text form, without the end mark
	Copy  int64 `json:"copy,omitempty"`  // bytes at the end of SQL that are the COPY statement
	Table int   `json:"table,omitempty"` // which of Summary.Tables the rows are of
}

// EndOfRows is what follows the rows of a segment in the text: psql's end mark.
const EndOfRows = "\\.\n\n"

// Rows gives the number of rows of all tables.
func (s Summary) Rows() int64 {
	var sum int64
	for _, t := range s.Tables {
		sum += t.Rows
	}
	return sum
}

// Bytes gives the length of the text.
func (s Summary) Bytes() int64 {
	var sum int64
	for _, segment := range s.Segments {
		sum += segment.Bytes()
	}
	return sum
}

// Bytes gives the length of the segment.
func (s Segment) Bytes() int64 {
	if s.Copy == 0 {
		return s.SQL
	}
	return s.SQL + s.Rows + int64(len(EndOfRows))
}

// Schema writes the schema to w. The transaction must be of isolation REPEATABLE READ, and the role a member of the
// schema's owners.
//
// That role can do everything to every tenant, and the schema's owner can make functions and operators there, of any name.
// So no statement is ever parsed with the schema in the search path: see collect.
func Schema(ctx context.Context, tx pgx.Tx, schema string, w io.Writer) (Summary, error) {
	if err := forbidViews(ctx, tx); err != nil {
		return Summary{}, err
	}
	setup := sqltext.Script(
		onlyCatalogue, "SET LOCAL cursor_tuple_fraction = 1",
		"SET LOCAL lock_timeout = '10s'",
		"SET LOCAL row_security = off", // fail rather than leave rows out
		"SET LOCAL synchronize_seqscans = off",
		"SET LOCAL DateStyle = 'ISO, MDY'", "SET LOCAL IntervalStyle = 'postgres'", "SET LOCAL TimeZone = 'UTC'",
		"SET LOCAL extra_float_digits = 3", "SET LOCAL bytea_output = 'hex'", "SET LOCAL quote_all_identifiers = off",
	)
	if _, err := tx.Conn().PgConn().Exec(ctx, setup).ReadAll(); err != nil {
		return Summary{}, fmt.Errorf("prepare the export: %w", err)
	}
	x := &exporter{ctx: ctx, tx: tx, schema: schema, out: w, hash: sha256.New()}
	for _, step := range []func() error{
		x.refuse, x.head, x.definitions, x.defaults, x.data, x.divide, x.sequenceValues, x.constraints, x.indexes, x.foreignKeys,
		x.statistics, x.rules, x.triggers, x.policies, x.comments, x.refresh,
	} {
		if err := step(); err != nil {
			return Summary{}, err
		}
	}
	x.summary.SHA256 = hex.EncodeToString(x.hash.Sum(nil))
	return x.summary, nil
}

type exporter struct {
	ctx     context.Context //nolint:containedctx // of the one call that it lives for
	tx      pgx.Tx
	schema  string
	out     io.Writer
	hash    hash.Hash
	sql     int64 // bytes of SQL in the segment so far
	apart   bool  // each statement is a segment
	summary Summary
}

// write puts bytes into the text and its hash.
func (x *exporter) write(text string) error {
	if _, err := io.WriteString(x.hash, text); err != nil {
		return err
	}
	if _, err := io.WriteString(x.out, text); err != nil {
		return fmt.Errorf("write the export: %w", err)
	}
	return nil
}

// statement writes one statement, without its semicolon.
func (x *exporter) statement(statement string) error {
	statement = strings.TrimRight(strings.TrimSpace(statement), ";") + ";\n"
	if strings.Contains(statement, x.schema) {
		first, _, _ := strings.Cut(statement, "\n")
		x.summary.Bound = append(x.summary.Bound, first)
	}
	x.sql += int64(len(statement))
	if err := x.write(statement); err != nil || !x.apart {
		return err
	}
	x.endSegment(Segment{})
	return nil
}

func (x *exporter) endSegment(s Segment) {
	s.SQL = x.sql
	x.sql = 0
	x.summary.Segments = append(x.summary.Segments, s)
}

// each says the statement of every row of a query whose only column is text. $1 is the schema's name.
func (x *exporter) each(what, query string) error {
	statements, err := x.texts(what, query)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if err := x.statement(statement); err != nil {
			return err
		}
	}
	return nil
}

// forbidViews keeps a view from being read that the tenant puts in the place of a table or sequence a moment before: its
// functions would run with the privileges of whoever reads.
func forbidViews(ctx context.Context, tx pgx.Tx) error {
	const setting = "restrict_nonsystem_relation_kind"
	tag, err := tx.Exec(ctx, `SELECT set_config(name, 'view, foreign-table', true) FROM pg_settings WHERE name = $1`, setting)
	if err != nil {
		return fmt.Errorf("prepare the export: %w", err)
	}
	if tag.RowsAffected() == 0 {
		//page:database-upgrade
		return fmt.Errorf("this server has no setting %s, without which a tenant could make its archive run statements as the administrator: update it to PostgreSQL 14.13, 15.8, 16.4, 17 or later", setting)
	}
	return nil
}

func (x *exporter) texts(what, query string) ([]string, error) {
	return collect(x, what, query, pgx.RowTo[string])
}

// onlyCatalogue is the search path that statements are parsed with.
const onlyCatalogue = "SET LOCAL search_path = pg_catalog"

// collect runs a query with the schema in the search path, so that the server tells the names in it without it, but parses
// it without: else a tenant's function format(text, regclass), which fits better than the catalogue's own, would run in its
// place, as the administrator. The cursor is what keeps the two apart.
func collect[T any](x *exporter, what, query string, scan pgx.RowToFunc[T]) ([]T, error) {
	found, err := func() ([]T, error) {
		if _, err := x.tx.Exec(x.ctx, "DECLARE part NO SCROLL CURSOR FOR "+query, pgx.QueryExecModeDescribeExec, x.schema); err != nil {
			return nil, err
		}
		if err := x.searchSchema(); err != nil {
			return nil, err
		}
		rows, err := x.tx.Query(x.ctx, "FETCH ALL FROM part", pgx.QueryExecModeDescribeExec)
		if err != nil {
			return nil, err
		}
		found, err := pgx.CollectRows(rows, scan)
		if err != nil {
			return nil, err
		}
		return found, x.run("CLOSE part", onlyCatalogue)
	}()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return found, nil
}

// searchSchema puts the schema into the search path. What follows must have nothing that is looked up by it.
func (x *exporter) searchSchema() error {
	return x.run(sqltext.Statement("SET LOCAL search_path = %s", sqltext.Name(x.schema)))
}

func (x *exporter) run(statements ...string) error {
	_, err := x.tx.Conn().PgConn().Exec(x.ctx, sqltext.Script(statements...)).ReadAll()
	return err
}

// Settings are what the text depends on. It begins with them; who goes on in the middle sets them again.
func Settings() []string {
	return []string{
		"SET LOCAL check_function_bodies = off", "SET LOCAL client_min_messages = warning", "SET LOCAL client_encoding = 'UTF8'",
		"SET LOCAL standard_conforming_strings = on", "SET LOCAL row_security = off", "SET LOCAL DateStyle = 'ISO, MDY'",
	}
}

// head leaves the session's other settings alone.
func (x *exporter) head() error {
	for _, statement := range Settings() {
		if err := x.statement(statement); err != nil {
			return err
		}
	}
	return nil
}
