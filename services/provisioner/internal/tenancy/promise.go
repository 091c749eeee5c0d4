package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// promiseTable counts for each tier, since the beginning, the requests that count for what is promised, and how many of them broke it; and how
// many of these the sweep has published. The ledger adds to it in the transaction that takes a batch: each request counts once, and for the
// tier that its tenant has at that moment.
const promiseTable = `CREATE TABLE IF NOT EXISTS platform.promise (
	tier text PRIMARY KEY,
	valid bigint NOT NULL, failed bigint NOT NULL, slow bigint NOT NULL,
	published_valid bigint NOT NULL DEFAULT 0, published_failed bigint NOT NULL DEFAULT 0, published_slow bigint NOT NULL DEFAULT 0
)`

// publishPromises notes as published what has come since the last time, and tells how much that is.
const publishPromises = `WITH before AS (SELECT * FROM platform.promise WHERE valid > published_valid ORDER BY tier FOR UPDATE)
	UPDATE platform.promise p SET published_valid = b.valid, published_failed = b.failed, published_slow = b.slow FROM before b WHERE b.tier = p.tier
	RETURNING p.tier, b.valid - b.published_valid, b.failed - b.published_failed, b.slow - b.published_slow`

// Publisher takes what has come since it was called the last time, of each tier, where alarms see it.
type Publisher interface {
	Publish(at time.Time, served []api.Served) error
}

// sweepPromises publishes how many requests were served, failed and slow, also where there were none: silence means that nobody measures.
// What it has noted and cannot publish is missing in the alarms' metrics, and not in the ledger: none is published twice.
func (p *Provisioner) sweepPromises(ctx context.Context) (done []string, err error) {
	if p.Metrics == nil {
		return nil, nil
	}
	rows, err := p.Admin.Query(ctx, publishPromises)
	if err != nil {
		return nil, fmt.Errorf("read how tiers were served: %w", err)
	}
	came := map[string]api.Served{}
	var s api.Served
	if _, err := pgx.ForEachRow(rows, []any{&s.Tier, &s.Valid, &s.Failed, &s.Slow}, func() error { came[s.Tier] = s; return nil }); err != nil {
		return nil, fmt.Errorf("read how tiers were served: %w", err)
	}
	var served []api.Served
	for _, tier := range tiers.Names() {
		one := came[tier]
		one.Tier = tier
		served = append(served, one)
	}
	return nil, p.Metrics.Publish(p.Now(), served)
}

// servedOf tells of each tenant how it was served in a time: of those that had requests that count, the worst served first.
const servedOf = `SELECT u.tenant, coalesce(t.tier, ''), sum(u.valid)::bigint, sum(u.failed)::bigint, sum(u.slow)::bigint
	FROM platform.usage u LEFT JOIN platform.tenant t ON t.slug = u.tenant
	WHERE u.hour >= $1 AND u.hour < $2 AND u.valid > 0 GROUP BY 1, 2 ORDER BY sum(u.failed) / sum(u.valid) DESC, sum(u.failed) DESC, 1`

// served answers api.ActionServed.
func (p *Provisioner) served(ctx context.Context, r api.Request) (api.Response, error) {
	rows, err := p.Admin.Query(ctx, servedOf, r.Usage.From, r.Usage.To)
	if err != nil {
		return api.Response{}, fmt.Errorf("read the ledger: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.Served])
	if err != nil {
		return api.Response{}, fmt.Errorf("read the ledger: %w", err)
	}
	return api.Response{Served: found}, nil
}
