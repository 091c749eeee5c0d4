package tenancy

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// sweepTime is the most that a sweep takes: the next one comes after a minute.
const sweepTime = 45 * time.Second

// sweep enforces what a tenant can get around. A session may set its own statement_timeout to nothing, and PostgreSQL has
// no limit for the size of a schema: so whoever runs longer is cancelled or ended, and whoever stores more becomes
// read-only. What tenants cost is looked at once more after a while, if there is one.
func (p *Provisioner) sweep(ctx context.Context, again time.Duration) (response api.Response, err error) {
	done, busy, err := p.pass(ctx, p.sweepSessions, p.sweepStorage, p.sweepReaders, p.sweepInterrupted, p.sweepHolds, p.sweepLedger, p.sweepPromises, p.sweepBreaker, p.sweepTold)
	if busy {
		response.Warnings, err = []string{"another sweep is running"}, p.countSkipped(ctx)
	}
	response.Problems = done
	if again == 0 {
		return response, err
	}
	if waited := p.pause(ctx, again); waited != nil {
		return response, join(err, waited)
	}
	done, _, failed := p.pass(ctx, p.sweepPromises, p.sweepBreaker, p.sweepTold) // another sweep that is at work does that, too
	response.Problems = append(response.Problems, done...)
	return response, join(err, failed)
}

// pass does parts of a sweep, unless another sweep is at work. One tenant's trouble does not spare the others: the errors are told together,
// at the end.
func (p *Provisioner) pass(ctx context.Context, parts ...func(context.Context) ([]string, error)) (all []string, busy bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := p.lock(ctx, tx, lockSweep, time.Second); errors.Is(err, errBusy) {
			busy = true
			return nil
		} else if err != nil {
			return err
		}
		if _, err := p.Admin.Exec(ctx, `UPDATE platform.sweep SET skipped = 0 WHERE skipped > 0`); err != nil {
			return fmt.Errorf("note that a sweep runs: %w", err)
		}
		var failures []error
		for _, part := range parts {
			done, err := part(ctx)
			all, failures = append(all, done...), append(failures, err)
		}
		return join(failures...)
	})
	return all, busy, err
}

func (p *Provisioner) pause(ctx context.Context, d time.Duration) error {
	if p.Pause != nil {
		return p.Pause(ctx, d)
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// sweepTable has one row: how many sweeps in a row found another at work.
const sweepTable = `CREATE TABLE IF NOT EXISTS platform.sweep (one boolean PRIMARY KEY DEFAULT true CHECK (one), skipped integer NOT NULL DEFAULT 0)`

// countSkipped fails from the second sweep on that found another at work: sweeps take less time than there is between two.
func (p *Provisioner) countSkipped(ctx context.Context) error {
	var skipped int
	err := p.Admin.QueryRow(ctx, `INSERT INTO platform.sweep AS s (skipped) VALUES (1) ON CONFLICT (one) DO UPDATE SET skipped = s.skipped + 1 RETURNING skipped`).Scan(&skipped)
	if err != nil {
		return fmt.Errorf("count the sweeps that were skipped: %w", err)
	}
	if skipped > 1 {
		//page:provisioner-trouble
		return fmt.Errorf("%d sweeps in a row have been skipped, as another holds the lock: see which of the administrator's sessions has a transaction open, and end it", skipped)
	}
	return nil
}

// sweepStorage makes tenants read-only that store more than they may, and lets those write again that no longer do.
func (p *Provisioner) sweepStorage(ctx context.Context) (done []string, err error) {
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return nil, err
	}
	measures, err := p.measureChanged(ctx, all)
	if err == nil { // or the next sample counts for the time of this one, too
		done, err = p.meter(ctx, all, measures)
	}
	failures := []error{err} // tenants are held to their storage all the same
	for _, r := range all {
		m, known := measures[slug.Schema(r.Slug)]
		if !known || reflect.DeepEqual(r.Evaluate(m, p.Now()), r) {
			continue
		}
		after, err := p.evaluateStorage(ctx, r.Slug)
		if err != nil {
			failures = append(failures, fmt.Errorf("enforce the storage of tenant %s: %w", r.Slug, err))
			continue
		}
		//page:tenant-over-limit
		done = append(done, fmt.Sprintf("tenant %s: %s: read-only: %t, may free space: %t, login blocked: %t", r.Slug, m.Against(r.Limits), after.OverStorage, after.CanCleanUp(), after.LoginBlocked))
	}
	return done, join(failures...)
}

// evaluateStorage makes the tenant read-only or lets it write again, as its size is now.
func (p *Provisioner) evaluateStorage(ctx context.Context, tenant string) (after domain.Record, err error) {
	m, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return after, err
	}
	r, err := load(ctx, p.Admin, tenant)
	if err != nil || r == nil {
		return after, err
	}
	var blocked error // a session that cannot be ended does not keep the tenant writing
	if !r.Evaluate(m, p.Now()).IsOwner() || r.CanWrite() {
		blocked = p.blockWriter(ctx, tenant)
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if err != nil || r == nil {
			return err
		}
		after = r.Evaluate(m, p.Now())
		if _, err := reconcile(ctx, tx, after, allExisting); err != nil {
			return err
		}
		return save(ctx, tx, after)
	})
	if err != nil || blocked != nil {
		return after, join(blocked, err)
	}
	return after, p.terminateSessions(ctx, tenant)
}

// readersWithDefiner are the tenants that may not write and have functions that run as their owner, who may.
const readersWithDefiner = `SELECT t.slug FROM platform.tenant t JOIN pg_namespace n ON n.nspname = 'tenant_' || t.slug
	WHERE (t.state <> 'active' OR t.over_storage OR t.breaker_level IN ('limited', 'suspended')) AND EXISTS (SELECT FROM pg_proc p WHERE p.pronamespace = n.oid AND p.prosecdef) ORDER BY 1`

// sweepReaders sees that tenants that may not write have no way left to do so.
func (p *Provisioner) sweepReaders(ctx context.Context) (done []string, err error) {
	tenants, err := queryTexts(ctx, p.Admin, readersWithDefiner)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, tenant := range tenants {
		if err := p.restoreAccess(ctx, tenant); err != nil {
			failures = append(failures, fmt.Errorf("let the functions of tenant %s run as whoever calls them: %w", tenant, err))
			continue
		}
		//page:tenant-over-limit
		done = append(done, fmt.Sprintf("tenant %s: its functions run as their owner, though it may not write: enforced again", tenant))
	}
	return done, join(failures...)
}
