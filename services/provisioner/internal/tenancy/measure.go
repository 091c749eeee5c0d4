package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// exactly is what the files hold. It must lock each table for a moment, and a tenant can keep it waiting.
const exactly = `pg_total_relation_size(c.oid)`

// roughly is what PostgreSQL found when it last looked at the table; toast tables and indexes are told by themselves.
const roughly = `c.relpages * current_setting('block_size')::bigint
	+ coalesce((SELECT sum(i.relpages) * current_setting('block_size')::bigint FROM pg_class i WHERE i.oid = c.reltoastrelid OR i.oid IN (
		SELECT x.indexrelid FROM pg_index x WHERE x.indrelid IN (c.oid, c.reltoastrelid))), 0)`

// sizes adds what a schema keeps in the catalogue, and counts the objects.
func sizes(how string) string {
	return `SELECT n.nspname, (coalesce(c.size, 0) + coalesce(f.size, 0) + coalesce(k.size, 0))::bigint, coalesce(c.tables, 0),
			(SELECT count(*) FROM pg_stat_activity a WHERE a.usename = n.nspname), false, coalesce(c.objects, 0) + coalesce(f.objects, 0)
		FROM pg_namespace n
			LEFT JOIN LATERAL (SELECT sum(` + how + `) AS size, count(*) FILTER (WHERE c.relkind IN ('r', 'p')) AS tables, count(*) AS objects
				FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'S')) c ON true
			LEFT JOIN (SELECT p.pronamespace, count(*) AS objects, sum(pg_column_size(p.prosrc) + coalesce(pg_column_size(p.prosqlbody), 0)) AS size
				FROM pg_proc p WHERE p.oid >= 16384 GROUP BY p.pronamespace) f ON f.pronamespace = n.oid
			LEFT JOIN (` + definitions + `) k ON k.schema = n.oid
		WHERE n.nspname = $1 OR ($1 = '' AND n.nspname LIKE 'tenant\_%')`
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

// measureAll measures all tenants in one pass or, where one of them has locked a table, one by one.
func (p *Provisioner) measureAll(ctx context.Context) (map[string]domain.Measure, error) {
	found, err := p.measure(ctx, exactly, "")
	if database.Code(err) == database.CodeLockNotAvailable {
		found, err = p.measureEach(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("measure the schemas: %w", err)
	}
	objects, err := p.measureLargeObjects(ctx)
	if err != nil {
		return nil, err
	}
	measures := make(map[string]domain.Measure, len(found))
	for _, m := range found {
		measures[m.Schema] = withLargeObjects(m, objects)
	}
	return measures, nil
}

func (p *Provisioner) measureEach(ctx context.Context) ([]domain.Measure, error) {
	schemas, err := queryTexts(ctx, p.Admin, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tenant\_%'`)
	if err != nil {
		return nil, err
	}
	var all []domain.Measure
	for _, schema := range schemas {
		found, err := p.measureSchema(ctx, schema)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

func (p *Provisioner) measureSchema(ctx context.Context, schema string) ([]domain.Measure, error) {
	found, err := p.measure(ctx, exactly, schema)
	if database.Code(err) == database.CodeLockNotAvailable {
		found, err = p.measure(ctx, roughly, schema)
	}
	return found, err
}

// measureTenant measures one tenant.
func (p *Provisioner) measureTenant(ctx context.Context, tenant string) (domain.Measure, error) {
	found, err := p.measureSchema(ctx, slug.Schema(tenant))
	if err != nil || len(found) == 0 {
		return domain.Measure{}, err
	}
	objects, err := p.measureLargeObjects(ctx)
	return withLargeObjects(found[0], objects), err
}

// measure does not wait for what a tenant has locked.
func (p *Provisioner) measure(ctx context.Context, how, schema string) (found []domain.Measure, err error) {
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := run(ctx, tx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sizes(how), schema)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[domain.Measure])
		return err
	})
	return found, err
}

func withLargeObjects(m domain.Measure, objects map[string]largeObjects) domain.Measure {
	login, owner := objects[m.Schema], objects[m.Schema+"_owner"] // the role has the schema's name
	m.Size += login.Size + owner.Size
	m.Evading = login.Count > 0 || owner.Open
	m.Unmeasured = login.Unmeasured || owner.Unmeasured
	return m
}
