package tenancy

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

const (
	// lockMigration is held by whoever migrates.
	lockMigration = "migration"
	// migrators is how many tenants are migrated at once, each in one connection of its own beside one of the pool's: two processors have
	// enough to do with them.
	migrators = 4
	// migrationStep is how long a call begins what can be divided, so that whoever calls can tell how far it is.
	migrationStep = 20 * time.Second
	// firstWave is how many tenants come after the canaries. Each wave is twice the one before, and begins when that has ended.
	firstWave = 10
)

// migrating is one call of migrate.
type migrating struct {
	p       *Provisioner
	request api.Request
	pace    pace
	all     int // how many tenants there are
	tenants map[string]domain.Record
	records map[string]migrationRecord

	mu     sync.Mutex // of what follows
	left   map[string]migrationRecord
	failed int // tenants that count against stopPercent
}

// migrate brings tenants to a list of migrations, in this order: canaries, then waves. What a tenant is left with is noted before the next
// one comes, so that whatever ends the call, the next goes on.
func (p *Provisioner) migrate(ctx context.Context, r api.Request) (api.Response, error) {
	m := &migrating{p: p, request: r, pace: p.pace(), left: map[string]migrationRecord{}}
	m.pace.step = min(m.pace.step, migrationStep)
	undone, all, kept, err := p.undone(ctx, r.Migrate.Digest)
	if err != nil {
		return api.Response{}, err
	}
	if m.all = all; len(undone) == 0 && (kept || r.DryRun) {
		return m.response(nil, ""), nil
	}
	if r.DryRun {
		return m.run(ctx, undone)
	}
	var response api.Response
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := p.lock(ctx, tx, lockMigration, time.Second); err != nil {
			return err
		}
		// Another may have done some until it let go of the lock.
		if undone, m.all, _, err = p.undone(ctx, r.Migrate.Digest); err != nil {
			return err
		}
		if response, err = m.run(ctx, undone); err != nil {
			return err
		}
		return p.keepList(ctx, r.Migrate, response.Migrated)
	})
	return response, err
}

func (m *migrating) run(ctx context.Context, undone []string) (api.Response, error) {
	if err := m.load(ctx); err != nil {
		return api.Response{}, err
	}
	waves := m.waves(undone)
	stopped := ""
	for i, wave := range waves {
		if stopped = m.stopped(i > 0); stopped != "" || m.pace.late() {
			break
		}
		if err := m.wave(ctx, wave); err != nil {
			return api.Response{}, err
		}
	}
	if stopped == "" {
		stopped = m.stopped(true)
	}
	return m.response(undone, stopped), nil
}

// load reads all tenants, and how they stand.
func (m *migrating) load(ctx context.Context) (err error) {
	all, err := loadAll(ctx, m.p.Admin)
	if err != nil {
		return err
	}
	if m.records, err = loadMigrations(ctx, m.p.Admin); err != nil {
		return err
	}
	m.tenants = map[string]domain.Record{}
	for _, r := range all {
		m.tenants[r.Slug] = r
	}
	for _, record := range m.records {
		if m.countsAgainst(record) {
			m.failed++
		}
	}
	for _, canary := range m.request.Migrate.Canaries {
		if _, ok := m.tenants[canary]; !ok {
			//page:none what was typed is wrong, and the message says what is right
			return fmt.Errorf("migrate.canaries: got %q, expected tenants that there are", canary)
		}
	}
	return nil
}

// countsAgainst tells whether a tenant is one that failed: in this run or, of the same list, in an earlier one and was not resumed.
func (m *migrating) countsAgainst(r migrationRecord) bool {
	if r.Digest != m.request.Migrate.Digest {
		return false
	}
	return r.State == api.MigrationsFailed && r.Held || r.State == api.MigrationsRefused && r.Run == m.request.Run
}

// waves are the tenants to try, the canaries first. Those that this run has tried without success wait for the next one.
func (m *migrating) waves(undone []string) [][]string {
	due := func(tenant string) bool {
		record := m.records[tenant]
		tried := record.Run == m.request.Run && record.Digest == m.request.Migrate.Digest && record.State != api.MigrationsPending
		return slices.Contains(undone, tenant) && !record.Held && migratable(m.tenants[tenant]) && (!tried || m.request.DryRun)
	}
	canaries := slices.DeleteFunc(slices.Clone(m.request.Migrate.Canaries), func(tenant string) bool { return !due(tenant) })
	rest := slices.DeleteFunc(slices.Clone(undone), func(tenant string) bool { return !due(tenant) || slices.Contains(canaries, tenant) })
	waves := [][]string{canaries}
	if m.request.DryRun {
		return append(waves, rest)
	}
	for size := firstWave; len(rest) > 0; size *= 2 {
		n := min(size, len(rest))
		waves, rest = append(waves, rest[:n]), rest[n:]
	}
	return waves
}

// stopped says why no more tenants are to be tried; empty: they are.
func (m *migrating) stopped(canariesTried bool) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.request.DryRun {
		return ""
	}
	if allowed := m.all * m.request.Migrate.StopPercent / 100; m.failed > allowed {
		return fmt.Sprintf("%s of %d failed, more than %d per cent", printable.Count(m.failed, "tenant"), m.all, m.request.Migrate.StopPercent)
	}
	for _, canary := range m.request.Migrate.Canaries {
		if canariesTried && m.stateOf(canary) != api.MigrationsDone && m.stateOf(canary) != api.MigrationsPending {
			return fmt.Sprintf("canary %s is %s", canary, m.stateOf(canary))
		}
	}
	return ""
}

// stateOf is how a tenant stands at the moment.
func (m *migrating) stateOf(tenant string) api.MigrationState {
	return m.describe(tenant).State
}

func (m *migrating) describe(tenant string) api.TenantMigrations {
	record, ok := m.left[tenant]
	if !ok {
		record = m.records[tenant]
	}
	told := describeMigrations(m.tenants[tenant], record, m.request.Migrate.Digest)
	told.Pending = record.pending
	return told
}

// wave tries tenants, some at once, until the call has had its time or too many have failed.
func (m *migrating) wave(ctx context.Context, tenants []string) error {
	next := make(chan string)
	errs := make(chan error, migrators)
	for range migrators {
		go func() {
			var failures []error
			for tenant := range next {
				failures = append(failures, m.one(ctx, m.tenants[tenant]))
			}
			errs <- join(failures...)
		}()
	}
	for _, tenant := range tenants {
		if m.pace.late() || ctx.Err() != nil || m.stopped(false) != "" {
			break
		}
		next <- tenant
	}
	close(next)
	var failures []error
	for range migrators {
		failures = append(failures, <-errs)
	}
	return join(append(failures, ctx.Err())...)
}

// one tries a tenant and notes how it was left.
func (m *migrating) one(ctx context.Context, r domain.Record) error {
	left := m.migrateTenant(ctx, r)
	m.mu.Lock()
	m.left[r.Slug] = left
	if m.countsAgainst(left) {
		m.failed++
	}
	m.mu.Unlock()
	if m.request.DryRun {
		return nil
	}
	return afterwards(ctx, func(ctx context.Context) error { return m.p.saveMigration(ctx, left) })
}

// response tells of the tenants that lack something, and what failed in this call.
func (m *migrating) response(undone []string, stopped string) api.Response {
	told := &api.Migrated{Version: version(m.request.Migrate.Migrations), All: m.all, Done: m.all - len(undone), Stopped: stopped, Tenants: []api.TenantMigrations{}}
	response := api.Response{Migrated: told}
	for _, tenant := range undone {
		t := m.describe(tenant)
		switch t.State {
		case api.MigrationsDone:
			told.Done++
			continue
		case api.MigrationsPending:
			told.Unfinished = stopped == "" && !m.request.DryRun
		case api.MigrationsFailed, api.MigrationsRefused:
			if _, now := m.left[tenant]; now {
				//page:none the command that migrates tells what to do
				response.Problems = append(response.Problems, fmt.Sprintf("tenant %s: its migrations are %s: %s", tenant, t.State, t.Why))
			}
		case api.MigrationsWaiting, api.MigrationsBusy, api.MigrationsHeld:
		}
		told.Tenants = append(told.Tenants, t)
	}
	return response
}

// migrations tells how all tenants stand and, of some tables, how large they are.
func (p *Provisioner) migrations(ctx context.Context, asked *api.Migrate) (api.Response, error) {
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return api.Response{}, err
	}
	records, err := loadMigrations(ctx, p.Admin)
	if err != nil {
		return api.Response{}, err
	}
	told := &api.Migrated{All: len(all), Tenants: []api.TenantMigrations{}}
	for _, r := range all {
		told.Tenants = append(told.Tenants, describeMigrations(r, records[r.Slug], ""))
	}
	if asked != nil {
		if told.Sizes, err = p.tableSizes(ctx, asked.Tables); err != nil {
			return api.Response{}, err
		}
	}
	return api.Response{Migrated: told}, nil
}

// holdMigrations keeps migrations from a tenant. One that is held already keeps its reason.
func (p *Provisioner) holdMigrations(ctx context.Context, r api.Request) (api.Response, error) {
	if _, err := loadExisting(ctx, p.Admin, r.Tenant); err != nil {
		return api.Response{}, err
	}
	_, err := p.Admin.Exec(ctx, `INSERT INTO platform.migration AS m (slug, held, held_why, held_by, held_since) VALUES ($1, true, $2, $3, now())
		ON CONFLICT (slug) DO UPDATE SET held = true, held_why = excluded.held_why, held_by = excluded.held_by, held_since = now() WHERE NOT m.held`, r.Tenant, r.Reason, strings.TrimSpace(r.By))
	if err != nil {
		return api.Response{}, fmt.Errorf("note that the tenant is held: %w", err)
	}
	return p.migrations(ctx, nil)
}

// resumeMigrations lets the next run try a tenant again that is held, after a migration that has not ended was put right by hand.
func (p *Provisioner) resumeMigrations(ctx context.Context, r api.Request) (api.Response, error) {
	record, err := loadExisting(ctx, p.Admin, r.Tenant)
	if err != nil {
		return api.Response{}, err
	}
	if r.Migrate != nil && (r.Migrate.Applied || r.Migrate.RolledBack) {
		if err := p.resolveMigration(ctx, *record, r.Migrate.Applied); err != nil {
			return api.Response{}, err
		}
	}
	_, err = p.Admin.Exec(ctx, `UPDATE platform.migration SET held = false, held_why = '', held_by = '', held_since = NULL, digest = '', run = '', state = '', why = '' WHERE slug = $1`, r.Tenant)
	if err != nil {
		return api.Response{}, fmt.Errorf("note that the tenant is no longer held: %w", err)
	}
	return p.migrations(ctx, nil)
}

// resolveMigration notes in the tenant's own table how its unfinished migration was put right.
func (p *Provisioner) resolveMigration(ctx context.Context, r domain.Record, applied bool) error {
	if !migratable(r) {
		//page:none it says what to do
		return fmt.Errorf("the tenant cannot be written to: %s: undo that first", r.Reason())
	}
	session, err := p.migrationSession(ctx, r)
	if err != nil {
		return err
	}
	defer session.Conn.Close(context.WithoutCancel(ctx)) // what it did is committed
	unfinished, err := session.Unfinished(ctx)
	if err != nil {
		return err
	}
	if unfinished == "" {
		//page:none it says what to do
		return errors.New("none of the tenant's migrations has begun and not ended: resume it without --applied and --rolled-back")
	}
	return session.Resolve(ctx, unfinished, applied)
}
