// Package source asks the provisioner what tenants there are and what they used.
package source

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/billing/api"
	"github.com/genericcorp/platform/services/billing/internal/plan"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Source implements reconcile.Source.
type Source struct {
	Environment string
	// Provisioner answers one request.
	Provisioner func(ctx context.Context, request provisioner.Request) (provisioner.Response, error)
}

// Desired tells what tenants there are, and what those used that pay. An hour in which a tenant used nothing is not in it.
func (s *Source) Desired(ctx context.Context, from, to time.Time) (plan.Desired, error) {
	listed, err := s.Provisioner(ctx, provisioner.Request{Action: provisioner.ActionList})
	if err != nil {
		return plan.Desired{}, fmt.Errorf("list tenants: %w", err)
	}
	desired := plan.Desired{Environment: s.Environment, Tiers: tiers.All(), Usage: map[plan.Hour]int64{}}
	for _, tenant := range listed.Tenants {
		tier, err := tiers.Find(tenant.Tier)
		if err != nil {
			return plan.Desired{}, fmt.Errorf("tenant %s: %w", tenant.Slug, err)
		}
		desired.Tenants = append(desired.Tenants, plan.Tenant{Slug: tenant.Slug, Tier: tenant.Tier, CreatedAt: tenant.CreatedAt, Email: tenant.BillingEmail})
		if tier.PriceUSD.IsZero() {
			continue
		}
		// A tenant of the same name may have used something before this one was made.
		if err := s.use(ctx, desired.Usage, tenant.Slug, later(from, tenant.CreatedAt.UTC().Truncate(time.Hour)), to); err != nil {
			return plan.Desired{}, err
		}
	}
	return desired, nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// use adds the hours of a tenant, of which the provisioner tells some weeks at once.
func (s *Source) use(ctx context.Context, usage map[plan.Hour]int64, slug string, from, to time.Time) error {
	for ; from.Before(to); from = from.Add(provisioner.MostUsageOfTenant) {
		until := from.Add(provisioner.MostUsageOfTenant)
		if until.After(to) {
			until = to
		}
		answer, err := s.Provisioner(ctx, provisioner.Request{Action: provisioner.ActionUsage, Tenant: slug, Usage: &provisioner.UsageQuery{From: from, To: until}})
		if err != nil {
			return fmt.Errorf("ask what tenant %s used: %w", slug, err)
		}
		for _, hour := range answer.Usage {
			for _, kind := range api.Kinds {
				if used := kind.Of(hour); used > 0 {
					usage[plan.Hour{Tenant: slug, Kind: kind, Start: hour.Hour.UTC()}] = used
				}
			}
		}
	}
	return nil
}
