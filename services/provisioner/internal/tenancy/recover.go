package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// sweepInterrupted ends what a restore or removal that was killed has left: limits lifted, or a login closed.
func (p *Provisioner) sweepInterrupted(ctx context.Context) (done []string, err error) {
	const recoveryPending = `SELECT slug FROM platform.tenant WHERE recovery_pending AND NOT deleting AND slug LIKE $1 ORDER BY slug`
	tenants, err := queryTexts(ctx, p.Admin, recoveryPending, "%")
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, tenant := range tenants {
		var still []string
		err := p.work(ctx, tenant, time.Second, func() error {
			if still, err = queryTexts(ctx, p.Admin, recoveryPending, tenant); err != nil || len(still) == 0 {
				return err
			}
			if abandoned, err := p.abandonUntouched(ctx, tenant); err != nil || abandoned {
				return err
			}
			return p.restoreAccess(ctx, tenant)
		})
		switch {
		case errors.Is(err, errBusy), err == nil && len(still) == 0: // it is at work, or has ended by itself
		case err != nil:
			failures = append(failures, fmt.Errorf("recover tenant %s from interrupted work: %w", tenant, err))
		default:
			//page:tenant-restore
			done = append(done, fmt.Sprintf("tenant %s: restored the limits and the login that an interrupted restore or deletion had changed", tenant))
		}
	}
	return done, join(failures...)
}

// restoreAccess gives the tenant what its record says, when work that took something away has ended in whatever way. The record
// is read again: the tenant may have been suspended meanwhile, and then stays so.
func (p *Provisioner) restoreAccess(ctx context.Context, tenant string) error {
	return p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if err != nil || r == nil || r.Deleting { // its schema is no longer whole
			return err
		}
		if _, err := reconcile(ctx, tx, *r, allExisting); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "UPDATE platform.tenant SET restore_pid = NULL, restore_began = NULL WHERE slug = $1", tenant)
		return err
	})
}

// restoreAccessAfter runs restoreAccess even when the caller's time is up.
func (p *Provisioner) restoreAccessAfter(ctx context.Context, tenant string, err error) error {
	return afterwards(ctx, func(again context.Context) error { return join(err, p.restoreAccess(again, tenant)) })
}

// afterwards is for what must be done even when the caller's time is up. What it cannot do, the next sweep or call does.
func afterwards(ctx context.Context, do func(context.Context) error) error {
	again, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return do(again)
}
