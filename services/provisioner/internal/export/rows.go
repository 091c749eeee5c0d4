package export

import (
	"fmt"
	"io"
	"slices"

	"github.com/jackc/pgx/v5"
)

func sorted(numbers []int) []int {
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

const tables = `SELECT c.relname::text, format('%I', c.relname), '(' || (
		SELECT string_agg(format('%I', a.attname), ', ' ORDER BY a.attnum)
		FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') || ')'
	FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relkind = 'r'
	ORDER BY c.relname`

type table struct {
	Name, Quoted string
	Columns      *string // nil: the table has no column that can be written
}

// data says every table's rows, in the form that COPY and psql read.
func (x *exporter) data() error {
	all, err := collect(x, "the tables", tables, pgx.RowToStructByPos[table])
	if err != nil {
		return err
	}
	for _, t := range all {
		read := x.rows
		if t.Columns == nil {
			read = x.empty
		}
		if err := read(t); err != nil {
			return err
		}
	}
	return nil
}

// empty takes a table without columns of its own only if it has no rows, which COPY could not tell apart. They are counted
// by COPY, which plans nothing: to plan a query is to compute what is constant in the table's indexes, by the tenant's functions.
func (x *exporter) empty(t table) error {
	tag, err := x.tx.Conn().PgConn().CopyTo(x.ctx, io.Discard, "COPY "+x.qualified(t.Name)+" TO STDOUT")
	if err != nil {
		return fmt.Errorf("count the rows of %s: %w", t.Name, err)
	}
	if tag.RowsAffected() > 0 {
		//page:tenant-offboarding
		return fmt.Errorf("the archive cannot hold the rows of table %s, which has no column that can be written", t.Name)
	}
	x.summary.Tables = append(x.summary.Tables, Table{Name: t.Name})
	return nil
}

func (x *exporter) rows(t table) error {
	before := x.sql
	if err := x.statement("COPY " + t.Quoted + " " + *t.Columns + " FROM stdin"); err != nil {
		return err
	}
	copyLength := x.sql - before
	if err := x.searchSchema(); err != nil { // for values that are names of objects
		return err
	}
	counting := &counter{to: io.MultiWriter(x.hash, x.out)}
	tag, err := x.tx.Conn().PgConn().CopyTo(x.ctx, counting, "COPY "+x.qualified(t.Name)+" "+*t.Columns+" TO STDOUT")
	if err != nil {
		return fmt.Errorf("read the rows of %s: %w", t.Name, err)
	}
	if err := x.run(onlyCatalogue); err != nil {
		return err
	}
	x.summary.Tables = append(x.summary.Tables, Table{Name: t.Name, Rows: tag.RowsAffected()})
	if err := x.write(EndOfRows); err != nil {
		return err
	}
	x.endSegment(Segment{Rows: counting.bytes, Copy: copyLength, Table: len(x.summary.Tables) - 1})
	return nil
}

// divide makes each of the following statements a segment: an index of a large table takes as long as a function has.
func (x *exporter) divide() error {
	if x.sql > 0 {
		x.endSegment(Segment{})
	}
	x.apart = true
	return nil
}

func (x *exporter) qualified(name string) string { return pgx.Identifier{x.schema, name}.Sanitize() }

type counter struct {
	to    io.Writer
	bytes int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.to.Write(p)
	c.bytes += int64(n)
	return n, err
}
