package dunning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/genericcorp/platform/services/billing/api"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Invoices knows what is not paid.
type Invoices interface {
	// Overdue is since when the oldest unpaid invoice of each tenant is overdue, of all its customers. Who owes nothing is not in it.
	Overdue(ctx context.Context, now time.Time) (map[Tenant]time.Time, error)
}

// Tenant is one of those that had the slug.
type Tenant struct{ Slug, Created string }

// TenantOf is the tenant of a record.
func TenantOf(record provisioner.Tenant) Tenant {
	return Tenant{Slug: record.Slug, Created: api.Created(record.CreatedAt)}
}

// Keeper holds tenants and lets them go. It asks both sides what is true now, so it may be told anything twice, late or in any order.
type Keeper struct {
	Terms Terms
	// Provisioner answers one request.
	Provisioner func(ctx context.Context, request provisioner.Request) (provisioner.Response, error)
	Invoices    Invoices
	Now         func() time.Time
}

// Check holds one tenant as its invoices ask for. Nothing happens to a tenant of which either side does not know.
func (k *Keeper) Check(ctx context.Context, tenant Tenant) error {
	answer, err := k.Provisioner(ctx, provisioner.Request{Action: provisioner.ActionRecord, Tenant: tenant.Slug})
	if provisioner.CodeOf(err) == provisioner.CodeNoTenant || err == nil && (answer.Tenant == nil || TenantOf(*answer.Tenant) != tenant) {
		slog.WarnContext(ctx, "an invoice is of a tenant that is gone", "tenant", tenant.Slug)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for tenant %s: %w", tenant.Slug, err)
	}
	now := k.Now()
	overdue, err := k.Invoices.Overdue(ctx, now)
	if err != nil {
		return fmt.Errorf("ask what tenant %s has not paid: %w", tenant.Slug, err)
	}
	since, held := overdue[tenant], answer.Tenant.HeldBy(provisioner.HolderBilling)
	state := Decide(k.Terms, held, since, now)
	if state == held {
		return nil
	}
	hold := provisioner.Request{Action: provisioner.ActionHold, Tenant: tenant.Slug, Holder: provisioner.HolderBilling, State: state}
	if state != provisioner.StateActive {
		hold.Reason = "an invoice is overdue since " + since.UTC().Format(time.DateOnly)
	}
	if _, err := k.Provisioner(ctx, hold); err != nil {
		return fmt.Errorf("hold tenant %s, which is to be %s: %w", tenant.Slug, state, err)
	}
	slog.InfoContext(ctx, "changed to what billing holds a tenant", "tenant", tenant.Slug, "from", held, "to", state, "overdueSince", since)
	return nil
}

// CheckAll looks at every tenant, for what no event has said: days that have passed, and events that were lost. Who is to change is asked for
// again, as it may have paid meanwhile. One that fails keeps no other from its turn.
func (k *Keeper) CheckAll(ctx context.Context) error {
	listed, err := k.Provisioner(ctx, provisioner.Request{Action: provisioner.ActionList})
	if err != nil {
		return fmt.Errorf("list tenants: %w", err)
	}
	now := k.Now()
	overdue, err := k.Invoices.Overdue(ctx, now)
	if err != nil {
		return fmt.Errorf("ask what tenants have not paid: %w", err)
	}
	var failed []error
	for _, record := range listed.Tenants {
		tenant, held := TenantOf(record), record.HeldBy(provisioner.HolderBilling)
		if Decide(k.Terms, held, overdue[tenant], now) == held {
			continue
		}
		if err := k.Check(ctx, tenant); err != nil {
			failed = append(failed, err)
		}
		if ctx.Err() != nil {
			break
		}
	}
	return errors.Join(failed...)
}
