package tenancy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/announcement"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
)

// blindTold is how long the breaker must have been blind in each sweep before people are told, and tenants are held to their tiers: what is
// repaired within it, such as the prices of a new environment, is nobody's business. Until what it misses counts as missing, each cause has
// a time of its own.
const blindTold = time.Hour

// blindness is since when the breaker has been blind, and whether people hear of it.
type blindness struct {
	since *time.Time
	told  bool
}

// next is what follows from whether it is blind now. An environment without tenants has nobody to watch.
func (b blindness) next(s sight) blindness {
	if len(s.blind) == 0 || len(s.records) == 0 {
		return blindness{}
	}
	if b.since == nil {
		b.since = &s.now
	}
	b.told = b.told || s.now.Sub(*b.since) >= blindTold
	return b
}

// loadBlindness gives since when the breaker has been blind.
func loadBlindness(ctx context.Context, db querier) (b blindness, err error) {
	err = db.QueryRow(ctx, `SELECT since, told FROM platform.breaker_blind`).Scan(&b.since, &b.told)
	if err != nil {
		return b, fmt.Errorf("read since when the breaker has been blind: %w", err)
	}
	return b, nil
}

// breakerBlindTable has one row.
const (
	breakerBlindTable = `CREATE TABLE IF NOT EXISTS platform.breaker_blind (one boolean PRIMARY KEY DEFAULT true CHECK (one), since timestamptz, told boolean NOT NULL)`
	breakerBlindRow   = `INSERT INTO platform.breaker_blind (told) VALUES (false) ON CONFLICT DO NOTHING`
)

// noteSight notes whether the breaker is blind. One that has been for long, and one that sees again after that, is an event.
func (p *Provisioner) noteSight(ctx context.Context, s sight) error {
	return p.change(ctx, "", func(tx pgx.Tx) error {
		before, err := loadBlindness(ctx, tx)
		if err != nil {
			return err
		}
		after := before.next(s)
		if after.told == before.told && (after.since == nil) == (before.since == nil) {
			return nil
		}
		if _, err := tx.Exec(ctx, `UPDATE platform.breaker_blind SET since = $1, told = $2`, after.since, after.told); err != nil {
			return fmt.Errorf("note whether the breaker is blind: %w", err)
		}
		if after.told == before.told {
			return nil
		}
		act := breaker.Act{Before: s.whole.Standing, After: s.whole.Standing, Cause: announcement.SeesAgain, Used: s.whole.Forecast(s.now, s.tenants), Allowance: s.whole.Limit}
		if after.told {
			act.Cause = announcement.Blind
		}
		return noteEvent(ctx, tx, act, s, "", strings.Join(s.blind, "; "))
	})
}
