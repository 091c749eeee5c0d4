package tenant

import (
	"context"

	"github.com/agext/levenshtein"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// List is every tenant of an environment, by name.
type List struct {
	Environment string   `json:"environment"`
	Tenants     []Listed `json:"tenants"`
	Warnings    []string `json:"warnings"` // what is not known, and why
}

// Listed is one tenant, as the database and the breaker have it.
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

// maxTypos is how many letters of a name may be wrong for another to be suggested.
const maxTypos = 2

// missing says that a tenant does not exist, and which one may have been meant, if the database tells.
func (t *Tenants) missing(ctx context.Context, tenant string) error {
	missing := &MissingError{Tenant: tenant, Environment: t.Environment.Name()}
	response, _ := t.call(ctx, api.Request{Action: api.ActionList})
	fewest := maxTypos + 1
	for _, other := range response.Tenants {
		if typos := levenshtein.Distance(tenant, other.Slug, nil); typos > 0 && typos < fewest {
			missing.Near, fewest = other.Slug, typos
		}
	}
	return missing
}
