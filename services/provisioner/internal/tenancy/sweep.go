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

// sweepTime is the most that a sweep takes: the next one comes after a minute.
const sweepTime = 45 * time.Second

// sweep enforces what a tenant can get around. A session may set its own statement_timeout to nothing, and PostgreSQL has
// no limit for the size of a schema: so whoever runs longer is cancelled or ended, and whoever stores more becomes
// read-only. One tenant's trouble does not spare the others: the errors are told together, at the end.
func (p *Provisioner) sweep(ctx context.Context) (response api.Response, err error) {
	ctx, cancel := context.WithTimeout(ctx, sweepTime)
	defer cancel()
	err = pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := lockWithin(ctx, tx, lockSweep, time.Second); errors.Is(err, errBusy) {
			response.Warnings = []string{"another sweep is running"}
			return nil
		} else if err != nil {
			return err
		}
		sessions, first := p.sweepSessions(ctx)
		storage, second := p.sweepStorage(ctx)
		settled, third := p.sweepUnsettled(ctx)
		response.Problems = append(append(sessions, storage...), settled...)
		return errors.Join(first, second, third)
	})
	return response, err
}

// sweepStorage makes tenants read-only that store more than they may, and lets those write again that no longer do.
func (p *Provisioner) sweepStorage(ctx context.Context) (done []string, err error) {
	all, err := loadAll(ctx, p.Admin)
	if err != nil {
		return nil, err
	}
	measures, err := p.measureAll(ctx)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, r := range all {
		m := measures[slug.Schema(r.Slug)]
		if r.judge(m) == r {
			continue
		}
		after, err := p.judgeStorage(ctx, r.Slug)
		if err != nil {
			failures = append(failures, fmt.Errorf("enforce the storage of tenant %s: %w", r.Slug, err))
			continue
		}
		done = append(done, fmt.Sprintf("tenant %s: stores %d MiB of %d MiB: read-only: %t, shut out: %t", r.Slug, m.Size>>20, r.Limits.StorageMiB, after.OverStorage, after.ShutOut))
	}
	return done, errors.Join(failures...)
}

// judge is the record as the tenant's size makes it. A read-only tenant can still make large objects, whose functions are
// open to everybody: who does so beyond its storage may not log in any more.
func (r record) judge(m measure) record {
	isOver := over(m.Size, r.Limits)
	r.ShutOut = isOver && (r.ShutOut || r.OverStorage && m.Evading)
	r.OverStorage = isOver
	return r
}

// judgeStorage makes the tenant read-only or lets it write again, as its size is now.
func (p *Provisioner) judgeStorage(ctx context.Context, tenant string) (after record, err error) {
	m, err := p.measureTenant(ctx, tenant)
	if err != nil {
		return after, err
	}
	err = p.change(ctx, tenant, func(tx pgx.Tx) error {
		r, err := load(ctx, tx, tenant)
		if err != nil || r == nil {
			return err
		}
		after = r.judge(m)
		if _, err := enforce(ctx, tx, after, allParts); err != nil {
			return err
		}
		return after.save(ctx, tx)
	})
	if err != nil {
		return after, err
	}
	return after, p.endSessions(ctx, tenant)
}

// sweepUnsettled ends what a restore or removal that was killed has left: limits lifted, or a login closed.
func (p *Provisioner) sweepUnsettled(ctx context.Context) (done []string, err error) {
	const unsettled = `SELECT slug FROM platform.tenant WHERE unsettled AND slug LIKE $1 ORDER BY slug`
	tenants, err := queryTexts(ctx, p.Admin, unsettled, "%")
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, tenant := range tenants {
		var still []string
		err := p.work(ctx, tenant, time.Second, func() error {
			if still, err = queryTexts(ctx, p.Admin, unsettled, tenant); err != nil || len(still) == 0 {
				return err
			}
			return p.putBack(ctx, tenant)
		})
		switch {
		case errors.Is(err, errBusy), err == nil && len(still) == 0: // it is at work, or has ended by itself
		case err != nil:
			failures = append(failures, fmt.Errorf("end what was left of work on tenant %s: %w", tenant, err))
		default:
			done = append(done, fmt.Sprintf("tenant %s: gave back the limits and the login that an ended restore or removal had left", tenant))
		}
	}
	return done, errors.Join(failures...)
}

// overdue is a session that has gone beyond its tenant's limits.
type overdue struct {
	PID        int32
	Began      time.Time // of the session, as process numbers come again
	Query      time.Time // the begin of its statement
	Cancel     bool      // it is enough to cancel the statement
	Punishment string
}

// grace is how long a cancelled statement has to end.
const grace = 2 * time.Second

// sweepSessions cancels statements, ends sessions, and says each in a sentence. A function can catch that it is cancelled
// and go on: so whoever still runs the same statement after a while is ended.
func (p *Provisioner) sweepSessions(ctx context.Context) (done []string, err error) {
	rows, err := p.Admin.Query(ctx, overdueSessions)
	if err != nil {
		return nil, fmt.Errorf("look for sessions beyond their limits: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[overdue])
	if err != nil {
		return nil, fmt.Errorf("look for sessions beyond their limits: %w", err)
	}
	cancelled := false
	for _, o := range due {
		if o.Cancel {
			cancelled = true
			err = p.punish(ctx, cancelStatement, o.PID, o.Began, o.Query)
		} else {
			err = p.punish(ctx, endSession, o.PID, o.Began)
		}
		if err != nil {
			return done, err
		}
		done = append(done, o.Punishment)
	}
	if !cancelled {
		return done, nil
	}
	select {
	case <-ctx.Done():
		return done, ctx.Err()
	case <-time.After(grace):
	}
	for _, o := range due {
		if o.Cancel {
			if err := p.punish(ctx, endStubborn, o.PID, o.Began, o.Query); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// The ways to punish a session, if it is still the same one and, for the first and the last, runs the same statement.
const (
	cancelStatement = `SELECT pg_cancel_backend(pid)` + sameSession + ` AND query_start = $3 AND ` + running
	endSession      = `SELECT pg_terminate_backend(pid)` + sameSession
	endStubborn     = `SELECT pg_terminate_backend(pid)` + sameSession + ` AND query_start = $3 AND ` + running
	sameSession     = ` FROM pg_stat_activity a WHERE pid = $1 AND backend_start = $2`
	running         = `a.state IN ('active', 'fastpath function call')`
)

func (p *Provisioner) punish(ctx context.Context, how string, session ...any) error {
	if _, err := p.Admin.Exec(ctx, how, session...); err != nil {
		return fmt.Errorf("enforce the limits of a session: %w", err)
	}
	return nil
}

// overdueSessions finds who is beyond its limits. A second is given, for PostgreSQL's own timers to come first. A whole
// transaction has ten times its statement time, as its locks hold up others even if a word now and then keeps it from
// being idle. The provisioner's own session, which restores an archive as the tenant, has no limit.
const overdueSessions = `
	SELECT pid, backend_start, coalesce(query_start, backend_start), running AND NOT elsewhere AND NOT transaction,
		format('tenant %s: %s', slug, CASE
			WHEN elsewhere THEN 'ended its session in database ' || datname || ', where it has nothing to do'
			WHEN transaction THEN 'ended a session whose transaction had taken ten times its statement time'
			WHEN running THEN 'cancelled a statement beyond its time'
			ELSE 'ended a session that held a transaction open beyond its time' END)
	FROM (
		SELECT t.slug, a.pid, a.backend_start, a.query_start, a.datname, a.datname <> current_database() AS elsewhere,
			` + running + ` AS running,
			coalesce(clock_timestamp() - a.xact_start > (10 * statement + 1000) * interval '1 millisecond', false) AS transaction,
			` + running + ` AND clock_timestamp() - a.query_start > (statement + 1000) * interval '1 millisecond'
				OR a.state LIKE 'idle in transaction%' AND clock_timestamp() - a.state_change > (idle + 1000) * interval '1 millisecond' AS late
		FROM platform.tenant t JOIN pg_stat_activity a ON a.usename = 'tenant_' || t.slug,
			LATERAL (SELECT (t.limits->>'statementTimeoutMs')::bigint AS statement, (t.limits->>'idleInTransactionTimeoutMs')::bigint AS idle) l
		WHERE t.restore_pid IS NULL OR (a.pid, a.backend_start) <> (t.restore_pid, t.restore_began)
	) s
	WHERE elsewhere OR transaction OR late`
