// Package tenancy makes, changes, measures and removes tenants in the environment's database, and what the platform's own programs have
// beside them on its server. Everything that it does can be repeated: a change either happens as a whole or leaves the database as it was, and what a killed run left behind in
// the tenant's secret, the next one takes up.
package tenancy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// Provisioner does what the contract says.
type Provisioner struct {
	Environment string
	Database    database.Database
	Admin       *pgxpool.Pool // as the database's administrator
	Reserve     *database.Reserve
	Secrets     Secrets
	Archives    Store
	People      Announcer // hear what the breaker does; nil: nobody does
	Metrics     Publisher // takes how tiers are served; nil: nobody does
	Ceiling     int       // the most tenants that the database holds
	Unbilled    bool      // the environment has no billing, and nobody stays held by it
	// OwnConnections is what the platform's programs need of the server's connections, OvercommitPercent by how much all
	// tenants' limits together may be above what is left.
	OwnConnections, OvercommitPercent int
	Archivable                        int64 // the most bytes that a tenant may store to be archived: see MaxArchivable
	PartBytes                         int64 // how much text an archive's part holds: see DefaultPartBytes
	// Step is how long a call begins what can be divided (see DefaultStep); 0: until all is done.
	Step time.Duration
	// MaxIdle is how long a session of a tenant may do nothing; zero: maxIdle.
	MaxIdle time.Duration
	Now     func() time.Time
	// Pause waits between the passes of a sweep; nil: as long as it is told.
	Pause func(context.Context, time.Duration) error

	storage storage
}

// MaxArchivable is what the function, with one processor and 15 minutes, surely archives, or compares with its archive:
// docs/performance.md tells how fast it is.
const MaxArchivable = 8 << 30

func (p *Provisioner) pace() pace { return pace{began: time.Now(), step: p.Step} }

// Do does what a request asks, which must be valid. Errors say the cause and what to do.
func (p *Provisioner) Do(ctx context.Context, r api.Request) (api.Response, error) {
	response, err := p.do(ctx, r)
	if err != nil {
		subject := string(r.Action)
		if r.Tenant != "" {
			subject += " tenant " + r.Tenant
		}
		if r.Service != nil {
			subject += " " + r.Service.Name
		}
		return api.Response{}, visibleError{fmt.Errorf("%s: %w", subject, explain(err))}
	}
	return visibleResponse(response), nil
}

func (p *Provisioner) do(ctx context.Context, r api.Request) (api.Response, error) {
	var done []string
	for tries := 1; ; tries++ {
		response, freed, err := p.attempt(ctx, r)
		done = append(done, freed...)
		// Somebody may have filled the table of locks meanwhile. Until its tenant is suspended, this comes again.
		if database.Code(err) == database.CodeOutOfMemory && tries <= offences {
			continue
		}
		if err != nil {
			return api.Response{}, withDone(err, done)
		}
		if r.Action == api.ActionSweep {
			response.Problems = append(done, response.Problems...)
		} else {
			response.Warnings = append(done, response.Warnings...)
		}
		return response, nil
	}
}

// attempt sees that there is room in the table of locks, says what it did for that, and does what the request asks.
func (p *Provisioner) attempt(ctx context.Context, r api.Request) (response api.Response, done []string, err error) {
	done, tenants, err := p.freeLocks(ctx)
	if err != nil {
		return response, done, err
	}
	if err := p.harden(ctx); err != nil {
		return response, done, err
	}
	if !r.DryRun {
		suspended, err := p.suspendOffenders(ctx, tenants)
		done = append(done, suspended...)
		if err != nil {
			return response, done, err
		}
	}
	response, err = p.act(ctx, r)
	if unfinished := (*unfinishedError)(nil); errors.As(err, &unfinished) {
		return api.Response{Unfinished: &unfinished.Progress}, done, nil
	}
	return response, done, err
}

// withDone is an error with what was done before it came.
func withDone(err error, done []string) error {
	if len(done) == 0 {
		return err
	}
	//page:none both messages have theirs
	return fmt.Errorf("%w (before that: %s)", err, strings.Join(done, "; "))
}

func (p *Provisioner) act(ctx context.Context, r api.Request) (api.Response, error) {
	if r.DryRun {
		return p.dryRun(ctx, r)
	}
	switch r.Action {
	case api.ActionApply:
		return p.apply(ctx, r)
	case api.ActionDelete:
		return p.remove(ctx, r.Tenant)
	case api.ActionArchive:
		return p.archive(ctx, r.Tenant, r.Host)
	case api.ActionRestore:
		return p.restore(ctx, r)
	case api.ActionRecord:
		return p.recorded(ctx, r.Tenant)
	case api.ActionShow:
		return p.show(ctx, r.Tenant)
	case api.ActionList:
		return p.list(ctx)
	case api.ActionCheck:
		return p.check(ctx, r.Tenant)
	case api.ActionCleanUp:
		return p.cleanUp(ctx, r.Tenant)
	case api.ActionSweep:
		return p.sweep(ctx, time.Duration(r.LookAgainSeconds)*time.Second)
	case api.ActionUsage:
		return p.usage(ctx, r)
	case api.ActionApplyService:
		return p.applyService(ctx, r)
	case api.ActionDeleteService:
		return p.removeService(ctx, *r.Service)
	default:
		return p.actOnMigrations(ctx, r)
	}
}

// actOnMigrations does what is about the migrations of the tenants' schemas.
func (p *Provisioner) actOnMigrations(ctx context.Context, r api.Request) (api.Response, error) {
	switch r.Action {
	case api.ActionMigrate:
		return p.migrate(ctx, r)
	case api.ActionHoldMigrations:
		return p.holdMigrations(ctx, r)
	case api.ActionResumeMigrations:
		return p.resumeMigrations(ctx, r)
	case api.ActionBeginMigrations:
		return p.beginMigrations(ctx, r.Tenant)
	case api.ActionMigrations:
		return p.migrations(ctx, r.Migrate)
	default:
		return p.actOnBreaker(ctx, r)
	}
}

// actOnBreaker does what is about the breaker, and about billing.
func (p *Provisioner) actOnBreaker(ctx context.Context, r api.Request) (api.Response, error) {
	switch r.Action {
	case api.ActionPublishPrices:
		return p.publishPrices(ctx, *r.Prices)
	case api.ActionBreaker:
		return p.breakerStatus(ctx)
	case api.ActionBreakerLog:
		return p.breakerLog(ctx, r.Tenant)
	case api.ActionOverride:
		return p.override(ctx, r)
	case api.ActionEndOverride:
		return p.endOverride(ctx, r)
	case api.ActionHold:
		return p.hold(ctx, r)
	case api.ActionBillTo:
		return p.billTo(ctx, r)
	default:
		return p.actOnReports(ctx, r)
	}
}
