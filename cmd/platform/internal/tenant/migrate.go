package tenant

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Migrated is how tenants stand with their migrations.
type Migrated struct {
	Environment string `json:"environment"`
	DryRun      bool   `json:"dryRun"`
	api.Migrated
	// Findings are what the migrations do that hurts. Where one is refused, nothing was applied.
	Findings        []checks.Finding `json:"findings,omitempty"`
	DurationSeconds float64          `json:"durationSeconds"`
}

// Migrate brings all tenants to a list of migrations, in as many calls as it takes, and shows how far it is. Unless what they do that hurts is
// harmless or accepted, it tells that and applies nothing.
func (t *Tenants) Migrate(ctx context.Context, m api.Migrate, accepted []checks.Rule) (*Migrated, error) {
	began := time.Now()
	findings, err := t.check(ctx, m.Migrations, accepted)
	if err != nil {
		return nil, err
	}
	if !t.DryRun && len(checks.RefusedBy(findings)) > 0 {
		return &Migrated{Environment: t.Environment.Name(), Findings: findings, Migrated: api.Migrated{Tenants: []api.TenantMigrations{}}}, nil
	}
	request := api.Request{Action: api.ActionMigrate, Migrate: &m, DryRun: t.DryRun, Run: rand.Text()}
	var told api.Migrated
	_, err = t.Environment.Follow(func(observer progress.Observer) error {
		step := progress.Step{Action: "migrating", Type: "tenants", Name: t.Environment.Name()}
		observer.Begin(step)
		for {
			response, err := t.call(ctx, request)
			if err != nil {
				return err
			}
			if response.Migrated != nil {
				told = *response.Migrated
			}
			if !told.Unfinished {
				return nil
			}
			observer.Done(step)
			step.Name = fmt.Sprintf("%s (%d of %d)", t.Environment.Name(), told.Done, told.All)
			observer.Begin(step)
		}
	})
	if err != nil {
		return nil, err
	}
	return &Migrated{Environment: t.Environment.Name(), DryRun: t.DryRun, Migrated: told, Findings: findings, DurationSeconds: time.Since(began).Seconds()}, nil
}

// Begin brings a new tenant to the migrations that the others have. One that has a history keeps it, and one that may not write waits.
func (t *Tenants) Begin(ctx context.Context, report *Report) error {
	if t.DryRun || report.State != api.StateActive {
		return nil
	}
	response, err := t.call(ctx, api.Request{Action: api.ActionBeginMigrations, Tenant: report.Tenant})
	if err != nil {
		return fmt.Errorf("tenant %s of %s is created, and may lack migrations: %w", report.Tenant, report.Environment, err)
	}
	if len(response.Problems) > 0 {
		//page:failed-migration
		return fmt.Errorf("tenant %s of %s is created and lacks migrations: %s: once that is put right, %s goes on", report.Tenant, report.Environment,
			strings.Join(response.Problems, "; "), t.command("create "+report.Tenant+" --tier "+report.Tier))
	}
	if response.Migrated != nil && len(response.Migrated.Tenants) > 0 {
		report.Version = response.Migrated.Tenants[0].Version
	}
	return nil
}

// check finds what migrations do that hurts, but for those that all tenants are known to have, and judges it by the sizes of the tenants'
// tables.
func (t *Tenants) check(ctx context.Context, list []migrations.Migration, accepted []checks.Rule) ([]checks.Finding, error) {
	findings, err := checks.Check(list)
	if err != nil || len(findings) == 0 {
		return nil, err
	}
	asked := api.Request{Action: api.ActionMigrations, Migrate: &api.Migrate{Tables: checks.Tables(findings)}}
	told, err := t.migrations(ctx, asked)
	if err != nil {
		return nil, err
	}
	return checks.Judge(checks.After(findings, oldest(told.Tenants)), told.Sizes, accepted), nil
}

// oldest is the newest migration that every tenant is known to have; empty: one is not known to have any.
func oldest(tenants []api.TenantMigrations) string {
	if len(tenants) == 0 {
		return ""
	}
	return slices.MinFunc(tenants, func(a, b api.TenantMigrations) int { return strings.Compare(a.Version, b.Version) }).Version
}

// Migrations tells how all tenants stand, as they were left when they were last tried.
func (t *Tenants) Migrations(ctx context.Context) (*Migrated, error) {
	return t.migrations(ctx, api.Request{Action: api.ActionMigrations})
}

// HoldMigrations keeps migrations from a tenant.
func (t *Tenants) HoldMigrations(ctx context.Context, tenant, reason, by string) (*Migrated, error) {
	return t.migrations(ctx, api.Request{Action: api.ActionHoldMigrations, Tenant: tenant, Reason: reason, By: by})
}

// ResumeMigrations lets the next run try a tenant again. how says how a migration was put right that had begun and not ended.
func (t *Tenants) ResumeMigrations(ctx context.Context, tenant string, how *api.Migrate) (*Migrated, error) {
	return t.migrations(ctx, api.Request{Action: api.ActionResumeMigrations, Tenant: tenant, Migrate: how})
}

func (t *Tenants) migrations(ctx context.Context, request api.Request) (*Migrated, error) {
	began := time.Now()
	response, err := t.call(ctx, request)
	if err != nil {
		return nil, err
	}
	told := &Migrated{Environment: t.Environment.Name()}
	if response.Migrated != nil {
		told.Migrated = *response.Migrated
	}
	told.DurationSeconds = time.Since(began).Seconds()
	return told, nil
}
