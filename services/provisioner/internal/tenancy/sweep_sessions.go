package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// overdue is a session that has gone beyond its tenant's limits.
type overdue struct {
	PID    int32
	Began  time.Time // of the session, as process numbers come again
	Query  time.Time // the begin of its statement
	Cancel bool      // it is enough to cancel the statement
	Action string
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
			err = p.enforceLimit(ctx, cancelStatement, o.PID, o.Began, o.Query)
		} else {
			err = p.enforceLimit(ctx, endSession, o.PID, o.Began)
		}
		if err != nil {
			return done, err
		}
		done = append(done, o.Action)
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
			if err := p.enforceLimit(ctx, endStubborn, o.PID, o.Began, o.Query); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

// The ways to enforce a session's limits, if it is still the same one and, for the first and the last, runs the same statement.
const (
	cancelStatement = `SELECT pg_cancel_backend(pid)` + sameSession + ` AND query_start = $3 AND ` + running
	endSession      = `SELECT pg_terminate_backend(pid)` + sameSession
	endStubborn     = `SELECT pg_terminate_backend(pid)` + sameSession + ` AND query_start = $3 AND ` + running
	sameSession     = ` FROM pg_stat_activity a WHERE pid = $1 AND backend_start = $2`
	running         = `a.state IN ('active', 'fastpath function call')`
)

func (p *Provisioner) enforceLimit(ctx context.Context, how string, session ...any) error {
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
