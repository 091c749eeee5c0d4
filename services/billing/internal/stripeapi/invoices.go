package stripeapi

import (
	"context"
	"fmt"
	"time"

	"github.com/stripe/stripe-go/v85"

	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
)

// TenantOf is whose a customer is; false: it is none of this environment's.
func (c *Client) TenantOf(ctx context.Context, customer string) (dunning.Tenant, bool, error) {
	found, err := c.stripe.V1Customers.Retrieve(ctx, customer, nil)
	if err != nil {
		return dunning.Tenant{}, false, fmt.Errorf("ask for customer %s: %w", customer, err)
	}
	if found.Deleted {
		return dunning.Tenant{}, false, nil
	}
	if err := c.checkMode("customer "+customer, found.Livemode); err != nil {
		return dunning.Tenant{}, false, err
	}
	return dunning.Tenant{Slug: found.Metadata[api.MetadataTenant], Created: found.Metadata[api.MetadataCreated]}, found.Metadata[api.MetadataEnvironment] == c.environment, nil
}

// Overdue implements dunning.Invoices: of all customers of a tenant, as one that has paid says nothing of another one.
func (c *Client) Overdue(ctx context.Context, now time.Time) (map[dunning.Tenant]time.Time, error) {
	customers, err := c.Customers(ctx)
	if err != nil {
		return nil, err
	}
	tenants := map[string]dunning.Tenant{}
	for _, customer := range customers {
		tenants[customer.ID] = dunning.Tenant{Slug: customer.Tenant, Created: customer.TenantCreated}
	}
	oldest := map[dunning.Tenant]time.Time{}
	for _, status := range []string{"open", "uncollectible"} { // the second is one that people have given up, and that nobody has paid
		for invoice, err := range c.stripe.V1Invoices.List(ctx, &stripe.InvoiceListParams{ListParams: page(), Status: stripe.String(status)}).All(ctx) {
			if err != nil {
				return nil, fmt.Errorf("list invoices: %w", err)
			}
			if invoice.Customer == nil {
				continue
			}
			tenant, own := tenants[invoice.Customer.ID]
			since := overdueSince(invoice)
			if !own || since.IsZero() || !since.Before(now) {
				continue
			}
			if first, there := oldest[tenant]; !there || since.Before(first) {
				oldest[tenant] = since
			}
		}
	}
	return oldest, nil
}

// overdueSince is when an unpaid invoice is due: if it is collected by itself, when it was made final and an attempt has failed.
// https://docs.stripe.com/api/invoices/object
func overdueSince(invoice *stripe.Invoice) time.Time {
	switch {
	case invoice.AmountDue == 0:
		return time.Time{}
	case invoice.DueDate > 0:
		return time.Unix(invoice.DueDate, 0).UTC()
	case invoice.AttemptCount > 0 && invoice.StatusTransitions != nil && invoice.StatusTransitions.FinalizedAt > 0:
		return time.Unix(invoice.StatusTransitions.FinalizedAt, 0).UTC()
	}
	return time.Time{}
}
