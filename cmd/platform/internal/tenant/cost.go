package tenant

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Cost is what a tenant's use has cost this month, by which the breaker acts.
type Cost struct {
	// CostKnown says that the breaker told what the tenants use, and knows prices.
	CostKnown bool `json:"costKnown"`
	// UsedUSD is what the breaker goes by, some minutes old at most; nil: it is not known.
	UsedUSD *decimal.Decimal `json:"usedUsd"`
	// AllowanceUSD is what the tenant's tier may use in a month; nil: it is not known.
	AllowanceUSD *decimal.Decimal `json:"allowanceUsd"`
}

// costs are those of an environment's tenants.
type costs struct {
	bySlug   map[string]api.BreakerTenant // nil: not known
	warnings []string
}

// of adds to a tenant what it costs.
func (c costs) of(tenant api.Tenant) Listed {
	listed := Listed{Tenant: tenant, Cost: Cost{CostKnown: c.bySlug != nil}}
	if told, ok := c.bySlug[tenant.Slug]; ok {
		listed.UsedUSD, listed.AllowanceUSD = &told.UsedUSD, &told.AllowanceUSD
	}
	return listed
}

// costs asks the breaker what the tenants use. That it cannot tell is no reason to tell nothing: the costs are unknown then, with a
// warning that says why.
func (t *Tenants) costs(ctx context.Context) (costs, error) {
	told, err := t.Breaker(ctx)
	switch {
	case ctx.Err() != nil:
		return costs{}, context.Cause(ctx)
	case err != nil:
		return costs{warnings: []string{fmt.Sprintf("what the tenants cost is not known: %v", err)}}, nil
	case told.Prices == nil:
		//page:meter-blind
		return costs{warnings: []string{fmt.Sprintf("what the tenants cost is not known, as the breaker has no prices: platform breaker publish --env %s", told.Environment)}}, nil
	}
	known := costs{bySlug: map[string]api.BreakerTenant{}}
	for _, tenant := range told.Tenants {
		known.bySlug[tenant.Slug] = tenant
	}
	return known, nil
}
