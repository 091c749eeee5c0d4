package tenant

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/slug"
	"github.com/genericcorp/platform/stacks/tiers"
)

// Report is what one command did to one tenant.
type Report struct {
	Record
	DryRun          bool                   `json:"dryRun"`
	Changes         map[apitype.OpType]int `json:"counts"`
	DurationSeconds float64                `json:"durationSeconds"`
}

// CheckName tells what is wrong with the name of a tenant.
func CheckName(tenant string) error { return slug.Check(tenant) }

// Check tells all that is wrong with the names of a tenant and a tier.
func Check(tenant, tier string) error {
	p := check.Under("")
	p.Add(slug.Check(tenant))
	_, err := tiers.Find(tier)
	p.Add(err)
	return p.Err()
}

// Create makes a tenant. A tenant that exists with this tier is brought to what its program now says; one that is half
// made is finished.
func (t *Tenants) Create(ctx context.Context, tenant, tier string) (*Report, error) {
	return t.change(ctx, tenant, true, func(r *Record, exists bool) error {
		if exists && r.Tier != tier {
			return fmt.Errorf("tenant %s exists, with tier %s: `platform tenant tier %s %s` changes it", tenant, r.Tier, tenant, tier)
		}
		r.Tier = tier
		return nil
	})
}

// Ensure makes a tenant unless it exists, and leaves one that does as its people made it.
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

// SetState suspends, limits or resumes a tenant; the database enforces it at once.
func (t *Tenants) SetState(ctx context.Context, tenant string, state contract.State) (*Report, error) {
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
func (t *Tenants) change(ctx context.Context, tenant string, create bool, alter func(record *Record, exists bool) error) (report *Report, err error) {
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
	outputs, err := stack.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	record, exists := readRecord(outputs)
	if !exists && !create {
		return nil, fmt.Errorf("tenant %s is half made: `platform tenant create %s` finishes it, `platform tenant offboard %s` removes it", tenant, tenant, tenant)
	}
	if !exists {
		record = Record{Environment: t.Environment.Name(), Tenant: tenant, State: contract.StateActive, PasswordVersion: 1}
	}
	if err := alter(&record, exists); err != nil {
		return nil, err
	}
	settings, err := record.settings(region)
	if err != nil {
		return nil, err
	}
	if err := stack.Configure(settings); err != nil {
		return nil, err
	}
	last, err := t.operate(ctx, stack)
	if err != nil {
		return nil, err
	}
	report = &Report{Record: record, DryRun: t.DryRun, Changes: last.Changes}
	if !t.DryRun {
		if outputs, err = stack.Outputs(ctx); err != nil {
			return nil, err
		}
		report.Record, _ = readRecord(outputs)
	}
	report.DurationSeconds = time.Since(began).Seconds()
	return report, nil
}

// operate deploys the stack, or tries it dry. It looks first at what there really is, so that what was deleted by hand,
// such as the secret, comes back.
func (t *Tenants) operate(ctx context.Context, stack *Opened) (progress.Snapshot, error) {
	operation := t.Operation
	operation.Refresh = !stack.New
	if !t.DryRun {
		return t.Environment.Follow(func(observe func(apitype.EngineEvent)) error { return stack.Up(ctx, operation, observe) })
	}
	last, err := t.Environment.Follow(func(observe func(apitype.EngineEvent)) error { return stack.Preview(ctx, operation, observe) })
	if stack.New {
		err = errors.Join(err, stack.Remove(ctx))
	}
	return last, err
}

func (t *Tenants) open(ctx context.Context, tenant string, create bool) (*Opened, error) {
	stack, err := t.Environment.Open(ctx, slug.StackName(t.Environment.Name(), tenant), create)
	if errors.Is(err, ErrNoStack) {
		return nil, &MissingError{Tenant: tenant, Environment: t.Environment.Name()}
	}
	return stack, err
}
