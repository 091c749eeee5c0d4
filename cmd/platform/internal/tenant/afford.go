package tenant

import (
	"context"
	"slices"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// All are the environment's tenants, as the database has them.
func (t *Tenants) All(ctx context.Context) ([]api.Tenant, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionList})
	return response.Tenants, err
}

// affordAnother refuses a new tenant with whom the environment's bill would be above its limit.
func (t *Tenants) affordAnother(ctx context.Context, tenant string) error {
	all, err := t.All(ctx)
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(all, func(other api.Tenant) bool { return other.Slug == tenant })
	return t.Environment.Afford(ctx, len(others)+1)
}

// hasRoom asks whether the database has room for a tenant in its tier, with others beside it, before anything of it is made.
func (t *Tenants) hasRoom(ctx context.Context, record Record, beside api.Beside) error {
	tier, err := tiers.Find(record.Tier)
	if err != nil {
		return err
	}
	_, err = t.call(ctx, api.Request{
		Action: api.ActionApply, DryRun: true, Tenant: record.Tenant, Database: record.Database, Tier: tier.Name, State: record.State,
		Limits: api.LimitsOf(tier), PasswordVersion: record.PasswordVersion, Beside: beside,
	})
	return err
}
