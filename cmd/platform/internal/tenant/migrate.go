package tenant

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Migrated is how tenants stand with their migrations.
type Migrated struct {
	Environment string `json:"environment"`
	DryRun      bool   `json:"dryRun"`
	api.Migrated
	DurationSeconds float64 `json:"durationSeconds"`
}

// Migrate brings all tenants to a list of migrations, in as many calls as it takes, and shows how far it is.
func (t *Tenants) Migrate(ctx context.Context, m api.Migrate) (*Migrated, error) {
	began := time.Now()
	request := api.Request{Action: api.ActionMigrate, Migrate: &m, DryRun: t.DryRun, Run: rand.Text()}
	var told api.Migrated
	_, err := t.Environment.Follow(func(observer progress.Observer) error {
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
	return &Migrated{Environment: t.Environment.Name(), DryRun: t.DryRun, Migrated: told, DurationSeconds: time.Since(began).Seconds()}, nil
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
