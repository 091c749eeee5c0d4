package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// record is what was applied last to a tenant, kept in the database itself, in the same transaction as the change.
type record struct {
	Slug            string
	Tier            string
	State           api.State
	Limits          api.Limits
	PasswordVersion int
	SecretARN       string
	OverStorage     bool
	ShutOut         bool   // over its storage, it went on to store where no right could be taken from it
	ArchiveKey      string // of the last verified archive, or nothing
	CreatedAt       time.Time
}

// tenantTable is created by harden. Its owner is the administrator; nobody else may look into its schema.
const tenantTable = `CREATE TABLE IF NOT EXISTS platform.tenant (
	slug text PRIMARY KEY,
	tier text NOT NULL,
	state text NOT NULL,
	limits jsonb NOT NULL,
	password_version integer NOT NULL,
	secret_arn text NOT NULL,
	over_storage boolean NOT NULL DEFAULT false,
	archive_key text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now()
)`

// tenantColumns are those that came later. The last three are of work under way: whether a restore or removal has lifted
// the tenant's limits or taken its login for a while, and which session of the tenant's is the provisioner's own.
const tenantColumns = `ALTER TABLE platform.tenant
	ADD COLUMN IF NOT EXISTS shut_out boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS unsettled boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS restore_pid integer,
	ADD COLUMN IF NOT EXISTS restore_began timestamptz`

const selectRecord = `SELECT slug, tier, state, limits, password_version, secret_arn, over_storage, shut_out, archive_key, created_at FROM platform.tenant`

func scanRecord(row pgx.CollectableRow) (record, error) {
	var r record
	err := row.Scan(&r.Slug, &r.Tier, &r.State, &r.Limits, &r.PasswordVersion, &r.SecretARN, &r.OverStorage, &r.ShutOut, &r.ArchiveKey, &r.CreatedAt)
	return r, err
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// load gives the tenant's record, or nil when there is no such tenant.
func load(ctx context.Context, db querier, tenant string) (*record, error) {
	rows, err := db.Query(ctx, selectRecord+" WHERE slug = $1", tenant)
	if err != nil {
		return nil, fmt.Errorf("read the tenant's record: %w", err)
	}
	found, err := pgx.CollectExactlyOneRow(rows, scanRecord)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the tenant's record: %w", err)
	}
	return &found, nil
}

// mustLoad is load for actions that need the tenant to exist.
func mustLoad(ctx context.Context, db querier, tenant string) (*record, error) {
	found, err := load(ctx, db, tenant)
	if err == nil && found == nil {
		err = errors.New(api.NoTenant + ": list shows those that are")
	}
	return found, err
}

func loadAll(ctx context.Context, db querier) ([]record, error) {
	rows, err := db.Query(ctx, selectRecord+" ORDER BY slug")
	if err != nil {
		return nil, fmt.Errorf("read the tenants' records: %w", err)
	}
	all, err := pgx.CollectRows(rows, scanRecord)
	if err != nil {
		return nil, fmt.Errorf("read the tenants' records: %w", err)
	}
	return all, nil
}

func (r *record) save(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `INSERT INTO platform.tenant AS t (slug, tier, state, limits, password_version, secret_arn, over_storage, shut_out, archive_key)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
		ON CONFLICT (slug) DO UPDATE SET tier = excluded.tier, state = excluded.state, limits = excluded.limits,
			password_version = excluded.password_version, secret_arn = excluded.secret_arn, over_storage = excluded.over_storage,
			shut_out = excluded.shut_out, archive_key = excluded.archive_key, updated_at = now()`,
		r.Slug, r.Tier, r.State, r.Limits, r.PasswordVersion, r.SecretARN, r.OverStorage, r.ShutOut, r.ArchiveKey)
	if err != nil {
		return fmt.Errorf("write the tenant's record: %w", err)
	}
	return nil
}

// logsIn tells whether the tenant may log in.
func (r *record) logsIn() bool { return r.State != api.StateSuspended && !r.ShutOut }

// writes tells whether the tenant may write at all.
func (r *record) writes() bool { return r.State == api.StateActive && !r.OverStorage }

func (r *record) describe() api.Tenant {
	return api.Tenant{
		Slug: r.Slug, Tier: r.Tier, State: r.State, Schema: slug.Schema(r.Slug), Role: slug.Role(r.Slug), SecretARN: r.SecretARN, Limits: r.Limits,
		PasswordVersion: r.PasswordVersion, OverStorage: r.OverStorage, CreatedAt: r.CreatedAt.UTC(),
	}
}
