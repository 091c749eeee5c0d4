package migrations

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSplit(t *testing.T) {
	t.Parallel()
	for script, want := range map[string][]string{
		"": nil,
		"-- nothing; at all\n;; /* a; /* b; */ c; */": nil,
		"SELECT 1":                        {"SELECT 1"},
		"SELECT 1; SELECT 2;\n":           {"SELECT 1", "SELECT 2"},
		"-- first\nSELECT 1 /* ; */;":     {"SELECT 1 /* ; */"},
		`SELECT 'a;''b'; SELECT 2`:        {`SELECT 'a;''b'`, "SELECT 2"},
		`SELECT E'a\';b'; SELECT 2`:       {`SELECT E'a\';b'`, "SELECT 2"},
		`SELECT 'a\'; SELECT 2`:           {`SELECT 'a\'`, "SELECT 2"},
		`SELECT "a;""b"; SELECT 2`:        {`SELECT "a;""b"`, "SELECT 2"},
		`DO $$BEGIN x; END$$; SELECT 2`:   {`DO $$BEGIN x; END$$`, "SELECT 2"},
		`DO $a$ ; $$ ; $b$ $a$; SELECT 2`: {`DO $a$ ; $$ ; $b$ $a$`, "SELECT 2"},
		`SELECT a$b$c; SELECT $1`:         {`SELECT a$b$c`, `SELECT $1`},
		`CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); SELECT 3`: {`CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2)`, "SELECT 3"},
		`CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END; SELECT 3`: {
			`CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END`, "SELECT 3"},
		`CREATE FUNCTION begin_it() RETURNS int AS 'x' LANGUAGE sql; SELECT 3`: {`CREATE FUNCTION begin_it() RETURNS int AS 'x' LANGUAGE sql`, "SELECT 3"},
		"SELECT 'never ends; SELECT 2":                                         {"SELECT 'never ends; SELECT 2"},
	} {
		var got []string
		for _, s := range Split(script) {
			got = append(got, s.Text)
		}
		require.Equal(t, want, got, script)
	}
}

func TestRunsAlone(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]bool{
		`CREATE INDEX "a" ON "b" ("c")`:                                               false,
		`CREATE INDEX CONCURRENTLY "a" ON "b" ("c")`:                                  true,
		`-- why` + "\n" + `create unique index concurrently if not exists a on b (c)`: true,
		`DROP INDEX CONCURRENTLY a`:                                                   true,
		`CREATE TABLE "CONCURRENTLY" (a int); SELECT 'VACUUM'`:                        false,
		`ALTER TABLE a DETACH PARTITION b CONCURRENTLY`:                               true,
		`REFRESH MATERIALIZED VIEW CONCURRENTLY a`:                                    false,
		`VACUUM (ANALYZE) a`:                                                          true,
		`SELECT 1; BEGIN; SELECT 2; COMMIT`:                                           true,
		`SAVEPOINT a; ROLLBACK TO a`:                                                  false,
		`ALTER TYPE mood ADD VALUE 'sad'`:                                             false,
		`DO $$BEGIN PERFORM 1; END$$`:                                                 false,
	} {
		require.Equal(t, want, RunsAlone(Split(script)), script)
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	var lines []int
	for _, s := range Split("-- first\n\nSELECT '\n;\n'; SELECT 2 /*\n*/ ;\n\n  SELECT\n3;") {
		lines = append(lines, s.Line)
	}
	require.Equal(t, []int{3, 5, 8}, lines)
}

// A statement is shown without what may be data, on one line.
func TestShown(t *testing.T) {
	t.Parallel()
	for script, want := range map[string]string{
		"INSERT INTO \"Key\" -- secret\n  VALUES ('secret', E'sec''ret', $$secret$$, 7)": `INSERT INTO "Key" VALUES ('…', '…', '…', 7)`,
		"SELECT " + strings.Repeat("é", 200):                                             "SELECT " + strings.Repeat("é", 76) + "…",
	} {
		require.Equal(t, want, Split(script)[0].Shown())
	}
}

// Whatever a script holds, dividing it ends, and loses no statement's text.
func FuzzSplit(f *testing.F) {
	f.Add("SELECT 'a;b'; CREATE FUNCTION f() BEGIN ATOMIC SELECT 1; END; /* x */ $a$;$a$")
	f.Fuzz(func(t *testing.T, script string) {
		at := 0
		for _, s := range Split(script) {
			found := strings.Index(script[at:], s.Text)
			require.GreaterOrEqual(t, found, 0)
			at += found + len(s.Text)
			_ = s.Shown()
		}
	})
}
