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

// sizes adds the functions' text, which lies in the catalogue, and counts the objects.
func sizes(how string) string {
	return `SELECT n.nspname, (coalesce(c.size, 0) + coalesce(f.size, 0))::bigint, coalesce(c.tables, 0),
			(SELECT count(*) FROM pg_stat_activity a WHERE a.usename = n.nspname), false, coalesce(c.objects, 0) + coalesce(f.objects, 0)
		FROM pg_namespace n
			LEFT JOIN LATERAL (SELECT sum(` + how + `) AS size, count(*) FILTER (WHERE c.relkind IN ('r', 'p')) AS tables, count(*) AS objects
				FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'S')) c ON true
			LEFT JOIN (SELECT p.pronamespace, count(*) AS objects, sum(pg_column_size(p.prosrc) + coalesce(pg_column_size(p.prosqlbody), 0)) AS size
				FROM pg_proc p WHERE p.oid >= 16384 GROUP BY p.pronamespace) f ON f.pronamespace = n.oid
		WHERE n.nspname = $1 OR ($1 = '' AND n.nspname LIKE 'tenant\_%')`
}

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
