package export

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// The definitions, each row an object: the catalogue that it is in, its oid, the rank that orders objects which do not
// depend on one another, its name, and the statement that makes it.
const definitions = `
	WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1)

	SELECT 'pg_type'::regclass::oid AS class, t.oid, 1 AS rank, t.typname::text AS name,
		format('CREATE TYPE %I AS ENUM (%s)', t.typname,
			(SELECT coalesce(string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder), '') FROM pg_enum e WHERE e.enumtypid = t.oid)) AS statement
	FROM pg_type t, s WHERE t.typnamespace = s.oid AND t.typtype = 'e'

	UNION ALL
	SELECT 'pg_type'::regclass, t.oid, 2, t.typname,
		format('CREATE DOMAIN %I AS %s%s%s%s%s', t.typname, format_type(t.typbasetype, t.typtypmod),
			(SELECT ' COLLATE ' || o.oid::regcollation FROM pg_collation o JOIN pg_type b ON b.oid = t.typbasetype
				WHERE o.oid = t.typcollation AND t.typcollation <> b.typcollation),
			' DEFAULT ' || coalesce(pg_get_expr(t.typdefaultbin, 0), quote_literal(t.typdefault)),
			CASE WHEN t.typnotnull THEN ' NOT NULL' END,
			(SELECT string_agg(format(' CONSTRAINT %I %s', c.conname, pg_get_constraintdef(c.oid)), '' ORDER BY c.conname)
				FROM pg_constraint c WHERE c.contypid = t.oid AND c.contype = 'c'))
	FROM pg_type t, s WHERE t.typnamespace = s.oid AND t.typtype = 'd'

	UNION ALL
	SELECT 'pg_class'::regclass, c.oid, 3, c.relname,
		format('CREATE TYPE %I AS (%s)', c.relname, (SELECT string_agg(format('%I %s%s', a.attname, format_type(a.atttypid, a.atttypmod),
			(SELECT ' COLLATE ' || a.attcollation::regcollation FROM pg_type b WHERE b.oid = a.atttypid AND a.attcollation <> b.typcollation)), ', ' ORDER BY a.attnum)
			FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped))
	FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.relkind = 'c'

	UNION ALL
	SELECT 'pg_class'::regclass, c.oid, 4, c.relname,
		format('CREATE %sSEQUENCE %I AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s',
			CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, c.relname, q.seqtypid::regtype, q.seqincrement, q.seqmin, q.seqmax,
			q.seqstart, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END)
	FROM pg_class c JOIN pg_sequence q ON q.seqrelid = c.oid, s
	WHERE c.relnamespace = s.oid AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')

	UNION ALL
	SELECT 'pg_proc'::regclass, p.oid, 5, p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
		-- The server always tells the schema here, and only here.
		overlay(pg_get_functiondef(p.oid) PLACING '' FROM position(format('%I.', $1::text) IN pg_get_functiondef(p.oid)) FOR length(format('%I.', $1::text)))
	FROM pg_proc p, s WHERE p.pronamespace = s.oid

	UNION ALL
	SELECT 'pg_class'::regclass, c.oid, 6, c.relname, CASE WHEN c.relispartition THEN
		format('CREATE %sTABLE %I PARTITION OF %s %s%s%s', CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, c.relname,
			(SELECT i.inhparent::regclass FROM pg_inherits i WHERE i.inhrelid = c.oid), pg_get_expr(c.relpartbound, c.oid),
			' PARTITION BY ' || pg_get_partkeydef(c.oid), ' WITH (' || array_to_string(c.reloptions, ', ') || ')')
	ELSE
		format(E'CREATE %sTABLE %I (%s\n)%s%s', CASE WHEN c.relpersistence = 'u' THEN 'UNLOGGED ' END, c.relname,
			(SELECT string_agg(format(E'\n    %I %s%s%s%s', a.attname, format_type(a.atttypid, a.atttypmod),
				(SELECT ' COLLATE ' || a.attcollation::regcollation FROM pg_type b WHERE b.oid = a.atttypid AND a.attcollation <> b.typcollation),
				CASE WHEN a.attnotnull THEN ' NOT NULL' END,
				CASE WHEN a.attgenerated = 's' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(e.adbin, e.adrelid) || ') STORED'
					WHEN a.attgenerated = 'v' THEN ' GENERATED ALWAYS AS (' || pg_get_expr(e.adbin, e.adrelid) || ') VIRTUAL'
					WHEN a.attidentity <> '' THEN format(' GENERATED %s AS IDENTITY (SEQUENCE NAME %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s)',
						CASE a.attidentity WHEN 'a' THEN 'ALWAYS' ELSE 'BY DEFAULT' END, q.seqrelid::regclass, q.seqincrement, q.seqmin, q.seqmax,
						q.seqstart, q.seqcache, CASE WHEN q.seqcycle THEN ' CYCLE' END) END), ',' ORDER BY a.attnum)
				FROM pg_attribute a
				LEFT JOIN pg_attrdef e ON e.adrelid = a.attrelid AND e.adnum = a.attnum
				LEFT JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid AND d.refobjsubid = a.attnum AND d.deptype = 'i' AND a.attidentity <> ''
				LEFT JOIN pg_sequence q ON q.seqrelid = d.objid AND d.classid = 'pg_class'::regclass
				WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped),
			' PARTITION BY ' || pg_get_partkeydef(c.oid), ' WITH (' || array_to_string(c.reloptions, ', ') || ')') END
	FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.relkind IN ('r', 'p')

	UNION ALL
	SELECT 'pg_class'::regclass, c.oid, 7, c.relname,
		CASE c.relkind WHEN 'v' THEN format(E'CREATE VIEW %I%s AS\n%s', c.relname, ' WITH (' || array_to_string(c.reloptions, ', ') || ')', pg_get_viewdef(c.oid))
		ELSE format(E'CREATE MATERIALIZED VIEW %I%s AS\n%s\nWITH NO DATA', c.relname, ' WITH (' || array_to_string(c.reloptions, ', ') || ')', rtrim(pg_get_viewdef(c.oid), ';')) END
	FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.relkind IN ('v', 'm')

	ORDER BY rank, name`

// dependencies are the pairs of object and what it needs. What belongs to a table, type or view without being made by a
// statement of its own counts as that: a view's rule, a domain's check, a table's row type.
const dependencies = `
	WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1),
	edge AS (
		SELECT
			CASE WHEN d.classid = 'pg_rewrite'::regclass THEN 'pg_class'::regclass WHEN d.classid = 'pg_constraint'::regclass THEN 'pg_type'::regclass
				WHEN d.classid = 'pg_attrdef'::regclass THEN 'pg_class'::regclass ELSE d.classid END::oid AS class,
			CASE WHEN d.classid = 'pg_rewrite'::regclass THEN (SELECT r.ev_class FROM pg_rewrite r WHERE r.oid = d.objid AND r.rulename = '_RETURN')
				WHEN d.classid = 'pg_constraint'::regclass THEN (SELECT c.contypid FROM pg_constraint c WHERE c.oid = d.objid AND c.contypid <> 0)
				WHEN d.classid = 'pg_attrdef'::regclass THEN (SELECT e.adrelid FROM pg_attrdef e JOIN pg_attribute a ON a.attrelid = e.adrelid AND a.attnum = e.adnum
					WHERE e.oid = d.objid AND a.attgenerated <> '')
				ELSE d.objid END AS oid,
			d.refclassid, d.refobjid
		FROM pg_depend d
		WHERE d.classid IN ('pg_rewrite'::regclass, 'pg_constraint'::regclass, 'pg_attrdef'::regclass, 'pg_type'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass)
			AND d.refclassid IN ('pg_type'::regclass, 'pg_class'::regclass, 'pg_proc'::regclass)
			AND d.refobjid >= 16384 AND NOT (d.classid = 'pg_class'::regclass AND d.deptype = 'a' AND EXISTS (SELECT FROM pg_sequence q WHERE q.seqrelid = d.objid))
	)
	SELECT e.class, e.oid,
		CASE WHEN row_type.typrelid <> 0 THEN 'pg_class'::regclass ELSE e.refclassid END::oid,
		CASE WHEN row_type.typrelid <> 0 THEN row_type.typrelid ELSE e.refobjid END
	FROM (
		SELECT e.class, e.oid, e.refclassid,
			-- An array stands for its elements.
			coalesce((SELECT t.typelem FROM pg_type t WHERE e.refclassid = 'pg_type'::regclass AND t.oid = e.refobjid AND t.typcategory = 'A' AND t.typelem <> 0), e.refobjid) AS refobjid
		FROM edge e WHERE e.oid IS NOT NULL
	) e
	LEFT JOIN pg_type row_type ON e.refclassid = 'pg_type'::regclass AND row_type.oid = e.refobjid AND row_type.typrelid <> 0
	WHERE e.oid IN (
		SELECT c.oid FROM pg_class c, s WHERE c.relnamespace = s.oid
		UNION ALL SELECT t.oid FROM pg_type t, s WHERE t.typnamespace = s.oid
		UNION ALL SELECT p.oid FROM pg_proc p, s WHERE p.pronamespace = s.oid)`

type object struct{ Class, OID uint32 }

type definition struct {
	object
	Name, Statement string
}

// definitions says what everything else stands on, each after what it needs.
func (x *exporter) definitions() error {
	all, err := collect(x, "the schema's definitions", definitions, func(row pgx.CollectableRow) (definition, error) {
		var d definition
		var rank int
		err := row.Scan(&d.Class, &d.OID, &rank, &d.Name, &d.Statement)
		return d, err
	})
	if err != nil {
		return err
	}
	type edge struct{ from, to object }
	edges, err := collect(x, "the schema's dependencies", dependencies, func(row pgx.CollectableRow) (edge, error) {
		var e edge
		err := row.Scan(&e.from.Class, &e.from.OID, &e.to.Class, &e.to.OID)
		return e, err
	})
	if err != nil {
		return err
	}
	needs := map[object][]object{}
	for _, e := range edges {
		if e.from != e.to {
			needs[e.from] = append(needs[e.from], e.to)
		}
	}
	ordered, err := order(all, needs)
	if err != nil {
		return err
	}
	for _, d := range ordered {
		if err := x.statement(d.Statement); err != nil {
			return err
		}
	}
	return nil
}

// order sorts definitions so that each comes after what it needs, and otherwise leaves them as they are.
func order(all []definition, needs map[object][]object) ([]definition, error) {
	index := map[object]int{}
	for i, d := range all {
		index[d.object] = i
	}
	const (
		untouched = iota
		open
		done
	)
	state := make([]int, len(all))
	ordered := make([]definition, 0, len(all))
	var visit func(i int, path []string) error
	visit = func(i int, path []string) error {
		path = append(path, all[i].Name)
		switch state[i] {
		case done:
			return nil
		case open:
			//page:tenant-offboarding
			return fmt.Errorf("the archive cannot hold objects that need one another in a circle: %s", strings.Join(path, " needs "))
		}
		state[i] = open
		var inner []int
		for _, need := range needs[all[i].object] {
			if j, ok := index[need]; ok {
				inner = append(inner, j)
			}
		}
		for _, j := range sorted(inner) {
			if err := visit(j, path); err != nil {
				return err
			}
		}
		state[i] = done
		ordered = append(ordered, all[i])
		return nil
	}
	for i := range all {
		if err := visit(i, nil); err != nil {
			return nil, err
		}
	}
	return ordered, nil
}
