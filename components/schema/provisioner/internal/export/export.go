// Package export writes one schema as plain SQL: definitions, rows and what belongs on top of them. No statement names the
// schema, so that the text fits a fresh schema of any name that the search path leads to:
//
//	psql -c 'CREATE SCHEMA acme'
//	gunzip -c archive.sql.gz | PGOPTIONS='-c search_path=acme' psql -v ON_ERROR_STOP=1 --single-transaction
//
// The same rows and definitions give the same bytes. An object that it cannot express is an error, never left out.
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

	"github.com/genericcorp/platform/components/schema/provisioner/internal/sqltext"
)

// Summary tells what was written.
type Summary struct {
	SHA256 string  `json:"sha256"` // of the text
	Tables []Table `json:"tables"`
	// Bound are the statements that name the schema after all, such as the text of a function: they fit only a schema of
	// the same name. Each is told by its first line.
	Bound []string `json:"bound,omitempty"`
	// Segments divide the text, so that it is restored without being parsed.
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

// Schema writes the schema to w. The transaction must be of isolation REPEATABLE READ, and the role a member of the
// schema's owners.
func Schema(ctx context.Context, tx pgx.Tx, schema string, w io.Writer) (Summary, error) {
	setup := sqltext.Script(
		// Only names within the schema go without it; everything else is told in full.
		sqltext.Statement("SET LOCAL search_path = %s", sqltext.Name(schema)),
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
		x.refuse, x.head, x.definitions, x.defaults, x.data, x.sequenceValues, x.constraints, x.indexes, x.foreignKeys,
		x.statistics, x.rules, x.triggers, x.policies, x.comments, x.refresh,
	} {
		if err := step(); err != nil {
			return Summary{}, err
		}
	}
	if err := x.endSegment(Segment{}); err != nil {
		return Summary{}, err
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

// say writes one statement, without its semicolon.
func (x *exporter) say(statement string) error {
	statement = strings.TrimRight(strings.TrimSpace(statement), ";") + ";\n"
	if strings.Contains(statement, x.schema) {
		first, _, _ := strings.Cut(statement, "\n")
		x.summary.Bound = append(x.summary.Bound, first)
	}
	x.sql += int64(len(statement))
	return x.write(statement)
}

func (x *exporter) endSegment(s Segment) error {
	s.SQL = x.sql
	x.sql = 0
	x.summary.Segments = append(x.summary.Segments, s)
	return nil
}

// each says the statement of every row of a query whose only column is text. $1 is the schema's name.
func (x *exporter) each(what, query string) error {
	statements, err := x.texts(what, query)
	if err != nil {
		return err
	}
	for _, statement := range statements {
		if err := x.say(statement); err != nil {
			return err
		}
	}
	return nil
}

func (x *exporter) texts(what, query string) ([]string, error) {
	return collect(x, what, query, pgx.RowTo[string])
}

func collect[T any](x *exporter, what, query string, scan pgx.RowToFunc[T]) ([]T, error) {
	rows, err := x.tx.Query(x.ctx, query, x.schema)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	found, err := pgx.CollectRows(rows, scan)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", what, err)
	}
	return found, nil
}

// head leaves the session's own settings alone but for what the text depends on.
func (x *exporter) head() error {
	for _, statement := range []string{
		"SET LOCAL check_function_bodies = off", "SET LOCAL client_min_messages = warning", "SET LOCAL client_encoding = 'UTF8'",
		"SET LOCAL standard_conforming_strings = on", "SET LOCAL row_security = off", "SET LOCAL DateStyle = 'ISO, MDY'",
	} {
		if err := x.say(statement); err != nil {
			return err
		}
	}
	return nil
}
