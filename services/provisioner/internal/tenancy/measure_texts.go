package tenancy

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// texts is what a schema keeps in the catalogue, functions above all.
type texts struct {
	Schema  string
	Size    int64
	Objects int // functions
}

// measureTexts measures those of all tenants, by schema: one schema's would take as long.
func (p *Provisioner) measureTexts(ctx context.Context) (map[string]texts, error) {
	found, err := queryBy(ctx, p.Admin, func(t texts) string { return t.Schema }, `SELECT n.nspname, (coalesce(f.size, 0) + coalesce(k.size, 0))::bigint, coalesce(f.objects, 0)
		FROM pg_namespace n
			LEFT JOIN (SELECT p.pronamespace, count(*) AS objects, sum(pg_column_size(p.prosrc) + coalesce(pg_column_size(p.prosqlbody), 0)) AS size
				FROM pg_proc p WHERE p.oid >= 16384 GROUP BY p.pronamespace) f ON f.pronamespace = n.oid
			LEFT JOIN (`+definitions+`) k ON k.schema = n.oid
		WHERE n.nspname LIKE 'tenant\_%'`)
	if err != nil {
		return nil, fmt.Errorf("measure what the catalogue holds: %w", err)
	}
	return found, nil
}

func withTexts(m domain.Measure, of map[string]texts) domain.Measure {
	t := of[m.Schema]
	m.Size += t.Size
	m.Objects += t.Objects
	return m
}

// definitions is the text that a schema keeps in the catalogue beside its functions: whatever may be as long as a tenant
// likes, by the schema's oid. A label of an enum is short and counts as its row does.
const definitions = `SELECT schema, sum(size) AS size FROM (
	SELECT c.relnamespace AS schema, pg_column_size(d.adbin) AS size FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
	UNION ALL SELECT c.relnamespace, coalesce(pg_column_size(a.attmissingval), 0) + coalesce(pg_column_size(a.attoptions), 0)
		FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.atthasmissing OR a.attoptions IS NOT NULL
	UNION ALL SELECT c.relnamespace, pg_column_size(r.ev_action) + pg_column_size(r.ev_qual) FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
	UNION ALL SELECT x.connamespace, pg_column_size(x.conbin) FROM pg_constraint x WHERE x.conbin IS NOT NULL
	UNION ALL SELECT c.relnamespace, coalesce(pg_column_size(i.indexprs), 0) + coalesce(pg_column_size(i.indpred), 0)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indexprs IS NOT NULL OR i.indpred IS NOT NULL
	UNION ALL SELECT c.relnamespace, pg_column_size(g.tgargs) + coalesce(pg_column_size(g.tgqual), 0) FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
	UNION ALL SELECT c.relnamespace, coalesce(pg_column_size(o.polqual), 0) + coalesce(pg_column_size(o.polwithcheck), 0) FROM pg_policy o JOIN pg_class c ON c.oid = o.polrelid
	UNION ALL SELECT c.relnamespace, coalesce(pg_column_size(c.relpartbound), 0) + coalesce(pg_column_size(c.reloptions), 0) FROM pg_class c
		WHERE c.relpartbound IS NOT NULL OR c.reloptions IS NOT NULL
	UNION ALL SELECT s.stxnamespace, pg_column_size(s.stxexprs) FROM pg_statistic_ext s WHERE s.stxexprs IS NOT NULL
	UNION ALL SELECT y.typnamespace, coalesce(pg_column_size(y.typdefaultbin), 0) + pg_column_size(y.typdefault) FROM pg_type y WHERE y.typdefault IS NOT NULL
	UNION ALL SELECT y.typnamespace, pg_column_size(e.*) FROM pg_enum e JOIN pg_type y ON y.oid = e.enumtypid
	UNION ALL SELECT n.oid, pg_column_size(s.setconfig) FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN pg_namespace n ON n.nspname = r.rolname
	UNION ALL SELECT o.schema, pg_column_size(d.description) FROM pg_description d JOIN (
		SELECT 'pg_class'::regclass AS class, oid, relnamespace AS schema FROM pg_class
		UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
		UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type
		UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
		UNION ALL SELECT 'pg_trigger'::regclass, g.oid, c.relnamespace FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
		UNION ALL SELECT 'pg_rewrite'::regclass, g.oid, c.relnamespace FROM pg_rewrite g JOIN pg_class c ON c.oid = g.ev_class
		UNION ALL SELECT 'pg_policy'::regclass, g.oid, c.relnamespace FROM pg_policy g JOIN pg_class c ON c.oid = g.polrelid
		UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace FROM pg_operator
		UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace FROM pg_opclass
		UNION ALL SELECT 'pg_opfamily'::regclass, oid, opfnamespace FROM pg_opfamily
		UNION ALL SELECT 'pg_conversion'::regclass, oid, connamespace FROM pg_conversion
		UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace FROM pg_collation
		UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace FROM pg_statistic_ext
		UNION ALL SELECT 'pg_ts_config'::regclass, oid, cfgnamespace FROM pg_ts_config
		UNION ALL SELECT 'pg_ts_dict'::regclass, oid, dictnamespace FROM pg_ts_dict
		UNION ALL SELECT 'pg_cast'::regclass, g.oid, y.typnamespace FROM pg_cast g JOIN pg_type y ON y.oid = g.castsource
		UNION ALL SELECT 'pg_namespace'::regclass, oid, oid FROM pg_namespace
	) o ON o.class = d.classoid AND o.oid = d.objoid WHERE d.objoid >= 16384
) t GROUP BY schema`
