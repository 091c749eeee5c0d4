package tenancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// breakerEnvironmentTable has one row: how the environment stands with its own limit.
const breakerEnvironmentTable = `CREATE TABLE IF NOT EXISTS platform.breaker_environment (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	due text NOT NULL,
	level text NOT NULL,
	month timestamptz,
	limit_micros text NOT NULL
)`

// loadWhole gives how the environment stands.
func loadWhole(ctx context.Context, db querier) (s breaker.Standing, err error) {
	var due, level string
	var month *time.Time
	err = db.QueryRow(ctx, `SELECT due, level, month, limit_micros FROM platform.breaker_environment`).Scan(&due, &level, &month, &s.Tier)
	if errors.Is(err, pgx.ErrNoRows) {
		return s, nil
	}
	if err == nil {
		err = scanLevels(&s, due, level)
	}
	if err != nil {
		return s, fmt.Errorf("read how the environment stands with the breaker: %w", err)
	}
	if month != nil {
		s.Month = month.UTC()
	}
	return s, nil
}

// enactWhole changes how the environment stands, with the event, as a whole, and says so. Where that has changed since it was looked at, it
// is left to the next sweep.
func (p *Provisioner) enactWhole(ctx context.Context, act breaker.Act, s sight) (done []string, err error) {
	err = p.change(ctx, "", func(tx pgx.Tx) error {
		standing, err := loadWhole(ctx, tx)
		if err != nil || standing != act.Before {
			return err
		}
		var month *time.Time
		if !act.After.Month.IsZero() {
			month = &act.After.Month
		}
		_, err = tx.Exec(ctx, `INSERT INTO platform.breaker_environment (due, level, month, limit_micros) VALUES ($1, $2, $3, $4)
			ON CONFLICT (one) DO UPDATE SET due = excluded.due, level = excluded.level, month = excluded.month, limit_micros = excluded.limit_micros`,
			act.After.Due.String(), act.After.Level.String(), month, act.After.Tier)
		if err != nil {
			return fmt.Errorf("note how the environment stands with the breaker: %w", err)
		}
		if act.Before.Level != act.After.Level {
			//page:budget-200
			done = []string{fmt.Sprintf("environment %s: the breaker has changed it from %s to %s (%s): %s", p.Environment, orFree(act.Before.Level), orFree(act.After.Level), act.Cause, s.forecastText())}
		}
		return noteEvent(ctx, tx, act, s, "", "")
	})
	if err != nil {
		return nil, fmt.Errorf("hold the environment by what it costs: %w", err)
	}
	return done, nil
}

// forecastText is the environment's month in a line.
func (s sight) forecastText() string {
	return fmt.Sprintf("the environment will cost USD %s of USD %s this month", s.whole.Forecast(s.now, s.tenants).USD().StringFixed(2), s.whole.Limit.USD().StringFixed(2))
}

// spares tells whether the tenant is never suspended for the environment's sake.
func (s sight) spares(tenant string) bool {
	return s.sheet != nil && slices.ContainsFunc(s.sheet.Spared, func(spared pricesheet.Spared) bool { return spared.Tenant == tenant })
}

// mayGrow refuses a new tenant, and a larger tier, where the environment is at its limit, and a larger tier where nobody sees what it costs.
func (p *Provisioner) mayGrow(ctx context.Context, tx pgx.Tx, isNew bool) error {
	standing, err := loadWhole(ctx, tx)
	if err != nil {
		return err
	}
	sees, err := loadBlindness(ctx, tx)
	blind := sees.told && !isNew
	if err != nil || standing.Level < breaker.Limited && !blind {
		return err
	}
	s, err := p.look(ctx)
	if err != nil {
		return err
	}
	if blind && !s.whole.Override && len(s.blind) > 0 {
		//page:meter-blind
		return fmt.Errorf("nobody knows what tenants cost, since %s: %s: until then no tenant gets a larger tier; a person may let it: `platform breaker override --limit --reason ... --until ...`",
			sees.since.UTC().Format(time.DateTime), strings.Join(s.blind, "; "))
	}
	if standing.Level < breaker.Limited {
		return nil
	}
	//page:budget-100
	return fmt.Errorf("%s: from 100 per cent on, which the month has reached, no tenant is made, and none gets a larger tier, until the month ends or the limit grows; "+
		"a person may let it: `platform breaker override --limit --reason ... --until ...`", s.forecastText())
}
