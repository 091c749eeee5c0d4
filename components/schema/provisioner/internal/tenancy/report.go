package tenancy

import (
	"context"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/internal/slug"
)

// recorded tells what was last applied to a tenant.
func (p *Provisioner) recorded(ctx context.Context, tenant string) (contract.Response, error) {
	r, err := mustLoad(ctx, p.Admin, tenant)
	if err != nil {
		return contract.Response{}, err
	}
	described := r.describe()
	return contract.Response{Tenant: &described}, nil
}

// show tells all about one tenant. Archives are told of one that is gone, too.
func (p *Provisioner) show(ctx context.Context, tenant string) (contract.Response, error) {
	archives, err := p.listArchives(ctx, tenant)
	if err != nil {
		return contract.Response{}, err
	}
	r, err := load(ctx, p.Admin, tenant)
	if err != nil {
		return contract.Response{}, err
	}
	if r == nil {
		if len(archives) > 0 {
			return contract.Response{Archives: archives}, nil
		}
		_, err := mustLoad(ctx, p.Admin, tenant)
		return contract.Response{}, err
	}
	m, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return contract.Response{}, err
	}
	problems, err := p.problemsOf(ctx, *r)
	if err != nil {
		return contract.Response{}, err
	}
	shown := m.add(r.describe())
	return contract.Response{Tenant: &shown, Archives: archives, Problems: problems}, nil
}

func (p *Provisioner) list(ctx context.Context) (contract.Response, error) {
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return contract.Response{}, err
	}
	measures, err := p.measureAll(ctx)
	if err != nil {
		return contract.Response{}, err
	}
	response := contract.Response{Tenants: make([]contract.Tenant, 0, len(all))}
	for _, r := range all {
		response.Tenants = append(response.Tenants, measures[slug.Schema(r.Slug)].add(r.describe()))
	}
	return response, nil
}
