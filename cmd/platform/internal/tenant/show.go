package tenant

import (
	"context"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Shown is all that is known about one tenant. Of one that is gone there are archives alone.
type Shown struct {
	Environment string        `json:"environment"`
	Tenant      *Listed       `json:"tenant"`
	WayOut      string        `json:"wayOut"`   // what lets the tenant do all that its tier allows; empty: it may
	Archives    []api.Archive `json:"archives"` // oldest first
	Problems    []string      `json:"problems"` // what in the database differs from what was applied
	Warnings    []string      `json:"warnings"`
}

// Show tells all about one tenant: measured, with its archives and what differs from its record. Of one that is gone it
// tells the archives.
func (t *Tenants) Show(ctx context.Context, tenant string) (*Shown, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionShow, Tenant: tenant})
	if err != nil {
		return nil, err
	}
	shown := &Shown{
		Environment: t.Environment.Name(), Archives: append([]api.Archive{}, response.Archives...),
		Problems: append([]string{}, response.Problems...), Warnings: append([]string{}, response.Warnings...),
	}
	if response.Tenant == nil {
		return shown, nil
	}
	costs, err := t.costs(ctx)
	if err != nil {
		return nil, err
	}
	shown.Warnings = append(shown.Warnings, costs.warnings...)
	shown.WayOut = t.wayOut(*response.Tenant)
	listed := costs.of(*response.Tenant)
	shown.Tenant = &listed
	return shown, nil
}
