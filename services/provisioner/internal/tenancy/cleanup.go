package tenancy

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// cleanUp lets a tenant that is over its storage free space, for domain.CleanUpTime from now on. One that has freed enough
// already may write again.
func (p *Provisioner) cleanUp(ctx context.Context, tenant string) (api.Response, error) {
	m, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return api.Response{}, err
	}
	var after domain.Record
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := loadExisting(ctx, tx, tenant)
		if err != nil {
			return err
		}
		switch {
		case r.State != api.StateActive:
			//page:tenant-suspension-and-resume
			return fmt.Errorf("the tenant is %s: resume it first", r.State)
		case r.Held().By == api.HolderBreaker:
			//page:budget-100
			return fmt.Errorf("the breaker holds the tenant %s: override it first", r.Held().State)
		case r.Held().State != "":
			//page:billing-dispute
			return fmt.Errorf("%s holds the tenant %s, until its invoice is paid", r.Held().By, r.Held().State)
		case m.Unmeasured:
			//page:tenant-over-limit
			return errors.New("its large objects cannot be measured, so nobody would see it grow: remove them as the administrator (lo_unlink)")
		case !r.OverStorage:
			//page:none nothing is wrong
			return errors.New("the tenant is not read-only for its size: it can free space as it is")
		}
		if after = r.Evaluate(m, p.Now()); after.OverStorage {
			after = r.OpenCleanUp(m, p.Now())
		}
		if _, err := reconcile(ctx, tx, after, allExisting); err != nil {
			return err
		}
		return save(ctx, tx, after)
	})
	if err != nil {
		return api.Response{}, err
	}
	described := m.Add(after.Describe())
	return api.Response{Tenant: &described}, nil
}
