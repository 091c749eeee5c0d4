package tenant

import (
	"context"
	"slices"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Count tells how many tenants the environment has.
func (t *Tenants) Count(ctx context.Context) (int, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionList})
	return len(response.Tenants), err
}

// affordAnother refuses a new tenant with whom the environment's bill would be above its limit.
func (t *Tenants) affordAnother(ctx context.Context, tenant string) error {
	response, err := t.call(ctx, api.Request{Action: api.ActionList})
	if err != nil {
		return err
	}
	others := slices.DeleteFunc(response.Tenants, func(other api.Tenant) bool { return other.Slug == tenant })
	return t.Environment.Afford(ctx, len(others)+1)
}

// hasRoom asks whether the database has room for a tenant in its tier, before anything of it is made.
func (t *Tenants) hasRoom(ctx context.Context, record Record) error {
	tier, err := tiers.Find(record.Tier)
	if err != nil {
		return err
	}
	_, err = t.call(ctx, api.Request{
		Action: api.ActionApply, DryRun: true, Tenant: record.Tenant, Database: record.Database, Tier: tier.Name, State: record.State,
		Limits: api.LimitsOf(tier), PasswordVersion: record.PasswordVersion,
	})
	return err
}
