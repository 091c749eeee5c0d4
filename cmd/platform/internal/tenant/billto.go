package tenant

import (
	"context"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// BilledTo is where a tenant's invoices go.
type BilledTo struct {
	Environment  string `json:"environment"`
	Tenant       string `json:"tenant"`
	BillingEmail string `json:"billingEmail"` // empty: nobody knows
}

// BillTo has a tenant's invoices go to an address; an empty one is none.
func (t *Tenants) BillTo(ctx context.Context, tenant, address string) (*BilledTo, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionBillTo, Tenant: tenant, BillingEmail: address})
	if err != nil {
		return nil, err
	}
	told := &BilledTo{Environment: t.Environment.Name(), Tenant: tenant}
	if response.Tenant != nil {
		told.BillingEmail = response.Tenant.BillingEmail
	}
	return told, nil
}
