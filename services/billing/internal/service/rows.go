package service

import (
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
			Slug: record.Slug, Tier: record.Tier, PriceUSD: prices[record.Tier].PriceUSD, OverdueSince: overdue[tenant], Held: record.HeldBy(provisioner.HolderBilling),
		}
		row.Customer, row.Subscription = paysBy(customers[tenant])
		rows = append(rows, row)
	}
	return rows
}

// paysBy is the customer, and its subscription that has not ended.
func paysBy(customers []plan.Customer) (customer, subscription string) {
	for _, c := range customers {
		for _, s := range c.Subscriptions {
			if !s.Ended {
				return c.ID, s.ID
			}
		}
	}
	if len(customers) > 0 {
		customer = customers[0].ID
	}
	return customer, ""
}

func findings(all []plan.Finding) []api.Finding {
	told := make([]api.Finding, 0, len(all))
	for _, f := range all {
		told = append(told, api.Finding{Kind: string(f.Kind), Tenant: f.Tenant, Subject: f.Subject, Text: f.Text})
	}
	return told
}
