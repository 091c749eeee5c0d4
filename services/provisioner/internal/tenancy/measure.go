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

// sizes are those of schemas' tables, views and sequences, with the numbers of tables, of sessions and of all. They read the catalogue once for
// all schemas, which has no index by them.
func sizes(how string) string {
	return `SELECT n.nspname, coalesce(sum(` + how + `), 0)::bigint, count(*) FILTER (WHERE c.relkind IN ('r', 'p')),
			coalesce(a.sessions, 0), false, count(c.oid)
		FROM pg_namespace n
			LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'S')
			LEFT JOIN (SELECT usename, count(*) AS sessions FROM pg_stat_activity GROUP BY usename) a ON a.usename = n.nspname
		WHERE n.nspname = ANY ($1) GROUP BY n.nspname, a.sessions`
}

// measureTenant measures one tenant.
func (p *Provisioner) measureTenant(ctx context.Context, tenant string) (domain.Measure, error) {
	found, err := p.measure(ctx, []string{slug.Schema(tenant)})
	return found[slug.Schema(tenant)], err
}

// measure measures schemas whole. It has nothing of one that there is not.
func (p *Provisioner) measure(ctx context.Context, schemas []string) (map[string]domain.Measure, error) {
	found, err := p.measureRelations(ctx, schemas)
	if err != nil {
		return nil, err
	}
	texts, err := p.measureTexts(ctx)
	if err != nil {
		return nil, err
	}
	objects, err := p.measureLargeObjects(ctx)
	if err != nil {
		return nil, err
	}
	measures := make(map[string]domain.Measure, len(found))
	for _, m := range found {
		measures[m.Schema] = withLargeObjects(withTexts(m, texts), objects)
	}
	return measures, nil
}

// measureRelations measures what schemas have but for texts and large objects: in one pass or, where one of them has locked a table, one by one.
func (p *Provisioner) measureRelations(ctx context.Context, schemas []string) (found []domain.Measure, err error) {
	found, err = p.measureBy(ctx, exactly, schemas...)
	if database.Code(err) == database.CodeLockNotAvailable {
		found, err = p.measureEach(ctx, schemas)
	}
	if err != nil {
		return nil, fmt.Errorf("measure the schemas: %w", err)
	}
	return found, nil
}

func (p *Provisioner) measureEach(ctx context.Context, schemas []string) (all []domain.Measure, err error) {
	for _, schema := range schemas {
		found, err := p.measureBy(ctx, exactly, schema)
		if database.Code(err) == database.CodeLockNotAvailable {
			found, err = p.measureBy(ctx, roughly, schema)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// measureBy does not wait for what a tenant has locked.
func (p *Provisioner) measureBy(ctx context.Context, how string, schemas ...string) (found []domain.Measure, err error) {
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := run(ctx, tx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, sizes(how), schemas)
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
