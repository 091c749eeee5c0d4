package export

import (
	"fmt"

	"github.com/jackc/pgx/v5"
)

// What is said after the definitions and rows, so that rows go in fast and in any order.

const defaults = `
	SELECT format('ALTER TABLE ONLY %s ALTER COLUMN %I SET DEFAULT %s', c.oid::regclass, a.attname, pg_get_expr(e.adbin, e.adrelid))
	FROM pg_attrdef e JOIN pg_class c ON c.oid = e.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
	WHERE n.nspname = $1 AND a.attgenerated = '' AND c.relkind IN ('r', 'p', 'v') ORDER BY c.relname, a.attnum`

const columnOptions = `
	SELECT statement FROM (
		SELECT c.relname, a.attnum, 1 AS rank, format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STATISTICS %s', c.oid::regclass, a.attname, a.attstattarget) AS statement
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND a.attstattarget >= 0
		UNION ALL
		SELECT c.relname, a.attnum, 2, format('ALTER TABLE ONLY %s ALTER COLUMN %I SET STORAGE %s', c.oid::regclass, a.attname,
			CASE a.attstorage WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'm' THEN 'MAIN' ELSE 'EXTENDED' END)
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attstorage <> t.typstorage
		UNION ALL
		SELECT c.relname, a.attnum, 3, format('ALTER TABLE ONLY %s ALTER COLUMN %I SET COMPRESSION %s', c.oid::regclass, a.attname,
			CASE a.attcompression WHEN 'p' THEN 'pglz' ELSE 'lz4' END)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attcompression <> ''
		UNION ALL
		SELECT c.relname, a.attnum, 4, format('ALTER TABLE ONLY %s ALTER COLUMN %I SET (%s)', c.oid::regclass, a.attname, array_to_string(a.attoptions, ', '))
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.attoptions IS NOT NULL
	) o ORDER BY relname, attnum, rank`

const ownedSequences = `
	SELECT format('ALTER SEQUENCE %s OWNED BY %s.%I', d.objid::regclass, d.refobjid::regclass, a.attname)
	FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND c.relkind = 'S' JOIN pg_namespace n ON n.oid = c.relnamespace
	JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
	WHERE n.nspname = $1 AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'a' ORDER BY c.relname`

func (x *exporter) defaults() error {
	if err := x.each("the columns' defaults", defaults); err != nil {
		return err
	}
	if err := x.each("the columns' options", columnOptions); err != nil {
		return err
	}
	return x.each("the owned sequences", ownedSequences)
}

const sequences = `SELECT c.relname::text, c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relkind = 'S' ORDER BY c.relname`

func (x *exporter) sequenceValues() error {
	type sequence struct{ Name, Quoted string }
	all, err := collect(x, "the sequences", sequences, pgx.RowToStructByPos[sequence])
	if err != nil {
		return err
	}
	for _, s := range all {
		var statement string
		err := x.tx.QueryRow(x.ctx, "SELECT format('SELECT pg_catalog.setval(%L, %s, %L)', $1::text, last_value, is_called) FROM "+x.qualified(s.Name), s.Quoted).Scan(&statement)
		if err != nil {
			return fmt.Errorf("read the sequence %s: %w", s.Name, err)
		}
		if err := x.statement(statement); err != nil {
			return err
		}
	}
	return nil
}

func constraintsOf(kinds string) string {
	return `SELECT format('ALTER TABLE %s%s ADD CONSTRAINT %I %s', CASE WHEN c.relkind = 'p' OR o.contype = 'f' THEN '' ELSE 'ONLY ' END,
			c.oid::regclass, o.conname, pg_get_constraintdef(o.oid))
		FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND o.contype IN (` + kinds + `) AND o.conparentid = 0 AND o.conislocal
		ORDER BY position(o.contype IN 'puxcf'), c.relname, o.conname`
}

func (x *exporter) constraints() error {
	return x.each("the constraints", constraintsOf(`'p', 'u', 'x', 'c'`))
}

func (x *exporter) foreignKeys() error { return x.each("the foreign keys", constraintsOf(`'f'`)) }

const indexes = `
	SELECT CASE WHEN c.relkind = 'I' THEN -- partitions get theirs
			overlay(pg_get_indexdef(i.indexrelid, 0, true) PLACING '' FROM length(format('CREATE %sINDEX %I ON ', CASE WHEN i.indisunique THEN 'UNIQUE ' END, c.relname)) + 1 FOR length('ONLY '))
		ELSE pg_get_indexdef(i.indexrelid, 0, true) END
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND NOT c.relispartition
		AND NOT EXISTS (SELECT FROM pg_constraint o WHERE o.conindid = i.indexrelid AND o.contype IN ('p', 'u', 'x')) ORDER BY c.relname`

const clustered = `
	SELECT format('ALTER TABLE %s CLUSTER ON %I', i.indrelid::regclass, c.relname)
	FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND i.indisclustered ORDER BY 1`

func (x *exporter) indexes() error {
	if err := x.each("the indexes", indexes); err != nil {
		return err
	}
	return x.each("the clustered tables", clustered)
}

const statistics = `
	SELECT overlay(pg_get_statisticsobjdef(o.oid) PLACING '' FROM length('CREATE STATISTICS ') + 1 FOR length(format('%I.', $1::text))) -- and not in a literal
	FROM pg_statistic_ext o JOIN pg_namespace n ON n.oid = o.stxnamespace WHERE n.nspname = $1 ORDER BY o.stxname`

func (x *exporter) statistics() error { return x.each("the statistics", statistics) }

const rules = `
	SELECT statement FROM (
		SELECT c.relname, r.rulename, 1 AS rank, pg_get_ruledef(r.oid, true) AS statement
		FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND r.rulename <> '_RETURN'
		UNION ALL
		SELECT c.relname, r.rulename, 2, format('ALTER TABLE %s %s RULE %I', c.oid::regclass,
			CASE r.ev_enabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, r.rulename)
		FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND r.rulename <> '_RETURN' AND r.ev_enabled <> 'O'
	) r ORDER BY relname, rulename, rank`

func (x *exporter) rules() error { return x.each("the rules", rules) }

const triggers = `
	SELECT statement FROM (
		SELECT c.relname, t.tgname, 1 AS rank, pg_get_triggerdef(t.oid, true) AS statement
		FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND NOT t.tgisinternal AND t.tgparentid = 0
		UNION ALL
		SELECT c.relname, t.tgname, 2, format('ALTER TABLE %s %s TRIGGER %I', c.oid::regclass,
			CASE t.tgenabled WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' ELSE 'ENABLE ALWAYS' END, t.tgname)
		FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE n.nspname = $1 AND NOT t.tgisinternal AND t.tgenabled <> 'O' AND c.relkind IN ('r', 'p')
	) t ORDER BY relname, tgname, rank`

func (x *exporter) triggers() error { return x.each("the triggers", triggers) }

const policies = `
	SELECT statement FROM (
		SELECT c.relname, '' AS name, format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', c.oid::regclass) AS statement
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relrowsecurity
		UNION ALL
		SELECT c.relname, ' ', format('ALTER TABLE %s FORCE ROW LEVEL SECURITY', c.oid::regclass)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relforcerowsecurity
		UNION ALL
		SELECT c.relname, p.polname, format('CREATE POLICY %I ON %s AS %s FOR %s TO %s%s%s', p.polname, c.oid::regclass,
			CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
			CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE' WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
			CASE WHEN p.polroles = '{0}' THEN 'PUBLIC' ELSE 'CURRENT_ROLE' END,
			' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', ' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')')
		FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1
	) p ORDER BY relname, name`

func (x *exporter) policies() error { return x.each("the policies", policies) }

// comments takes the server's own words for each object, without the schema.
const comments = `
	SELECT format('COMMENT ON %s %s IS %L',
		CASE WHEN i.type LIKE '% column' THEN 'COLUMN' WHEN i.type = 'table constraint' THEN 'CONSTRAINT' WHEN i.type = 'statistics object' THEN 'STATISTICS'
			WHEN i.type = 'composite type' THEN 'TYPE' ELSE upper(i.type) END,
		replace(i.identity, format('%I.', $1::text), ''), d.description)
	FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
	WHERE (i.schema = quote_ident($1) OR (i.schema IS NULL AND d.classoid IN ('pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_rewrite'::regclass, 'pg_constraint'::regclass)
		AND CASE d.classoid WHEN 'pg_trigger'::regclass THEN (SELECT tgrelid FROM pg_trigger WHERE oid = d.objoid)
			WHEN 'pg_policy'::regclass THEN (SELECT polrelid FROM pg_policy WHERE oid = d.objoid)
			WHEN 'pg_rewrite'::regclass THEN (SELECT ev_class FROM pg_rewrite WHERE oid = d.objoid)
			ELSE (SELECT conrelid FROM pg_constraint WHERE oid = d.objoid) END
			IN (SELECT c.oid FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1)))
	ORDER BY i.type, i.identity`

func (x *exporter) comments() error { return x.each("the comments", comments) }

// refresh fills the materialized views that were filled, those first that others read.
const refresh = `
	WITH RECURSIVE views AS (
		SELECT c.oid, c.relname, 0 AS depth FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind IN ('m', 'v')
		UNION
		SELECT v.oid, v.relname, u.depth + 1 FROM views u JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = u.oid AND d.classid = 'pg_rewrite'::regclass
		JOIN pg_rewrite r ON r.oid = d.objid AND r.ev_class <> u.oid JOIN pg_class v ON v.oid = r.ev_class
	)
	SELECT format('REFRESH MATERIALIZED VIEW %s', c.oid::regclass)
	FROM (SELECT oid, max(depth) AS depth FROM views GROUP BY oid) v JOIN pg_class c ON c.oid = v.oid JOIN pg_namespace n ON n.oid = c.relnamespace
	WHERE n.nspname = $1 AND c.relkind = 'm' AND c.relispopulated ORDER BY v.depth, c.relname`

func (x *exporter) refresh() error { return x.each("the materialized views", refresh) }
