package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Report is what one command did to one tenant.
type Report struct {
	Record
	DryRun          bool                    `json:"dryRun"`
	Refusal         string                  `json:"refusal"`           // why it would be refused; a dry run alone has one
	Was             *api.Hold               `json:"was,omitempty"`     // of one that was resumed: why it had been suspended or limited
	Version         string                  `json:"version,omitempty"` // the newest migration of one that was created
	Changes         map[progress.Action]int `json:"counts"`
	Warnings        []string                `json:"warnings"` // what the tenant does not have, and why
	DurationSeconds float64                 `json:"durationSeconds"`
}

// CheckName tells what is wrong with the name of a tenant.
func CheckName(tenant string) error { return slug.Check(tenant) }

// Check tells all that is wrong with the names of a tenant and a tier.
func Check(tenant, tier string) error { return checkTier(slug.Check(tenant), tier) }

// CheckNew is Check for a tenant that is to be made.
func CheckNew(tenant, tier string) error { return checkTier(slug.CheckNew(tenant), tier) }

func checkTier(name error, tier string) error {
	p := check.Under("")
	p.Add(name)
	_, err := tiers.Find(tier)
	p.Add(err)
	return p.Err()
}

// Create creates a tenant. A tenant that exists with this tier is brought to what its program now says; one that is partially
// created is finished.
func (t *Tenants) Create(ctx context.Context, tenant, tier string) (*Report, error) {
	return t.change(ctx, tenant, true, func(r *Record, exists bool) error {
		if exists && r.Tier != tier {
			//page:none what was typed is wrong, and the message says what is right
			return fmt.Errorf("tier: got %q, expected %q, which tenant %s of %s has: %s changes it",
				tier, r.Tier, tenant, r.Environment, t.command("tier "+tenant+" "+tier))
		}
		r.Tier = tier
		return nil
	})
}

// Ensure creates a tenant unless it exists, and leaves one that does as its people left it.
func (t *Tenants) Ensure(ctx context.Context, tenant, tier string) (*Report, error) {
	return t.change(ctx, tenant, true, func(r *Record, exists bool) error {
		if !exists {
			r.Tier = tier
		}
		return nil
	})
}

// Tier moves a tenant to another tier, in place.
func (t *Tenants) Tier(ctx context.Context, tenant, tier string) (*Report, error) {
	return t.change(ctx, tenant, false, func(r *Record, _ bool) error {
		r.Tier = tier
		return nil
	})
}

// Suspend suspends or limits a tenant; the database enforces it at once. Of the hold, Why and By are noted.
func (t *Tenants) Suspend(ctx context.Context, tenant string, state api.State, hold api.Hold) (*Report, error) {
	t.hold = hold
	return t.setState(ctx, tenant, state)
}

func (t *Tenants) setState(ctx context.Context, tenant string, state api.State) (*Report, error) {
	return t.change(ctx, tenant, false, func(r *Record, _ bool) error {
		r.State = state
		return nil
	})
}

// Rotate gives the tenant's role a new password, in its secret.
func (t *Tenants) Rotate(ctx context.Context, tenant string) (*Report, error) {
	return t.change(ctx, tenant, false, func(r *Record, _ bool) error {
		r.PasswordVersion++
		return nil
	})
}

// change deploys a tenant with its record altered.
func (t *Tenants) change(ctx context.Context, tenant string, create bool, alter func(record *Record, exists bool) error) (*Report, error) {
	began := time.Now()
	region, err := t.output(ctx, "region")
	if err != nil {
		return nil, err
	}
	stack, err := t.open(ctx, tenant, create)
	if err != nil {
		return nil, err
	}
	defer stack.Close()
	current, applied, err := t.current(ctx, stack, tenant)
	if err == nil && current == nil && !create {
		//page:tenant-onboarding
		err = fmt.Errorf("tenant %s of %s is partially created: %s finishes it, %s removes it", tenant, t.Environment.Name(),
			t.command("create "+tenant+" --tier <tier>"), t.command("offboard "+tenant))
	}
	if err == nil && current == nil && !t.admitted {
		err = t.affordAnother(ctx, tenant)
	}
	if err != nil {
		return nil, errors.Join(err, stack.discard(ctx))
	}
	record, err := t.altered(ctx, tenant, current, alter)
	if err != nil {
		return nil, errors.Join(err, stack.discard(ctx))
	}
	settings, err := record.settings(region)
	if err != nil {
		return nil, err
	}
	if err := stack.Configure(settings); err != nil {
		return nil, err
	}
	report := &Report{Record: record, DryRun: t.DryRun, Warnings: []string{}}
	if t.DryRun {
		report.Changes, err = t.preview(ctx, stack)
	} else {
		err = t.reconcile(ctx, stack, applied, report)
	}
	if err != nil {
		return nil, err
	}
	report.DurationSeconds = time.Since(began).Seconds()
	return report, nil
}

// altered is the record that a tenant is to have; current is nil for one that is not there yet.
func (t *Tenants) altered(ctx context.Context, tenant string, current *Record, alter func(record *Record, exists bool) error) (Record, error) {
	record := t.record(tenant, "")
	if current != nil {
		record = *current
	}
	if err := alter(&record, current != nil); err != nil {
		return record, err
	}
	if t.admitted || current != nil && current.Tier == record.Tier {
		return record, nil
	}
	return record, t.hasRoom(ctx, record, api.Beside{})
}

// record is a new tenant's.
func (t *Tenants) record(tenant, tier string) Record {
	return Record{Environment: t.Environment.Name(), Tenant: tenant, Tier: tier, Database: api.MainDatabase, State: api.StateActive, PasswordVersion: 1}
}

// preview counts what a deployment would change.
func (t *Tenants) preview(ctx context.Context, stack *Opened) (map[progress.Action]int, error) {
	last, err := t.Environment.Follow(func(observer progress.Observer) error {
		return stack.Preview(ctx, t.operation(stack), observer)
	})
	return last.Changes, errors.Join(err, stack.discard(ctx))
}

// operation refreshes first, so that what was deleted by hand, such as the secret, comes back.
func (t *Tenants) operation(stack *Opened) engine.Operation {
	operation := t.Operation
	operation.Refresh = !stack.New
	return operation
}

// open opens a tenant's stack. One that the database has and whose stack was lost gets a new one.
func (t *Tenants) open(ctx context.Context, tenant string, create bool) (*Opened, error) {
	name := slug.StackName(t.Environment.Name(), tenant)
	stack, err := t.Environment.Open(ctx, name, create)
	if !errors.Is(err, ErrNoStack) {
		return stack, err
	}
	applied, err := t.applied(ctx, tenant)
	if err != nil {
		return nil, err
	}
	if applied == nil {
		return nil, t.missing(ctx, tenant)
	}
	return t.Environment.Open(ctx, name, true)
}
