package tenant

import (
	"context"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// List is every tenant of an environment, by name.
type List struct {
	Environment string   `json:"environment"`
	Tenants     []Listed `json:"tenants"`
	Warnings    []string `json:"warnings"` // what is not known, and why
}

// Listed is one tenant, as the database and AWS's accounts have it.
type Listed struct {
	api.Tenant
	Cost
}

// List tells about every tenant of the environment.
func (t *Tenants) List(ctx context.Context) (*List, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionList})
	if err != nil {
		return nil, err
	}
	costs, err := t.costs(ctx)
	if err != nil {
		return nil, err
	}
	list := &List{
		Environment: t.Environment.Name(), Tenants: make([]Listed, 0, len(response.Tenants)),
		Warnings: append(append([]string{}, response.Warnings...), costs.warnings...),
	}
	for _, tenant := range response.Tenants {
		list.Tenants = append(list.Tenants, costs.of(tenant))
	}
	return list, nil
}
