package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// The month's hours to which nothing comes any more are kept summed up, so that the breaker reads the last hours each minute, and not the
// month. Whoever corrects an earlier hour by hand empties platform.usage_summed_until: then the next sweep sums up again.
const (
	usageSummedTable = `CREATE TABLE IF NOT EXISTS platform.usage_summed (
		tenant text PRIMARY KEY,
		milliseconds numeric NOT NULL,
		bytes_out numeric NOT NULL,
		stored_kib_minutes numeric NOT NULL,
		active_seconds numeric NOT NULL
	)`
	// What is summed up is from the month's beginning until before this hour.
	usageSummedUntilTable = `CREATE TABLE IF NOT EXISTS platform.usage_summed_until (
		one boolean PRIMARY KEY DEFAULT true CHECK (one),
		month timestamptz NOT NULL,
		until timestamptz NOT NULL
	)`
)

// openFor is how long after its beginning an hour may still grow: it lasts one, what comes late counts into it (api.LatestUsage), and another
// one is to be safe.
const openFor = api.LatestUsage + 2*time.Hour

const (
	// hours are the rows of both halves of the ledger, from $1 until before $2.
	hours = `(SELECT tenant, milliseconds, bytes_out, 0 AS stored_kib_minutes, 0 AS active_seconds FROM platform.usage WHERE hour >= $1 AND hour < $2
		UNION ALL SELECT tenant, 0, 0, stored_kib_minutes, active_seconds FROM platform.usage_database WHERE hour >= $1 AND hour < $2)`
	sumHours = `INSERT INTO platform.usage_summed AS s
		SELECT tenant, sum(milliseconds), sum(bytes_out), sum(stored_kib_minutes), sum(active_seconds) FROM ` + hours + ` u GROUP BY tenant
		ON CONFLICT (tenant) DO UPDATE SET milliseconds = s.milliseconds + excluded.milliseconds, bytes_out = s.bytes_out + excluded.bytes_out,
			stored_kib_minutes = s.stored_kib_minutes + excluded.stored_kib_minutes, active_seconds = s.active_seconds + excluded.active_seconds`
	// usedSince adds the hours to what is summed up, where $3 says so. An absurd count is bounded, so that it neither fails the sum nor counts for
	// less than much.
	usedSince = `SELECT tenant, least(sum(milliseconds), 1::numeric * (1::bigint << 50))::bigint, least(sum(bytes_out), 1::numeric * (1::bigint << 50))::bigint,
			least(sum(stored_kib_minutes), 1::numeric * (1::bigint << 50))::bigint, least(sum(active_seconds), 1::numeric * (1::bigint << 50))::bigint
		FROM (SELECT * FROM platform.usage_summed WHERE $3 UNION ALL SELECT * FROM ` + hours + ` u) u GROUP BY tenant`
)

// sumUsage sums up the hours that have closed. It begins anew with a month, and where the clock has gone back behind what is summed up.
func (p *Provisioner) sumUsage(ctx context.Context) error {
	err := pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT now()`).Scan(&now); err != nil {
			return err
		}
		month, closed := breaker.MonthOf(now), now.UTC().Add(-openFor).Truncate(time.Hour)
		var until time.Time
		err := tx.QueryRow(ctx, `INSERT INTO platform.usage_summed_until AS u (month, until) VALUES ($1, $1)
			ON CONFLICT (one) DO UPDATE SET month = $1, until = CASE WHEN u.month = $1 AND u.until <= $2 THEN u.until ELSE $1 END RETURNING until`, month, closed).Scan(&until)
		if err != nil {
			return err
		}
		if until.Equal(month) {
			if _, err := tx.Exec(ctx, `DELETE FROM platform.usage_summed`); err != nil {
				return err
			}
		}
		if !closed.After(until) {
			return nil
		}
		if _, err := tx.Exec(ctx, sumHours, until, closed); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE platform.usage_summed_until SET until = $1`, closed)
		return err
	})
	if err != nil {
		return fmt.Errorf("sum up the ledger: %w", err)
	}
	return nil
}

// usedThisMonth tells what costs by use, of each tenant in the ledger: what is summed up and the hours since are of one moment.
func (p *Provisioner) usedThisMonth(ctx context.Context, month time.Time) (all []breaker.Caused, err error) {
	err = pgx.BeginTxFunc(ctx, p.Admin, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		since := month
		// Asked for by itself, so that the server plans the next statement for the few hours that it is about.
		err := tx.QueryRow(ctx, `SELECT coalesce((SELECT until FROM platform.usage_summed_until WHERE month = $1), $1)`, month).Scan(&since)
		if err != nil {
			return err
		}
		rows, err := tx.Query(ctx, usedSince, since, pgtype.Timestamptz{InfinityModifier: pgtype.Infinity, Valid: true}, !since.Equal(month))
		if err != nil {
			return err
		}
		var c breaker.Caused
		_, err = pgx.ForEachRow(rows, []any{&c.Name, &c.Usage.Milliseconds, &c.BytesOut, &c.Usage.StoredKiBMinutes, &c.Usage.ActiveSeconds}, func() error {
			all = append(all, c)
			return nil
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return all, nil
}
