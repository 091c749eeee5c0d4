package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

const (
	// measuredParts is what a table holds, with its indexes and partitions. It must lock each for a moment.
	measuredParts = `SELECT coalesce(sum(pg_total_relation_size(p.oid)), 0)::bigint AS bytes,
			(CASE WHEN coalesce(sum(pg_relation_size(p.oid)), 0) = 0 THEN 0 ELSE greatest(sum(greatest(p.reltuples, 0)), 1) END)::bigint AS rows
		FROM (SELECT c.oid UNION SELECT relid FROM pg_partition_tree(c.oid)) part JOIN pg_class p ON p.oid = part.oid`
	// unmeasuredParts is for a table that its tenant has locked.
	unmeasuredParts = `SELECT (-1)::bigint AS bytes, 1::bigint AS rows`
)

// largestTables finds of each name the largest table among the tenants that are known to have the same version, of all tenants or of one.
func largestTables(parts string) string {
	return `SELECT DISTINCT ON (name, version) name, version, slug, bytes, rows FROM (
		SELECT c.relname::text AS name, coalesce(m.version, '') AS version, t.slug, size.bytes, size.rows
		FROM platform.tenant t LEFT JOIN platform.migration m ON m.slug = t.slug
			JOIN pg_namespace n ON n.nspname = 'tenant_' || t.slug
			JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = ANY($1) AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'f')
			CROSS JOIN LATERAL (` + parts + `) size
		WHERE $2 IN ('', t.slug)
	) tables ORDER BY name, version, bytes DESC, slug`
}

// tableSizes tells of tables of some names how large they are, and which of them nobody can tell: a tenant keeps its own locked.
func (p *Provisioner) tableSizes(ctx context.Context, tables []string) ([]migrations.TableSize, error) {
	found, err := p.sizesIn(ctx, tables, measuredParts, "")
	if database.Code(err) != database.CodeLockNotAvailable {
		return found, err
	}
	tenants, err := queryTexts(ctx, p.Admin, `SELECT slug FROM platform.tenant ORDER BY slug`)
	if err != nil {
		return nil, err
	}
	for _, tenant := range tenants {
		one, err := p.sizesIn(ctx, tables, measuredParts, tenant)
		if database.Code(err) == database.CodeLockNotAvailable {
			one, err = p.sizesIn(ctx, tables, unmeasuredParts, tenant)
		}
		if err != nil {
			return nil, err
		}
		found = append(found, one...)
	}
	return migrations.Largest(found), nil
}

// sizesIn does not wait for what a tenant has locked.
func (p *Provisioner) sizesIn(ctx context.Context, tables []string, parts, tenant string) (found []migrations.TableSize, err error) {
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := run(ctx, tx, "SET LOCAL lock_timeout = '1s'"); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, largestTables(parts), tables, tenant)
		if err != nil {
			return err
		}
		found, err = pgx.CollectRows(rows, pgx.RowToStructByPos[migrations.TableSize])
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("measure the tenants' tables: %w", err)
	}
	return found, nil
}
