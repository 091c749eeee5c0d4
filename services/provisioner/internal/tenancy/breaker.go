package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// breakerEventTable is created by harden. A row is one act of the breaker, with the numbers behind it: on a tenant or, without a name, on the
// environment. Nothing changes or removes it.
const breakerEventTable = `CREATE TABLE IF NOT EXISTS platform.breaker_event (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	at timestamptz NOT NULL DEFAULT clock_timestamp(),
	tenant text NOT NULL,
	tier text NOT NULL,
	cause text NOT NULL,
	before text NOT NULL,
	after text NOT NULL,
	due text NOT NULL,
	month timestamptz NOT NULL,
	used_micros bigint NOT NULL,
	allowance_micros bigint NOT NULL,
	blind boolean NOT NULL,
	note text NOT NULL DEFAULT ''
)`

// breakerEventColumns are those that a database whose table was created before them lacks.
const breakerEventColumns = `ALTER TABLE platform.breaker_event ADD COLUMN IF NOT EXISTS note text NOT NULL DEFAULT ''`

// sweepBreaker holds the tenants that cost too much this month, or all that an environment must that does, and lets go whom it held before.
func (p *Provisioner) sweepBreaker(ctx context.Context) (done []string, err error) {
	summed := p.sumUsage(ctx) // what is not summed up is read
	s, err := p.look(ctx)
	if err != nil {
		return nil, join(summed, err)
	}
	done, err = p.decide(ctx, s)
	return done, join(summed, err, p.noteSight(ctx, s), s.overdue())
}

// decide does what is due, and says what it did. One tenant's trouble does not spare the others.
func (p *Provisioner) decide(ctx context.Context, s sight) (done []string, err error) {
	var failures []error
	for _, act := range breaker.Decide(s.now, len(s.blind) > 0, s.whole, s.tenants) {
		if act.Tenant == "" {
			told, err := p.enactWhole(ctx, act, s)
			done, failures = append(done, told...), append(failures, err)
			continue
		}
		acted, err := p.enact(ctx, act, s)
		if err != nil {
			failures = append(failures, fmt.Errorf("hold tenant %s by what it costs: %w", act.Tenant, err))
		}
		if acted && act.Before.Level != act.After.Level {
			//page:budget-100
			done = append(done, fmt.Sprintf("tenant %s: the breaker has changed it from %s to %s (%s): its use costs USD %s of USD %s this month", act.Tenant,
				orFree(act.Before.Level), orFree(act.After.Level), act.Cause, act.Used.USD().StringFixed(2), act.Allowance.USD().StringFixed(2)))
		}
	}
	return done, join(failures...)
}

func orFree(level breaker.Level) string {
	if level == breaker.None {
		return "free"
	}
	return level.String()
}

// enact changes the tenant's standing, with what follows from it and the event. A tenant that has changed since it was looked at is left to the
// next sweep.
func (p *Provisioner) enact(ctx context.Context, act breaker.Act, s sight) (acted bool, err error) {
	stand := func(r domain.Record) (domain.Record, bool) {
		unchanged := r.Breaker == act.Before
		r.Breaker = act.After
		return r, unchanged
	}
	return p.rehold(ctx, act.Tenant, stand, func(tx pgx.Tx, after domain.Record) error { return p.note(ctx, tx, after, act, s) })
}

// note writes the tenant's new standing and the event.
func (p *Provisioner) note(ctx context.Context, tx pgx.Tx, after domain.Record, act breaker.Act, s sight) error {
	standing := act.After
	var month *time.Time
	if !standing.Month.IsZero() {
		month = &standing.Month
	}
	_, err := tx.Exec(ctx, `UPDATE platform.tenant SET breaker_due = $2, breaker_level = $3, breaker_month = $4, breaker_tier = $5, breaker_for_all = $6, updated_at = now() WHERE slug = $1`,
		act.Tenant, standing.Due.String(), standing.Level.String(), month, standing.Tier, standing.ForAll)
	if err != nil {
		return fmt.Errorf("note how the tenant stands with the breaker: %w", err)
	}
	note := ""
	if act.Cause == breaker.ByEnvironment {
		note = s.forecastText()
	}
	return noteEvent(ctx, tx, act, s, after.Tier, note)
}

// noteEvent adds an act with its numbers, and what else there is to say of it.
func noteEvent(ctx context.Context, tx pgx.Tx, act breaker.Act, s sight, tier, note string) error {
	_, err := tx.Exec(ctx, `INSERT INTO platform.breaker_event (tenant, tier, cause, before, after, due, month, used_micros, allowance_micros, blind, note) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		act.Tenant, tier, string(act.Cause), act.Before.Level.String(), act.After.Level.String(), act.After.Due.String(), breaker.MonthOf(s.now),
		int64(act.Used), int64(act.Allowance), len(s.blind) > 0, note)
	if err != nil {
		return fmt.Errorf("note what the breaker did: %w", err)
	}
	return nil
}
