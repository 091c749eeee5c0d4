package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// tenantTable is created by harden. Its owner is the administrator; nobody else may look into its schema. The last four
// columns are of work under way: whether a deletion has begun that drops many objects part by part, whether a restore or
// deletion has lifted the tenant's limits or taken its login for a while, and which session of the tenant's is the provisioner's own.
const tenantTable = `CREATE TABLE IF NOT EXISTS platform.tenant (
	slug text PRIMARY KEY,
	database text NOT NULL DEFAULT 'main',
	tier text NOT NULL,
	state text NOT NULL,
	limits jsonb NOT NULL,
	password_version integer NOT NULL,
	secret_arn text NOT NULL,
	over_storage boolean NOT NULL DEFAULT false,
	held_bytes bigint NOT NULL DEFAULT 0,
	login_blocked boolean NOT NULL DEFAULT false,
	clean_up_until timestamptz,
	archive_key text NOT NULL DEFAULT '',
	held_why text NOT NULL DEFAULT '',
	held_by text NOT NULL DEFAULT '',
	held_since timestamptz,
	breaker_due text NOT NULL DEFAULT '',
	breaker_level text NOT NULL DEFAULT '',
	breaker_month timestamptz,
	breaker_tier text NOT NULL DEFAULT '',
	breaker_for_all boolean NOT NULL DEFAULT false,
	holds jsonb NOT NULL DEFAULT '[]',
	billing_email text NOT NULL DEFAULT '',
	created_at timestamptz NOT NULL DEFAULT now(),
	updated_at timestamptz NOT NULL DEFAULT now(),
	deleting boolean NOT NULL DEFAULT false,
	recovery_pending boolean NOT NULL DEFAULT false,
	restore_pid integer,
	restore_began timestamptz
)`

// tenantColumns are those that a database whose table was created before them lacks.
const tenantColumns = `ALTER TABLE platform.tenant
	ADD COLUMN IF NOT EXISTS database text NOT NULL DEFAULT 'main',
	ADD COLUMN IF NOT EXISTS held_bytes bigint NOT NULL DEFAULT 0,
	ADD COLUMN IF NOT EXISTS login_blocked boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS deleting boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS recovery_pending boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS clean_up_until timestamptz,
	ADD COLUMN IF NOT EXISTS held_why text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS held_by text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS held_since timestamptz,
	ADD COLUMN IF NOT EXISTS breaker_due text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS breaker_level text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS breaker_month timestamptz,
	ADD COLUMN IF NOT EXISTS breaker_tier text NOT NULL DEFAULT '',
	ADD COLUMN IF NOT EXISTS breaker_for_all boolean NOT NULL DEFAULT false,
	ADD COLUMN IF NOT EXISTS holds jsonb NOT NULL DEFAULT '[]',
	ADD COLUMN IF NOT EXISTS billing_email text NOT NULL DEFAULT ''`

const selectRecord = `SELECT slug, database, tier, state, limits, password_version, secret_arn, over_storage, held_bytes, login_blocked, archive_key, created_at, deleting, clean_up_until, held_why, held_by, held_since,
	breaker_due, breaker_level, breaker_month, breaker_tier, breaker_for_all, holds, billing_email, coalesce((SELECT r.archive_key FROM platform.restore r WHERE r.slug = platform.tenant.slug), '') FROM platform.tenant`

func scanRecord(row pgx.CollectableRow) (domain.Record, error) {
	var r domain.Record
	var cleanUp, since, month *time.Time
	var due, level string
	err := row.Scan(&r.Slug, &r.Database, &r.Tier, &r.State, &r.Limits, &r.PasswordVersion, &r.SecretARN, &r.OverStorage, &r.HeldBytes, &r.LoginBlocked, &r.ArchiveKey, &r.CreatedAt, &r.Deleting, &cleanUp, &r.Hold.Why, &r.Hold.By, &since, &due, &level, &month, &r.Breaker.Tier, &r.Breaker.ForAll, &r.Holds, &r.BillingEmail, &r.Restoring)
	if cleanUp != nil {
		r.CleanUpUntil = cleanUp.UTC()
	}
	if since != nil {
		r.Hold.Since = since.UTC()
	}
	if month != nil {
		r.Breaker.Month = month.UTC()
	}
	if err == nil {
		err = scanLevels(&r.Breaker, due, level)
	}
	if err != nil {
		err = fmt.Errorf("read the record of tenant %s: %w", r.Slug, err)
	}
	return r, err
}

// scanLevels reads the names of levels.
func scanLevels(s *breaker.Standing, due, level string) error {
	for _, read := range []struct {
		name string
		to   *breaker.Level
	}{{due, &s.Due}, {level, &s.Level}} {
		var known bool
		if *read.to, known = breaker.ParseLevel(read.name); !known {
			//page:none only this program writes them
			return fmt.Errorf("the breaker's level: got %q, expected one of its own", read.name)
		}
	}
	return nil
}

type querier interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// queryBy gives the rows of a query by their key.
func queryBy[Row any](ctx context.Context, db querier, key func(Row) string, query string, args ...any) (map[string]Row, error) {
	rows, err := db.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Row])
	if err != nil {
		return nil, err
	}
	all := make(map[string]Row, len(found))
	for _, row := range found {
		all[key(row)] = row
	}
	return all, nil
}

// load gives the tenant's record, or nil when there is no such tenant.
func load(ctx context.Context, db querier, tenant string) (*domain.Record, error) {
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

// loadExisting is load for actions that need the tenant to exist.
func loadExisting(ctx context.Context, db querier, tenant string) (*domain.Record, error) {
	found, err := load(ctx, db, tenant)
	if err == nil && found == nil {
		//page:none the name is mistyped, or the tenant is gone
		err = &api.Error{Code: api.CodeNoTenant, Message: "there is no such tenant in this environment's database: list shows those that are"}
	}
	return found, err
}

func loadAll(ctx context.Context, db querier) ([]domain.Record, error) {
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

func save(ctx context.Context, tx pgx.Tx, r domain.Record) error {
	orNull := func(t time.Time) *time.Time {
		if t.IsZero() {
			return nil
		}
		return &t
	}
	_, err := tx.Exec(ctx, `INSERT INTO platform.tenant AS t (slug, database, tier, state, limits, password_version, secret_arn, over_storage, held_bytes, login_blocked, archive_key, clean_up_until, held_why, held_by, held_since)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (slug) DO UPDATE SET database = excluded.database, tier = excluded.tier, state = excluded.state, limits = excluded.limits,
			password_version = excluded.password_version, secret_arn = excluded.secret_arn, over_storage = excluded.over_storage,
			held_bytes = excluded.held_bytes, login_blocked = excluded.login_blocked, archive_key = excluded.archive_key,
			clean_up_until = excluded.clean_up_until, held_why = excluded.held_why, held_by = excluded.held_by, held_since = excluded.held_since, updated_at = now()`,
		r.Slug, r.Database, r.Tier, r.State, r.Limits, r.PasswordVersion, r.SecretARN, r.OverStorage, r.HeldBytes, r.LoginBlocked, r.ArchiveKey, orNull(r.CleanUpUntil), r.Hold.Why, r.Hold.By, orNull(r.Hold.Since))
	if err != nil {
		return fmt.Errorf("write the tenant's record: %w", err)
	}
	return nil
}
