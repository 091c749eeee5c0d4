package service

import (
	"strings"
	"time"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/dunning"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// tenants are the rows of a status. Who has more than one customer is a finding: the row has the first with a subscription that has not ended.
func tenants(listed []provisioner.Tenant, desired plan.Desired, actual plan.Actual, overdue map[dunning.Tenant]time.Time) []api.Tenant {
	prices := map[string]tiers.Tier{}
	for _, tier := range desired.Tiers {
		prices[tier.Name] = tier
	}
	customers := map[dunning.Tenant][]plan.Customer{}
	for _, c := range actual.Customers {
		tenant := dunning.Tenant{Slug: c.Tenant, Created: c.TenantCreated}
		customers[tenant] = append(customers[tenant], c)
	}
	rows := make([]api.Tenant, 0, len(listed))
	for _, record := range listed {
		tenant := dunning.TenantOf(record)
		row := api.Tenant{
			Slug: record.Slug, Tier: record.Tier, PriceUSD: prices[record.Tier].PriceUSD, OverdueSince: overdue[tenant], Held: provisioner.StateActive,
		}
		for _, held := range record.Holds {
			if held.By == provisioner.HolderBilling {
				row.Held, row.HeldSince = held.State, held.Since
			}
		}
		var subscription plan.Subscription
		row.Customer, subscription = paysBy(customers[tenant])
		row.Subscription = subscription.ID
		if tier, own := strings.CutPrefix(subscription.Product, api.Product(desired.Environment, "")); own {
			row.SubscriptionTier = tier
		}
		rows = append(rows, row)
	}
	return rows
}

// paysBy is the customer, and its subscription that has not ended.
func paysBy(customers []plan.Customer) (customer string, subscription plan.Subscription) {
	for _, c := range customers {
		for _, s := range c.Subscriptions {
			if !s.Ended {
				return c.ID, s
			}
		}
	}
	if len(customers) > 0 {
		customer = customers[0].ID
	}
	return customer, plan.Subscription{}
}

func findings(all []plan.Finding) []api.Finding {
	told := make([]api.Finding, 0, len(all))
	for _, f := range all {
		told = append(told, api.Finding{Kind: string(f.Kind), Tenant: f.Tenant, Subject: f.Subject, Text: f.Text})
	}
	return told
}
