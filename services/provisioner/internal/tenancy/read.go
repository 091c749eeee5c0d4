package tenancy

import (
	"context"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// recorded tells what was last applied to a tenant.
func (p *Provisioner) recorded(ctx context.Context, tenant string) (api.Response, error) {
	r, err := loadExisting(ctx, p.Admin, tenant)
	if err != nil {
		return api.Response{}, err
	}
	described := r.Describe()
	return api.Response{Tenant: &described}, nil
}

// show tells all about one tenant. Archives are told of one that is gone, too.
func (p *Provisioner) show(ctx context.Context, tenant string) (api.Response, error) {
	archives, err := p.listArchives(ctx, tenant)
	if err != nil {
		return api.Response{}, err
	}
	r, err := load(ctx, p.Admin, tenant)
	if err != nil {
		return api.Response{}, err
	}
	if r == nil {
		if len(archives) > 0 {
			return api.Response{Archives: archives}, nil
		}
		_, err := loadExisting(ctx, p.Admin, tenant)
		return api.Response{}, err
	}
	m, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return api.Response{}, err
	}
	problems, err := p.problemsOf(ctx, *r)
	if err != nil {
		return api.Response{}, err
	}
	shown := m.Add(r.Describe())
	return api.Response{Tenant: &shown, Archives: archives, Problems: problems, Warnings: m.Warning()}, nil
}

func (p *Provisioner) list(ctx context.Context) (api.Response, error) {
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return api.Response{}, err
	}
	measures, err := p.measureChanged(ctx, all)
	if err != nil {
		return api.Response{}, err
	}
	response := api.Response{Tenants: make([]api.Tenant, 0, len(all))}
	for _, r := range all {
		m := measures[slug.Schema(r.Slug)]
		response.Tenants = append(response.Tenants, m.Add(r.Describe()))
		response.Warnings = append(response.Warnings, m.Warning()...)
	}
	return response, nil
}
