package dunning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/genericcorp/platform/services/billing/api"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// Provisioner is what billing asks of it.
type Provisioner interface {
	// Record is what was applied last to a tenant. The error of a tenant that does not exist has the code NoSuchTenant.
	Record(ctx context.Context, slug string) (provisioner.Tenant, error)
	Apply(ctx context.Context, request provisioner.Request) error
}

// Invoices knows what is not paid.
type Invoices interface {
	// OverdueSince is since when the oldest unpaid invoice of a tenant is overdue, of all its customers; zero: none is.
	OverdueSince(ctx context.Context, tenant Tenant, now time.Time) (time.Time, error)
}

// Tenant is one of those that had the slug.
type Tenant struct{ Slug, Created string }

// Keeper holds tenants and lets them go. It asks both sides what is true now, so it may be told anything twice, late or in any order.
type Keeper struct {
	Terms       Terms
	Provisioner Provisioner
	Invoices    Invoices
	Now         func() time.Time

	one sync.Mutex // tenant at a time
}

// Check brings one tenant to the state that its invoices ask for. Nothing happens to a tenant of which either side does not know.
func (k *Keeper) Check(ctx context.Context, tenant Tenant) error {
	k.one.Lock()
	defer k.one.Unlock()
	record, err := k.Provisioner.Record(ctx, tenant.Slug)
	if provisioner.CodeOf(err) == provisioner.CodeNoTenant || err == nil && api.Created(record.CreatedAt) != tenant.Created {
		slog.WarnContext(ctx, "an invoice is of a tenant that is gone", "tenant", tenant.Slug)
		return nil
	}
	if err != nil {
		return fmt.Errorf("ask for tenant %s: %w", tenant.Slug, err)
	}
	now := k.Now()
	overdue, err := k.Invoices.OverdueSince(ctx, tenant, now)
	if err != nil {
		return fmt.Errorf("ask what tenant %s has not paid: %w", tenant.Slug, err)
	}
	state, changes := Decide(k.Terms, record, overdue, now)
	if !changes {
		return nil
	}
	if err := k.Provisioner.Apply(ctx, request(record, state, overdue)); err != nil {
		return fmt.Errorf("make tenant %s %s: %w", tenant.Slug, state, err)
	}
	slog.InfoContext(ctx, "changed what a tenant may do", "tenant", tenant.Slug, "from", record.State, "to", state, "overdueSince", overdue)
	return nil
}

// CheckAll checks every tenant, for what no event has said: days that have passed, and events that were lost. One that fails keeps no other
// from its turn.
func (k *Keeper) CheckAll(ctx context.Context, tenants []Tenant) error {
	var failed []error
	for _, tenant := range tenants {
		if ctx.Err() != nil {
			return errors.Join(append(failed, ctx.Err())...)
		}
		if err := k.Check(ctx, tenant); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// request applies what was applied before, with another state.
func request(record provisioner.Tenant, state provisioner.State, overdue time.Time) provisioner.Request {
	r := provisioner.Request{
		Action: provisioner.ActionApply, Tenant: record.Slug, Database: record.Database, Tier: record.Tier, State: state, SecretARN: record.SecretARN,
		Limits: record.Limits, PasswordVersion: record.PasswordVersion,
	}
	if state != provisioner.StateActive {
		r.Reason, r.By = "an invoice is overdue since "+overdue.UTC().Format(time.DateOnly), api.By
	}
	return r
}
