package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/internal/slug"
)

// measure is what a schema takes: tables with their indexes and large values, materialized views and sequences.
type measure struct {
	Schema   string
	Size     int64
	Tables   int
	Sessions int
}

// measureSchemas measures one schema, or without a name those of all tenants, in one pass.
func measureSchemas(ctx context.Context, db querier, schema string) (map[string]measure, error) {
	rows, err := db.Query(ctx, `
		SELECT n.nspname, coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint, count(c.oid) FILTER (WHERE c.relkind IN ('r', 'p')),
			(SELECT count(*) FROM pg_stat_activity a WHERE a.usename = n.nspname)
		FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid AND c.relkind IN ('r', 'p', 'm', 'S')
		WHERE n.nspname = $1 OR ($1 = '' AND n.nspname LIKE 'tenant\_%')
		GROUP BY n.nspname`, schema)
	if err != nil {
		return nil, fmt.Errorf("measure the schemas: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[measure])
	if err != nil {
		return nil, fmt.Errorf("measure the schemas: %w", err)
	}
	measures := make(map[string]measure, len(found))
	for _, m := range found {
		measures[m.Schema] = m
	}
	return measures, nil
}

func schemaSize(ctx context.Context, db querier, tenant string) (int64, error) {
	measures, err := measureSchemas(ctx, db, slug.Schema(tenant))
	return measures[slug.Schema(tenant)].Size, err
}

func over(size int64, limits contract.Limits) bool { return size > int64(limits.StorageMiB)<<20 }

func (m measure) add(to contract.Tenant) contract.Tenant {
	to.SizeBytes, to.Tables, to.Sessions = m.Size, m.Tables, m.Sessions
	return to
}
