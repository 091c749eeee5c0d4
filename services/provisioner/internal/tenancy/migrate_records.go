package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// migrationTable is created by harden. A row is how the tenant was left when it was last tried, and goes with it. What the tenant has is
// what its own table says: this one spares looking into each of them, and is forgotten when a restore brings another history.
const migrationTable = `CREATE TABLE IF NOT EXISTS platform.migration (
	slug text PRIMARY KEY REFERENCES platform.tenant ON DELETE CASCADE,
	digest text NOT NULL DEFAULT '',
	run text NOT NULL DEFAULT '',
	state text NOT NULL DEFAULT '',
	version text NOT NULL DEFAULT '',
	why text NOT NULL DEFAULT '',
	held boolean NOT NULL DEFAULT false,
	held_why text NOT NULL DEFAULT '',
	held_by text NOT NULL DEFAULT '',
	held_since timestamptz,
	at timestamptz
)`

// byMigration is who holds a tenant where a migration has failed.
const byMigration = "a failed migration"

// migrationRecord is a row of it.
type migrationRecord struct {
	Slug, Digest, Run string
	State             api.MigrationState
	Version, Why      string
	Held              bool
	Hold              api.Hold
	At                *time.Time

	pending []string // what it lacked when it was looked at, which is not noted
}

// undone are the tenants that are not known to have the whole list, how many there are, and whether the list is kept for new ones: one
// question, however many those are.
func (p *Provisioner) undone(ctx context.Context, digest string) (tenants []string, all int, kept bool, err error) {
	err = p.Admin.QueryRow(ctx, `SELECT count(*), coalesce(array_agg(t.slug ORDER BY t.slug) FILTER (WHERE m.slug IS NULL), '{}'),
			EXISTS (SELECT FROM platform.migration_list l WHERE l.digest = $1)
		FROM platform.tenant t LEFT JOIN platform.migration m ON m.slug = t.slug AND m.digest = $1 AND m.state = 'done'`, digest).Scan(&all, &tenants, &kept)
	if err != nil {
		return nil, 0, false, fmt.Errorf("see which tenants lack migrations: %w", err)
	}
	return tenants, all, kept, nil
}

func loadMigrations(ctx context.Context, db querier) (map[string]migrationRecord, error) {
	rows, err := db.Query(ctx, `SELECT slug, digest, run, state, version, why, held, held_why, held_by, held_since, at FROM platform.migration`)
	if err != nil {
		return nil, fmt.Errorf("read how tenants stand with their migrations: %w", err)
	}
	found := map[string]migrationRecord{}
	var m migrationRecord
	var since *time.Time
	_, err = pgx.ForEachRow(rows, []any{&m.Slug, &m.Digest, &m.Run, &m.State, &m.Version, &m.Why, &m.Held, &m.Hold.Why, &m.Hold.By, &since, &m.At}, func() error {
		if since != nil {
			m.Hold.Since = since.UTC()
		}
		found[m.Slug] = m
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read how tenants stand with their migrations: %w", err)
	}
	return found, nil
}

// saveMigration notes how a tenant was left, and that the session that migrated it has ended. Of a tenant that a person has held
// meanwhile, the hold stays.
func (p *Provisioner) saveMigration(ctx context.Context, m migrationRecord) error {
	_, err := p.Admin.Exec(ctx, `WITH ended AS (UPDATE platform.tenant SET restore_pid = NULL, restore_began = NULL WHERE slug = $1 AND restore_pid IS NOT NULL)
		INSERT INTO platform.migration AS m (slug, digest, run, state, version, why, held, held_by, held_since, at)
		SELECT slug, $2, $3, $4, $5, $6, $7, CASE WHEN $7 THEN $8 ELSE '' END, CASE WHEN $7 THEN now() END, now() FROM platform.tenant WHERE slug = $1
		ON CONFLICT (slug) DO UPDATE SET digest = excluded.digest, run = excluded.run, state = excluded.state, version = excluded.version, why = excluded.why, at = excluded.at,
			held = m.held OR excluded.held, held_by = CASE WHEN m.held THEN m.held_by ELSE excluded.held_by END,
			held_since = CASE WHEN m.held THEN m.held_since ELSE excluded.held_since END`,
		m.Slug, m.Digest, m.Run, string(m.State), m.Version, m.Why, m.Held, byMigration)
	if err != nil {
		return fmt.Errorf("note how tenant %s stands with its migrations: %w", m.Slug, err)
	}
	return nil
}

// forgetMigrations is for a tenant whose schema is replaced.
func forgetMigrations(ctx context.Context, tx pgx.Tx, tenant string) error {
	if _, err := tx.Exec(ctx, `UPDATE platform.migration SET digest = '', run = '', state = '', version = '', why = '' WHERE slug = $1`, tenant); err != nil {
		return fmt.Errorf("forget which migrations the tenant had: %w", err)
	}
	return nil
}

// describeMigrations is how a tenant stands with a list, which it lacks something of; without one, with what it was tried for last.
func describeMigrations(r domain.Record, m migrationRecord, digest string) api.TenantMigrations {
	told := api.TenantMigrations{Tenant: r.Slug, State: api.MigrationsPending, Version: m.Version, At: m.At}
	if m.State != "" && (digest == "" || m.Digest == digest) {
		told.State, told.Why = m.State, m.Why
	}
	switch {
	case m.Held && m.Hold.By == byMigration:
		told.State, told.Why = api.MigrationsFailed, m.Why
	case m.Held:
		told.State = api.MigrationsHeld
	case !migratable(r):
		told.State, told.Why = api.MigrationsWaiting, r.Reason()
	}
	if m.Held {
		told.Hold = &m.Hold
	}
	return told
}

// migratable tells whether the tenant can be migrated: in a session of its own, which must be let in and may write. A tenant that is out
// keeps the schema that it has. It gets what it missed from the first run after it is back.
func migratable(r domain.Record) bool { return r.CanLogIn() && r.CanWrite() }

// version is the newest migration of a list.
func version(list []migrations.Migration) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1].Name
}
