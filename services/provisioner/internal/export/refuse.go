package export

import (
	"fmt"
	"strings"
)

// unsupported are the objects of a schema that the export has no words for.
const unsupported = `
	WITH s AS (SELECT oid FROM pg_namespace WHERE nspname = $1)
	SELECT 'foreign table ' || c.oid::regclass FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.relkind = 'f'
	UNION ALL SELECT 'inheritance of table ' || c.oid::regclass FROM pg_class c, s
		WHERE c.relnamespace = s.oid AND NOT c.relispartition AND EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = c.oid) AND c.relkind IN ('r', 'p')
	UNION ALL SELECT 'partition of another schema''s table: ' || c.oid::regclass FROM pg_class c, s
		WHERE c.relnamespace = s.oid AND c.relispartition AND EXISTS (
			SELECT FROM pg_inherits i JOIN pg_class p ON p.oid = i.inhparent WHERE i.inhrelid = c.oid AND p.relnamespace <> s.oid)
	UNION ALL SELECT 'typed table ' || c.oid::regclass FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.reloftype <> 0
	UNION ALL SELECT 'table space of ' || c.oid::regclass FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.reltablespace <> 0
	UNION ALL SELECT 'access method of ' || c.oid::regclass FROM pg_class c JOIN pg_am a ON a.oid = c.relam, s
		WHERE c.relnamespace = s.oid AND c.relkind IN ('r', 'm', 'p') AND a.amname <> 'heap'
	UNION ALL SELECT 'row security that binds its owner too (ALTER TABLE ... NO FORCE ROW LEVEL SECURITY, archive, then FORCE it again): ' || c.oid::regclass
		FROM pg_class c, s WHERE c.relnamespace = s.oid AND c.relrowsecurity AND c.relforcerowsecurity
	UNION ALL SELECT 'NOT NULL of a partition alone: ' || c.oid::regclass || '.' || a.attname
		FROM pg_class c JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
		JOIN pg_attribute p ON p.attrelid = i.inhparent AND p.attname = a.attname, s
		WHERE c.relnamespace = s.oid AND c.relispartition AND c.relkind IN ('r', 'p') AND a.attnotnull AND NOT p.attnotnull
	UNION ALL SELECT 'NOT NULL constraint ' || o.conname || ' of ' || c.oid::regclass -- those that have properties of their own, from PostgreSQL 18 on
		FROM pg_constraint o JOIN pg_class c ON c.oid = o.conrelid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.conkey[1], s
		WHERE c.relnamespace = s.oid AND o.contype = 'n'
			AND (o.conname <> c.relname || '_' || a.attname || '_not_null' OR NOT o.convalidated OR o.connoinherit) AND NOT c.relispartition
	UNION ALL SELECT 'replica identity of table ' || c.oid::regclass FROM pg_class c, s
		WHERE c.relnamespace = s.oid AND c.relkind IN ('r', 'p') AND c.relreplident <> 'd'
	UNION ALL SELECT 'invalid index ' || i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid, s
		WHERE c.relnamespace = s.oid AND NOT i.indisvalid
	UNION ALL SELECT 'statistics target of index ' || c.oid::regclass FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid, s
		WHERE c.relnamespace = s.oid AND c.relkind IN ('i', 'I') AND a.attstattarget > 0
	UNION ALL SELECT 'aggregate or window function ' || p.oid::regprocedure FROM pg_proc p, s WHERE p.pronamespace = s.oid AND p.prokind IN ('a', 'w')
	UNION ALL SELECT 'function in language ' || l.lanname || ': ' || p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang, s
		WHERE p.pronamespace = s.oid AND l.lanname NOT IN ('sql', 'plpgsql')
	UNION ALL SELECT 'type ' || t.oid::regtype FROM pg_type t, s
		WHERE t.typnamespace = s.oid AND t.typtype NOT IN ('c', 'd', 'e') AND NOT (t.typtype = 'b' AND t.typelem <> 0 AND t.typcategory = 'A')
	UNION ALL SELECT 'operator ' || o.oid::regoperator FROM pg_operator o, s WHERE o.oprnamespace = s.oid
	UNION ALL SELECT 'operator class ' || o.opcname FROM pg_opclass o, s WHERE o.opcnamespace = s.oid
	UNION ALL SELECT 'operator family ' || o.opfname FROM pg_opfamily o, s WHERE o.opfnamespace = s.oid
	UNION ALL SELECT 'collation ' || o.collname FROM pg_collation o, s WHERE o.collnamespace = s.oid
	UNION ALL SELECT 'conversion ' || o.conname FROM pg_conversion o, s WHERE o.connamespace = s.oid
	UNION ALL SELECT 'text search configuration ' || o.cfgname FROM pg_ts_config o, s WHERE o.cfgnamespace = s.oid
	UNION ALL SELECT 'text search dictionary ' || o.dictname FROM pg_ts_dict o, s WHERE o.dictnamespace = s.oid
	UNION ALL SELECT 'text search parser ' || o.prsname FROM pg_ts_parser o, s WHERE o.prsnamespace = s.oid
	UNION ALL SELECT 'text search template ' || o.tmplname FROM pg_ts_template o, s WHERE o.tmplnamespace = s.oid
	UNION ALL SELECT 'extension ' || o.extname FROM pg_extension o, s WHERE o.extnamespace = s.oid
	UNION ALL SELECT 'cast ' || c.castsource::regtype || ' to ' || c.casttarget::regtype
		FROM pg_cast c JOIN pg_type a ON a.oid = c.castsource JOIN pg_type b ON b.oid = c.casttarget, s
		WHERE s.oid IN (a.typnamespace, b.typnamespace)
	UNION ALL SELECT 'policy for other roles: ' || p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid, s
		WHERE c.relnamespace = s.oid AND p.polroles <> '{0}' AND p.polroles <> ARRAY[c.relowner]
	UNION ALL SELECT 'large object ' || l.oid FROM pg_largeobject_metadata l
		WHERE l.lomowner IN (SELECT r.oid FROM pg_roles r WHERE r.rolname IN ($1, $1 || '_owner'))
	UNION ALL SELECT 'comment on ' || i.type || ' ' || i.identity
		FROM pg_description d, pg_identify_object(d.classoid, d.objoid, d.objsubid) i
		WHERE i.schema = quote_ident($1) AND i.type IN ('domain constraint', 'composite type column')
	ORDER BY 1`

// refuse ends an export that would not be whole.
func (x *exporter) refuse() error {
	found, err := x.texts("what the export cannot hold", unsupported)
	if err != nil {
		return err
	}
	if len(found) > 0 {
		//page:tenant-offboarding
		return fmt.Errorf("the archive cannot hold %s: remove or replace what it names, or archive with pg_dump --schema=%s", strings.Join(found, "; "), x.schema)
	}
	return nil
}
