package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// effectiveState is domain.Record.Effective in SQL.
const effectiveState = `CASE WHEN state = 'suspended' OR breaker_level = 'suspended' OR holds @> '[{"state": "suspended"}]' THEN 'suspended'
	WHEN breaker_level = 'limited' OR holds @> '[{"state": "limited"}]' THEN 'limited' ELSE state END`

// hold has one of the platform's programs hold a tenant, or let it go. The same again changes nothing.
func (p *Provisioner) hold(ctx context.Context, r api.Request) (api.Response, error) {
	if _, err := loadExisting(ctx, p.Admin, r.Tenant); err != nil {
		return api.Response{}, err
	}
	change := func(record domain.Record) (domain.Record, bool) {
		return record.HoldBy(r.Holder, r.State, r.Reason, p.Now())
	}
	_, err := p.rehold(ctx, r.Tenant, change, func(tx pgx.Tx, after domain.Record) error {
		if _, err := tx.Exec(ctx, `UPDATE platform.tenant SET holds = $2, updated_at = now() WHERE slug = $1`, r.Tenant, after.Holds); err != nil {
			return fmt.Errorf("note who holds the tenant: %w", err)
		}
		return nil
	})
	if err != nil {
		return api.Response{}, err
	}
	return p.recorded(ctx, r.Tenant)
}

// heldByBilling are the tenants that billing holds.
const heldByBilling = `SELECT slug FROM platform.tenant WHERE NOT deleting AND holds @> '[{"by": "billing"}]' ORDER BY 1`

// sweepHolds lets go whom billing holds where there is no billing any more, as nobody else would: neither a payment nor a person undoes its hold.
// Should there be billing again, its first run holds who has not paid.
func (p *Provisioner) sweepHolds(ctx context.Context) (done []string, err error) {
	if !p.Unbilled {
		return nil, nil
	}
	tenants, err := queryTexts(ctx, p.Admin, heldByBilling)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, tenant := range tenants {
		if _, err := p.hold(ctx, api.Request{Tenant: tenant, Holder: api.HolderBilling, State: api.StateActive}); err != nil {
			failures = append(failures, fmt.Errorf("let go tenant %s, which billing held: %w", tenant, err))
			continue
		}
		//page:billing-trouble
		done = append(done, fmt.Sprintf("tenant %s: let go, as billing held it and the environment has no billing any more", tenant))
	}
	return done, join(failures...)
}

// rehold changes who holds the tenant, with what follows from it, as a whole, and notes it. It does nothing to a tenant that does not change,
// that is gone, or whose deletion has begun.
func (p *Provisioner) rehold(ctx context.Context, tenant string, change func(domain.Record) (domain.Record, bool), note func(pgx.Tx, domain.Record) error) (acted bool, err error) {
	before, err := load(ctx, p.Admin, tenant)
	if err != nil || before == nil || before.Deleting {
		return false, err
	}
	after, changes := change(*before)
	if !changes {
		return false, nil
	}
	blocked := p.shutOut(ctx, *before, after) // a session that cannot be ended does not keep the tenant working
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if acted = false; err != nil || r == nil || r.Deleting {
			return err
		}
		before = r
		if after, acted = change(*r); !acted {
			return nil
		}
		if _, err := reconcile(ctx, tx, after, allExisting); err != nil {
			return err
		}
		return note(tx, after)
	})
	if err != nil || !acted {
		return false, join(blocked, err)
	}
	if after.EndsSessions(before) {
		blocked = join(blocked, p.terminateSessions(ctx, tenant))
	}
	return true, blocked
}

// shutOut ends what a tenant has open that may do less from now on, so that nothing of it keeps the change waiting.
func (p *Provisioner) shutOut(ctx context.Context, before, after domain.Record) error {
	switch {
	case before.CanLogIn() && !after.CanLogIn():
		return p.blockLogin(ctx, before.Slug, recoveryPending)
	case !after.IsOwner():
		return p.blockWriter(ctx, before.Slug)
	}
	return nil
}
