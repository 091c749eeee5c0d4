package checks

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
)

// found are the rules that a script's statements fall under, each with its table and bound.
func found(t *testing.T, scripts ...string) []Finding {
	t.Helper()
	var list []migrations.Migration
	for i, script := range scripts {
		list = append(list, migrations.Migration{Name: string(rune('1'+i)) + "_test", SQL: script})
	}
	findings, err := Check(list)
	require.NoError(t, err)
	return findings
}

type hurt struct {
	rule     Rule
	table    string
	harmless bound
}

// Each rule finds what hurts, and lets alone what is written the safer way.
func TestCheck(t *testing.T) {
	t.Parallel()
	for script, want := range map[string][]hurt{
		`CREATE INDEX "Note_text" ON "Note" ("text")`: {{Locks, "Note", small}},
		`CREATE UNIQUE INDEX i ON Note (a)`:           {{Locks, "note", small}},
		`CREATE INDEX CONCURRENTLY i ON note (a)`:     nil,
		`DROP INDEX i`: nil,
		`ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d (id)`:                            {{Locks, "a", small}},
		`ALTER TABLE a ADD CONSTRAINT c FOREIGN KEY (b) REFERENCES d NOT VALID`:                       nil,
		`ALTER TABLE a ADD CHECK (b > 0)`:                                                             {{Locks, "a", small}},
		`ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID`:                                      nil,
		`ALTER TABLE a VALIDATE CONSTRAINT c`:                                                         nil,
		`ALTER TABLE a ADD CONSTRAINT c CHECK (b > 0) NOT VALID; ALTER TABLE a VALIDATE CONSTRAINT c`: {{Locks, "a", small}},
		`ALTER TABLE a ADD UNIQUE (b)`:                                                                {{Locks, "a", small}},
		`ALTER TABLE a ADD PRIMARY KEY (b)`:                                                           {{Locks, "a", small}},
		`ALTER TABLE a ADD CONSTRAINT c UNIQUE USING INDEX i`:                                         nil,
		`ALTER TABLE a ADD EXCLUDE USING gist (b WITH &&)`:                                            {{Locks, "a", small}},
		`ALTER TABLE a ALTER COLUMN b SET NOT NULL`:                                                   {{Locks, "a", small}},
		`ALTER TABLE a ALTER COLUMN b DROP NOT NULL, ALTER COLUMN b SET DEFAULT 1`:                    nil,
		`REINDEX TABLE a`:                          {{Locks, "a", small}},
		`REINDEX INDEX i`:                          {{Locks, "", never}},
		`REINDEX TABLE CONCURRENTLY a`:             nil,
		`REFRESH MATERIALIZED VIEW m`:              {{Locks, "m", small}},
		`REFRESH MATERIALIZED VIEW CONCURRENTLY m`: nil,

		`ALTER TABLE a ALTER COLUMN b TYPE bigint`:                                  {{Rewrites, "a", small}},
		`ALTER TABLE a ALTER COLUMN b SET EXPRESSION AS (c + 1)`:                    {{Rewrites, "a", small}},
		`ALTER TABLE a SET UNLOGGED`:                                                {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b uuid DEFAULT gen_random_uuid()`:                 {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b timestamptz NOT NULL DEFAULT CURRENT_TIMESTAMP`: nil,
		`ALTER TABLE a ADD COLUMN b timestamptz NOT NULL DEFAULT now(), ADD c int`:  nil,
		`ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT lower('X')`:               nil,
		`ALTER TABLE a ADD COLUMN b text NOT NULL DEFAULT lower(random()::text)`:    {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b bigserial`:                                      {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS IDENTITY`:               {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b int GENERATED ALWAYS AS (c + 1) STORED`:         {{Rewrites, "a", small}},
		`ALTER TABLE a ADD COLUMN b int UNIQUE CHECK (b > 0)`:                       {{Locks, "a", small}, {Locks, "a", small}},
		`ALTER TABLE a ADD COLUMN b int REFERENCES d`:                               nil,
		`ALTER TABLE a ADD COLUMN b int DEFAULT 1 REFERENCES d`:                     {{Locks, "a", small}},
		`VACUUM FULL a, b`:                                  {{Rewrites, "a", small}, {Rewrites, "b", small}},
		`VACUUM FULL`:                                       {{Rewrites, "", never}},
		`VACUUM (FULL off, ANALYZE) a`:                      nil,
		`CLUSTER a USING i`:                                 {{Rewrites, "a", small}},
		`UPDATE a SET b = 1`:                                {{Rewrites, "a", small}},
		`UPDATE a SET b = 1 WHERE c`:                        nil,
		`ALTER TABLE a ADD COLUMN b int NOT NULL`:           {{Fails, "a", empty}},
		`ALTER TABLE a ADD COLUMN b int NOT NULL DEFAULT 0`: nil,
		`INSERT INTO a VALUES (1), (2); SELECT * FROM a; ALTER TYPE mood ADD VALUE 'x'`: nil,

		`DROP TABLE a, b`:                   {{Drops, "a", absent}, {Drops, "b", absent}},
		`DROP VIEW IF EXISTS a`:             {{Drops, "a", absent}},
		`ALTER TABLE a DROP COLUMN b`:       {{Drops, "a", absent}},
		`ALTER TABLE a DROP CONSTRAINT b`:   nil,
		`DROP SCHEMA a`:                     {{Drops, "", never}},
		`DROP TYPE a CASCADE`:               {{Drops, "", never}},
		`DROP TYPE a; DROP FUNCTION f(int)`: nil,
		`DROP TRIGGER a ON b`:               nil,
		`TRUNCATE a, b`:                     {{Drops, "a", empty}, {Drops, "b", empty}},
		`DELETE FROM a`:                     {{Drops, "a", empty}},
		`DELETE FROM a WHERE b`:             nil,
		`WITH gone AS (DELETE FROM a RETURNING *) SELECT * FROM gone`: {{Drops, "a", empty}},

		`ALTER TABLE a RENAME TO b`:              {{Renames, "a", absent}},
		`ALTER TABLE a RENAME COLUMN b TO c`:     {{Renames, "a", absent}},
		`ALTER FUNCTION f() RENAME TO g`:         {{Renames, "", never}},
		`ALTER TYPE t RENAME VALUE 'a' TO 'b'`:   {{Renames, "", never}},
		`ALTER INDEX a RENAME TO b`:              nil,
		`ALTER TABLE a RENAME CONSTRAINT b TO c`: nil,

		`CREATE INDEX CONCURRENTLY i ON a (b); SELECT 1`: {{Alone, "", never}},
		`BEGIN; SELECT 1; COMMIT`:                        {{Alone, "", never}, {Alone, "", never}},
		`VACUUM a`:                                       nil,

		`CREATE TABLE public.a (id int)`:                                                    {{Outside, "", never}},
		`CREATE TABLE a (id public.mood REFERENCES other.b)`:                                {{Outside, "", never}},
		`SELECT public.f(1)`:                                                                {{Outside, "", never}},
		`CREATE TYPE public.mood AS ENUM ('x')`:                                             {{Outside, "", never}},
		`CREATE DOMAIN public.d AS int`:                                                     {{Outside, "", never}},
		`CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS 'x'`:                        {{Outside, "", never}},
		`DROP TABLE public.a`:                                                               {{Drops, "a", absent}, {Outside, "", never}},
		`SELECT pg_catalog.now() FROM information_schema.tables t WHERE t.table_name = 'a'`: nil,
		`CREATE EXTENSION pgcrypto`:                                                         {{Outside, "", never}},
		`CREATE ROLE r; ALTER ROLE r LOGIN; DROP ROLE r`:                                    {{Outside, "", never}, {Outside, "", never}, {Outside, "", never}},
		`GRANT SELECT ON a TO PUBLIC`:                                                       {{Outside, "", never}},
		`GRANT r TO s`:                                                                      {{Outside, "", never}},
		`REVOKE ALL ON a FROM PUBLIC`:                                                       nil,
		`ALTER TABLE a OWNER TO b`:                                                          {{Outside, "", never}},
		`ALTER TYPE a OWNER TO b`:                                                           {{Outside, "", never}},
		`CREATE SCHEMA IF NOT EXISTS "public"`:                                              {{Outside, "", never}},
		`ALTER TABLE a SET SCHEMA b`:                                                        {{Outside, "", never}},
		`SET search_path = a`:                                                               {{Outside, "", never}},
		`SET LOCAL role a`:                                                                  {{Outside, "", never}},
		`SELECT set_config('search_path', '', false)`:                                       {{Outside, "", never}},
		`SET lock_timeout = '1s'; RESET ROLE; SET search_path TO DEFAULT; SELECT set_config('a.b', '', false)`: nil,
		`CREATE FUNCTION f() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'x'`:                                 {{Outside, "", never}},
		`ALTER FUNCTION f() SECURITY DEFINER`:                                                                  {{Outside, "", never}},
		`CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = '' AS 'x'`:                             nil,
		`CREATE FUNCTION f() RETURNS int BEGIN ATOMIC DELETE FROM a; SELECT 1; END`:                            nil,
		`COPY a TO PROGRAM 'x'`: {{Outside, "", never}},

		`DO $$BEGIN EXECUTE 'x'; END$$`: {{Unread, "", never}},
		`SELEC 1`:                       {{Unread, "", never}},

		// A table that the migration itself has made has no rows that anybody waits for.
		`CREATE TABLE a (id int); CREATE INDEX i ON a (id); ALTER TABLE a ALTER id TYPE text; UPDATE a SET id = '1'; DROP TABLE a`: nil,
		`CREATE TABLE a AS SELECT 1 AS id; SELECT 1 AS id INTO b; CREATE INDEX i ON a (id); CREATE INDEX j ON b (id)`:              nil,
		`CREATE TABLE IF NOT EXISTS a (id int); CREATE INDEX i ON a (id)`:                                                          {{Locks, "a", small}},
	} {
		var got []hurt
		for _, f := range found(t, script) {
			got = append(got, hurt{f.Rule, f.Table, f.harmless})
			require.NotEmpty(t, f.Why, script)
			require.NotEmpty(t, f.Safer, script)
		}
		assert.Equal(t, want, got, script)
	}
}

// What is proven by a check that was validated is not read again; a check of something else proves nothing.
func TestNotNullThatIsProven(t *testing.T) {
	t.Parallel()
	require.Empty(t, found(t, `ALTER TABLE a ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID`, `ALTER TABLE a VALIDATE CONSTRAINT c`, `ALTER TABLE a ALTER b SET NOT NULL; ALTER TABLE a DROP CONSTRAINT c`))
	require.Len(t, found(t, `ALTER TABLE a ADD CONSTRAINT c CHECK (b IS NOT NULL) NOT VALID`, `ALTER TABLE a ALTER b SET NOT NULL`), 1)
	require.Len(t, found(t, `ALTER TABLE a ADD CONSTRAINT c CHECK (d IS NOT NULL) NOT VALID`, `ALTER TABLE a VALIDATE CONSTRAINT c`, `ALTER TABLE a ALTER b SET NOT NULL`), 1)
}

// A finding says where it is, and shows nothing that may be data.
func TestFinding(t *testing.T) {
	t.Parallel()
	require.Equal(t, []Finding{{
		Migration: "1_test", Line: 4, Statement: `UPDATE "Note" SET text = '…'`, Rule: Rewrites, Table: "Note", harmless: small,
		Why: "it writes every row, and each is locked until the migration ends", Safer: "fill the rows in batches, from the application",
	}}, found(t, "-- why\nSELECT ';\n';  UPDATE a SET b = 1 WHERE c; /* x */\n UPDATE \"Note\" SET\n text = 'secret'"))
}

// A table is judged by the tenants that lack the migration, under the names that it has had.
func TestJudge(t *testing.T) {
	t.Parallel()
	scripts := []string{`ALTER TABLE old RENAME TO new`, `CREATE INDEX i ON new (a)`, `ALTER TABLE new ADD b int NOT NULL`, `DROP TABLE new`, `DO 'x'`}
	findings := found(t, scripts...)
	require.Equal(t, []string{"new", "old"}, Tables(findings))
	large := migrations.TableSize{Table: "old", Tenant: "acme", Bytes: SmallBytes + 1, Rows: 7}
	little := migrations.TableSize{Table: "new", Tenant: "bolt", Version: "1_test", Bytes: SmallBytes, Rows: 1}
	locked := migrations.TableSize{Table: "new", Tenant: "dawn", Version: "1_test", Bytes: -1, Rows: 1}
	nothing := migrations.TableSize{Table: "new", Tenant: "crew", Version: "1_test", Bytes: SmallBytes}
	for _, test := range []struct {
		sizes    []migrations.TableSize
		accepted []Rule
		want     []Verdict
	}{
		{nil, nil, []Verdict{Harmless, Harmless, Harmless, Harmless, Refused}},
		{[]migrations.TableSize{large}, nil, []Verdict{Refused, Refused, Refused, Refused, Refused}},
		{[]migrations.TableSize{little}, nil, []Verdict{Harmless, Harmless, Refused, Refused, Refused}},
		{[]migrations.TableSize{nothing}, []Rule{Unread}, []Verdict{Harmless, Harmless, Harmless, Refused, Accepted}},
		{[]migrations.TableSize{nothing, locked}, nil, []Verdict{Harmless, Refused, Refused, Refused, Refused}},
		{[]migrations.TableSize{nothing, large}, []Rule{Locks, Drops}, []Verdict{Refused, Accepted, Refused, Accepted, Refused}},
	} {
		var got []Verdict
		for _, f := range Judge(findings, test.sizes, test.accepted) {
			got = append(got, f.Verdict)
		}
		require.Equal(t, test.want, got, "%+v", test)
	}
	require.Equal(t, "acme", Judge(findings, []migrations.TableSize{little, large}, nil)[1].Largest.Tenant)
	require.Len(t, After(findings, "4_test"), 1)
	require.Len(t, findings, 5)
}

func TestRulesAreAll(t *testing.T) {
	t.Parallel()
	rules := Rules()
	slices.Sort(rules)
	require.Len(t, slices.Compact(rules), 8)
}

// Whatever a script holds, reading it ends without a panic.
func FuzzCheck(f *testing.F) {
	for _, seed := range []string{`ALTER TABLE a ADD b int DEFAULT f(1) REFERENCES c.d, VALIDATE CONSTRAINT e; VACUUM (FULL) a; DO $$x$$`, `WITH a AS (DELETE FROM b) SELECT 1 INTO c`,
		`CREATE FUNCTION a() RETURNS b.c LANGUAGE sql AS 'x'; COPY a FROM 'b'; DROP TABLE a.b, "c" CASCADE`, "SELECT ((((((((((1", "\x00'"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, script string) {
		findings, err := Check([]migrations.Migration{{Name: "0_a", SQL: script}})
		if err == nil {
			Judge(findings, nil, nil)
		}
	})
}
