package tenancy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// migrationListTable is created by harden. Its one row is the list that the last run has ended with, for tenants that are made later.
const migrationListTable = `CREATE TABLE IF NOT EXISTS platform.migration_list (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	digest text NOT NULL,
	list text NOT NULL,
	kept_at timestamptz NOT NULL DEFAULT now()
)`

// keepList keeps the list for new tenants, once the environment's tenants have it: those that can be brought to it, or there are none.
func (p *Provisioner) keepList(ctx context.Context, m *api.Migrate, told *api.Migrated) error {
	if told.Unfinished || told.Stopped != "" || told.Done == 0 && told.All > 0 {
		return nil
	}
	list, err := json.Marshal(m.Migrations)
	if err != nil {
		return fmt.Errorf("keep the migrations for new tenants: %w", err)
	}
	_, err = p.Admin.Exec(ctx, `INSERT INTO platform.migration_list AS l (digest, list) VALUES ($1, $2)
		ON CONFLICT (one) DO UPDATE SET digest = excluded.digest, list = excluded.list, kept_at = now() WHERE l.digest <> excluded.digest`, m.Digest, string(list))
	if err != nil {
		return fmt.Errorf("keep the migrations for new tenants: %w", err)
	}
	return nil
}

// keptList is the list that a new tenant gets; nil: the environment has none.
func (p *Provisioner) keptList(ctx context.Context) (*api.Migrate, error) {
	var digest, text string
	err := p.Admin.QueryRow(ctx, `SELECT digest, list FROM platform.migration_list`).Scan(&digest, &text)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the migrations for new tenants: %w", err)
	}
	var list []migrations.Migration
	if err := json.Unmarshal([]byte(text), &list); err != nil || migrations.Digest(list) != digest {
		//page:none it says what to do
		return nil, errors.New("the migrations that are kept for new tenants are not those that were applied last: run platform migrate up again")
	}
	return &api.Migrate{Migrations: list, Digest: digest}, nil
}

// newTenant is the run of a tenant's first migrations. What it has begun, it goes on with.
const newTenant = "new tenant"

// beginMigrations brings a tenant that has no migration yet to what the others have. One that has some, or a schema that Prisma has not made,
// is left as it is: migrate decides on those.
func (p *Provisioner) beginMigrations(ctx context.Context, tenant string) (api.Response, error) {
	r, err := loadExisting(ctx, p.Admin, tenant)
	if err != nil {
		return api.Response{}, err
	}
	kept, err := p.keptList(ctx)
	if err != nil || kept == nil {
		return api.Response{Migrated: &api.Migrated{All: 1, Tenants: []api.TenantMigrations{}}}, err
	}
	records, err := loadMigrations(ctx, p.Admin)
	if err != nil {
		return api.Response{}, err
	}
	record, response := records[tenant], api.Response{}
	mayBegin := !record.Held && migratable(*r)
	if mayBegin && record.State == "" && record.Version == "" {
		mayBegin, err = p.noteNewTenant(ctx, *r, kept)
		record.Run = newTenant
	}
	if err != nil {
		return api.Response{}, err
	}
	if mayBegin && record.Run == newTenant && record.State != api.MigrationsDone {
		m := &migrating{p: p, request: api.Request{Run: newTenant, Migrate: kept}, pace: p.pace()}
		record = m.migrateTenant(ctx, *r)
		record.Held = false // the next run tries it in any case
		if err := afterwards(ctx, func(ctx context.Context) error { return p.saveMigration(ctx, record) }); err != nil {
			return api.Response{}, err
		}
		if record.State != api.MigrationsDone {
			//page:none the command that creates the tenant tells what to do
			response.Problems = []string{fmt.Sprintf("its migrations are %s: %s", record.State, record.Why)}
		}
	}
	response.Migrated = &api.Migrated{Version: version(kept.Migrations), All: 1, Tenants: []api.TenantMigrations{describeMigrations(*r, record, "")}}
	return response, nil
}

// noteNewTenant notes that a tenant gets its first migrations, unless it has a history or anything else.
func (p *Provisioner) noteNewTenant(ctx context.Context, r domain.Record, kept *api.Migrate) (isNew bool, err error) {
	session, err := p.migrationSession(ctx, r)
	if err != nil {
		return false, err
	}
	defer session.Conn.Close(context.WithoutCancel(ctx)) // it only reads
	state, err := session.Look(ctx, kept.Migrations)
	if err != nil || state.Problem != "" || state.Version != "" {
		return false, err
	}
	return true, p.saveMigration(ctx, migrationRecord{Slug: r.Slug, Digest: kept.Digest, Run: newTenant, State: api.MigrationsPending})
}
