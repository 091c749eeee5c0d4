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

// OverdueSince implements dunning.Invoices: it asks for all customers of the tenant, as one that has paid says nothing of another one.
func (c *Client) OverdueSince(ctx context.Context, tenant dunning.Tenant, now time.Time) (time.Time, error) {
	customers, err := c.Customers(ctx)
	if err != nil {
		return time.Time{}, err
	}
	var oldest time.Time
	for _, customer := range customers {
		if customer.Tenant != tenant.Slug || customer.TenantCreated != tenant.Created {
			continue
		}
		for _, status := range []string{"open", "uncollectible"} { // the second is one that people have given up, and that nobody has paid
			params := &stripe.InvoiceListParams{ListParams: page(), Customer: stripe.String(customer.ID), Status: stripe.String(status)}
			for invoice, err := range c.stripe.V1Invoices.List(ctx, params).All(ctx) {
				if err != nil {
					return time.Time{}, fmt.Errorf("list invoices of customer %s: %w", customer.ID, err)
				}
				if since := overdueSince(invoice); !since.IsZero() && since.Before(now) && (oldest.IsZero() || since.Before(oldest)) {
					oldest = since
				}
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
