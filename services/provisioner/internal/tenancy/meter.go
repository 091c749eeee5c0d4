package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// The database's part of the ledger: what tenants store, and how long their sessions were open and at work. It is sampled by each sweep,
// and a sample counts for the time since the one before: over a day of 1,440 samples the sums are right, while those of an hour are
// estimates. A tenant that works only between two samples is not seen; no schedule of its own can know when they are taken, to the second.
const (
	databaseUsageTable = `CREATE TABLE IF NOT EXISTS platform.usage_database (
		hour timestamptz NOT NULL,
		tenant text NOT NULL CHECK (length(tenant) <= 63),
		stored_kib_minutes bigint NOT NULL CHECK (stored_kib_minutes >= 0),
		session_seconds bigint NOT NULL CHECK (session_seconds >= 0),
		active_seconds bigint NOT NULL CHECK (active_seconds >= 0),
		PRIMARY KEY (hour, tenant)
	)`
	meterTable = `CREATE TABLE IF NOT EXISTS platform.usage_meter (one boolean PRIMARY KEY DEFAULT true CHECK (one), sampled timestamptz NOT NULL)`
)

const (
	// blindAfter is the time without a sample from which the sweep says that the meter was blind: several sweeps have failed.
	blindAfter = 5 * time.Minute
	// What is counted of a time without samples. A size changes slowly; what sessions did in a long time nobody knows.
	countedOfSize     = time.Hour
	countedOfSessions = 2 * time.Minute
)

// takeSample has the time since the last sample in seconds, and is empty for the first one.
const takeSample = `WITH before AS (SELECT sampled FROM platform.usage_meter)
	INSERT INTO platform.usage_meter (sampled) VALUES (clock_timestamp()) ON CONFLICT (one) DO UPDATE SET sampled = greatest(excluded.sampled, platform.usage_meter.sampled)
	RETURNING coalesce(extract(epoch FROM sampled - (SELECT sampled FROM before)), 0)::float8`

const addSample = `INSERT INTO platform.usage_database AS u (hour, tenant, stored_kib_minutes, session_seconds, active_seconds)
	SELECT date_trunc('hour', now(), 'UTC'), s.tenant, round(s.bytes / 1024.0 * $3 / 60), round(coalesce(a.sessions, 0) * $4), round(coalesce(a.active, 0) * $4)
	FROM unnest($1::text[], $2::bigint[]) s (tenant, bytes)
		LEFT JOIN (SELECT usename, count(*) AS sessions, count(*) FILTER (WHERE state = 'active') AS active FROM pg_stat_activity GROUP BY usename) a
			ON a.usename = 'tenant_' || s.tenant
	ON CONFLICT (hour, tenant) DO UPDATE SET stored_kib_minutes = u.stored_kib_minutes + excluded.stored_kib_minutes,
		session_seconds = u.session_seconds + excluded.session_seconds, active_seconds = u.active_seconds + excluded.active_seconds`

// meter adds a sample to the ledger: whole, or not at all, so that the next one counts for the time of one that failed. It says how long
// there was none.
func (p *Provisioner) meter(ctx context.Context, tenants []domain.Record, measures map[string]domain.Measure) (blind []string, err error) {
	names, sizes := make([]string, 0, len(tenants)), make([]int64, 0, len(tenants))
	for _, r := range tenants {
		names, sizes = append(names, r.Slug), append(sizes, measures[slug.Schema(r.Slug)].Size)
	}
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		var seconds float64
		if err := tx.QueryRow(ctx, takeSample).Scan(&seconds); err != nil {
			return err
		}
		since := time.Duration(seconds * float64(time.Second))
		if since > blindAfter {
			//page:provisioner-trouble
			blind = []string{fmt.Sprintf("the meter of the database was blind for %s: of that time the ledger has the tenants' sizes for at most %s, and their sessions for %s",
				since.Round(time.Second), countedOfSize, countedOfSessions)}
		}
		_, err := tx.Exec(ctx, addSample, names, sizes, min(since, countedOfSize).Seconds(), min(since, countedOfSessions).Seconds())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("add a sample to the ledger: %w", err)
	}
	return blind, nil
}
