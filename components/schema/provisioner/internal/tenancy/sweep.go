package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/internal/slug"
)

// sweep enforces what a tenant can get around. A session may set its own statement_timeout to nothing, and PostgreSQL has
// no limit for the size of a schema: so whoever runs longer is cancelled, and whoever stores more becomes read-only.
func (p *Provisioner) sweep(ctx context.Context) (contract.Response, error) {
	done, err := queryTexts(ctx, p.Admin, sweepSessions)
	if err != nil {
		return contract.Response{}, fmt.Errorf("enforce the limits of sessions: %w", err)
	}
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return contract.Response{}, err
	}
	measures, err := measureSchemas(ctx, p.Admin, "")
	if err != nil {
		return contract.Response{}, err
	}
	for _, r := range all {
		size := measures[slug.Schema(r.Slug)].Size
		if over(size, r.Limits) == r.OverStorage {
			continue
		}
		if err := p.setOver(ctx, r.Slug); err != nil {
			return contract.Response{}, fmt.Errorf("enforce the storage of tenant %s: %w", r.Slug, err)
		}
		done = append(done, fmt.Sprintf("tenant %s: stores %d MiB of %d MiB: read-only: %t", r.Slug, size>>20, r.Limits.StorageMiB, !r.OverStorage))
	}
	return contract.Response{Problems: done}, nil
}

// setOver makes the tenant read-only or lets it write again, as its size is now.
func (p *Provisioner) setOver(ctx context.Context, tenant string) error {
	err := p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if err != nil || r == nil {
			return err
		}
		size, err := schemaSize(ctx, tx, tenant)
		if err != nil {
			return err
		}
		r.OverStorage = over(size, r.Limits)
		if _, err := enforce(ctx, tx, *r); err != nil {
			return err
		}
		return r.save(ctx, tx)
	})
	if err != nil {
		return err
	}
	return p.endSessions(ctx, tenant)
}

// sweepSessions cancels statements and ends sessions, and says each in a sentence. A second is given, for PostgreSQL's own
// timers to come first. The sessions are found before anything is done to them: without MATERIALIZED the server may end
// each session first and ask afterwards whether it was due.
const sweepSessions = `
	WITH due AS MATERIALIZED (
		SELECT t.slug, a.pid, a.datname, a.state, a.datname <> current_database() AS elsewhere
		FROM platform.tenant t JOIN pg_stat_activity a ON a.usename = 'tenant_' || t.slug
		WHERE a.datname <> current_database()
			OR a.state = 'active' AND clock_timestamp() - a.query_start > ((t.limits->>'statementTimeoutMs')::bigint + 1000) * interval '1 millisecond'
			OR a.state LIKE 'idle in transaction%' AND clock_timestamp() - a.state_change > ((t.limits->>'idleInTransactionTimeoutMs')::bigint + 1000) * interval '1 millisecond'
	)
	SELECT format('tenant %s: %s', slug, CASE
		WHEN elsewhere THEN 'ended its session in database ' || datname || ', where it has nothing to do'
		WHEN state = 'active' THEN 'cancelled a statement beyond its time'
		ELSE 'ended a session that held a transaction open beyond its time' END)
	FROM due
	WHERE CASE WHEN NOT elsewhere AND state = 'active' THEN pg_cancel_backend(pid) ELSE pg_terminate_backend(pid) END`
