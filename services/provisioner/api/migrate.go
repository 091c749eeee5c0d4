package api

import (
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Migrate is what tenants' schemas are brought to, and how.
type Migrate struct {
	Migrations []migrations.Migration `json:"migrations,omitempty"` // by name
	// Digest is that of the migrations, as whoever read them has computed it.
	Digest string `json:"digest,omitempty"`
	// Canaries are tenants that come first: unless all of them succeed, no other is touched.
	Canaries []string `json:"canaries,omitempty"`
	// StopPercent is how many of all tenants may fail, in per cent, until the rest is left as it is. 0: none may.
	StopPercent int `json:"stopPercent,omitempty"`
	// Applied and RolledBack tell resume-migrations of a migration that began and has not ended that all of it is there now, or nothing.
	Applied    bool `json:"applied,omitempty"`
	RolledBack bool `json:"rolledBack,omitempty"`
	// Tables are names of tables whose sizes migrations tells.
	Tables []string `json:"tables,omitempty"`
}

// MigrationState is how a tenant stands with its migrations.
type MigrationState string

const (
	// MigrationsDone has all of the list that it was last brought to.
	MigrationsDone MigrationState = "done"
	// MigrationsPending has not been tried.
	MigrationsPending MigrationState = "pending"
	// MigrationsWaiting cannot be written to as it is: suspended, limited, over its storage, or being restored.
	MigrationsWaiting MigrationState = "waiting"
	// MigrationsBusy had no room: another session was in the way, or all its connections were in use. The next run tries it again.
	MigrationsBusy MigrationState = "busy"
	// MigrationsRefused has another history than the list. The next run looks again.
	MigrationsRefused MigrationState = "refused"
	// MigrationsFailed refused a statement. It is held until it is resumed.
	MigrationsFailed MigrationState = "failed"
	// MigrationsHeld is held by a person.
	MigrationsHeld MigrationState = "held"
)

// Migrated is how tenants stand with their migrations.
type Migrated struct {
	Version string `json:"version"` // the newest migration of the list; empty: no list was asked about
	All     int    `json:"all"`     // how many tenants there are
	Done    int    `json:"done"`    // how many have the whole list
	// Unfinished says that the function had no time for all: the same call goes on.
	Unfinished bool `json:"unfinished,omitempty"`
	// Stopped says why the rest was left as it is; empty: nothing was.
	Stopped string `json:"stopped,omitempty"`
	// Tenants are those that lack something or, where no list was asked about, all.
	Tenants []TenantMigrations `json:"tenants"`
	// Sizes are of each table that was asked about the largest, among the tenants that are known to have the same version.
	Sizes []migrations.TableSize `json:"sizes,omitempty"`
}

// TenantMigrations is how one tenant stands. Nothing in it is of a row, and no text of a statement's.
type TenantMigrations struct {
	Tenant  string         `json:"tenant"`
	State   MigrationState `json:"state"`
	Version string         `json:"version"`           // the newest migration that it is known to have
	Pending []string       `json:"pending,omitempty"` // what it would get, where that was asked
	// Why says what is in the way: the migration, the statement and the error of one that failed.
	Why  string     `json:"why,omitempty"`
	Hold *Hold      `json:"hold,omitempty"` // of one that is held
	At   *time.Time `json:"at,omitempty"`   // when it was tried last
}

// MostCanaries is how many tenants may come first.
const MostCanaries = 100

// checkMigrate requires a list where tenants are brought to one, as it was read, and nothing of the kind elsewhere.
func (r Request) checkMigrate(p *check.Problems) {
	p.Require(r.Action != ActionMigrate || r.Run != "" || r.DryRun, "run", r.Run, "a text of this run's own")
	p = p.In("migrate")
	switch {
	case r.Action == ActionMigrate && r.Migrate != nil:
		m := r.Migrate
		migrations.Check(m.Migrations, p)
		want := migrations.Digest(m.Migrations)
		p.Require(m.Digest == want, "digest", m.Digest, want+", that of the migrations")
		p.List("canaries", m.Canaries, 0, MostCanaries, fmt.Sprintf("at most %d tenants", MostCanaries), "the name of a tenant", func(name string) bool { return slug.Check(name) == nil })
		const all = 100
		p.Between("stopPercent", m.StopPercent, 0, all)
		p.Require(!m.Applied && !m.RolledBack, "", "applied or rolledBack", "neither: only resume-migrations takes them")
		p.Require(len(m.Tables) == 0, "tables", m.Tables, "none: only migrations takes them")
	case r.Action == ActionMigrate:
		p.Require(false, "", nil, "the migrations")
	case r.Action == ActionResumeMigrations && r.Migrate != nil:
		m := r.Migrate
		p.Require(!m.Applied || !m.RolledBack, "", "applied and rolledBack", "one of them at most")
		p.Require(m.onlyResolves(), "", "migrations", "applied or rolledBack alone")
	case r.Action == ActionMigrations && r.Migrate != nil:
		const most, longest = 10_000, 63
		p.List("tables", r.Migrate.Tables, 0, most, "at most 10000 tables", "the name of a table", func(name string) bool { return name != "" && len(name) <= longest })
		p.Require(r.Migrate.onlyAsks(), "", "migrations", "tables alone")
	default:
		p.Require(r.Migrate == nil, "", "migrations", "none: only migrate, migrations and resume-migrations take it")
	}
}

// onlyResolves tells whether the request says no more than how a migration was put right.
func (m Migrate) onlyResolves() bool {
	return len(m.Migrations) == 0 && m.Digest == "" && len(m.Canaries) == 0 && m.StopPercent == 0 && len(m.Tables) == 0
}

// onlyAsks tells whether the request says no more than which tables it asks about.
func (m Migrate) onlyAsks() bool {
	m.Tables = nil
	return m.onlyResolves() && !m.Applied && !m.RolledBack
}
