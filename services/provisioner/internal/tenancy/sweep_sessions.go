package tenancy

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// overdue is a session that has gone beyond its tenant's limits.
type overdue struct {
	Tenant   string
	PID      int32
	Began    time.Time // of the session, as process numbers come again
	Query    time.Time // the begin of its statement
	Cancel   bool      // it is enough to cancel the statement
	Reason   overdueReason
	Database string // that it is in
}

// overdueReason is how a session has gone beyond its limits.
type overdueReason string

const (
	elsewhere       overdueReason = "elsewhere"
	longTransaction overdueReason = "transaction"
	longStatement   overdueReason = "statement"
	longIdle        overdueReason = "session"
)

// action says what was done about it.
//
//page:tenant-suspension-and-resume sentences
func (o overdue) action() string {
	switch o.Reason {
	case elsewhere:
		return fmt.Sprintf("ended its session in database %s, where it has nothing to do", o.Database)
	case longTransaction:
		return "ended a session whose transaction had taken ten times its statement time"
	case longIdle:
		return "ended a session that had been idle for an hour"
	case longStatement:
		return "cancelled a statement beyond its time"
	default:
		return "ended a session that held a transaction open beyond its time"
	}
}

// grace is how long a cancelled statement, or a session that was terminated, has to end.
const grace = 2 * time.Second

// sweepSessions cancels statements, ends sessions, and says each in a sentence. A function can catch that it is cancelled
// and go on: so whoever still runs the same statement after a while is ended. What PostgreSQL cannot interrupt goes on even
// then, and is an error.
func (p *Provisioner) sweepSessions(ctx context.Context) (done []string, err error) {
	rows, err := p.Admin.Query(ctx, overdueSessions, cmp.Or(p.MaxIdle, maxIdle))
	if err != nil {
		return nil, fmt.Errorf("look for sessions beyond their limits: %w", err)
	}
	due, err := pgx.CollectRows(rows, pgx.RowToStructByPos[overdue])
	if err != nil {
		return nil, fmt.Errorf("look for sessions beyond their limits: %w", err)
	}
	for _, o := range due {
		how := endSession
		if o.Cancel {
			how = cancelStatement
		}
		if err := p.enforceLimit(ctx, how, o); err != nil {
			return nil, err
		}
	}
	stubborn, err := p.awaitEnd(ctx, due)
	if err != nil {
		return nil, err
	}
	for _, o := range stubborn {
		if err := p.enforceLimit(ctx, endStubborn, o); err != nil {
			return nil, err
		}
	}
	left, err := p.awaitEnd(ctx, stubborn)
	if err != nil {
		return nil, err
	}
	var failures []error
	for _, o := range due {
		if slices.Contains(left, o) {
			failures = append(failures, fmt.Errorf("tenant %s: %w", o.Tenant, stillRunning([]int32{o.PID})))
		} else {
			done = append(done, "tenant "+o.Tenant+": "+o.action())
		}
	}
	return done, join(failures...)
}

// The ways to enforce a session's limits, if it is still the same one and, for the first and the last, runs the same statement.
const (
	cancelStatement = `SELECT pg_cancel_backend(pid)` + sameStatement
	endSession      = `SELECT pg_terminate_backend(pid)` + sameSession + ` AND $3::timestamptz IS NOT NULL`
	endStubborn     = `SELECT pg_terminate_backend(pid)` + sameStatement
	sameSession     = ` FROM pg_stat_activity a WHERE pid = $1 AND backend_start = $2`
	sameStatement   = sameSession + ` AND query_start = $3 AND ` + running
	running         = `a.state IN ('active', 'fastpath function call')`
)

func (p *Provisioner) enforceLimit(ctx context.Context, how string, o overdue) error {
	if _, err := p.Admin.Exec(ctx, how, o.PID, o.Began, o.Query); err != nil {
		return fmt.Errorf("enforce the limits of a session: %w", err)
	}
	return nil
}

// awaitEnd gives the sessions, or statements, that have not ended after a while.
func (p *Provisioner) awaitEnd(ctx context.Context, sessions []overdue) (left []overdue, err error) {
	for deadline := time.Now().Add(grace); ; {
		left = nil
		for _, o := range sessions {
			still := `SELECT EXISTS (SELECT` + sameSession + ` AND $3::timestamptz IS NOT NULL)`
			if o.Cancel {
				still = `SELECT EXISTS (SELECT` + sameStatement + `)`
			}
			var runs bool
			if err := p.Admin.QueryRow(ctx, still, o.PID, o.Began, o.Query).Scan(&runs); err != nil {
				return nil, fmt.Errorf("see whether a session has ended: %w", err)
			}
			if runs {
				left = append(left, o)
			}
		}
		if len(left) == 0 || time.Now().After(deadline) {
			return left, nil
		}
		select {
		case <-ctx.Done():
			return left, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// maxIdle is how long a session may do nothing: the server's idle_session_timeout, which a session may switch off for itself. A session
// keeps the memory that it ever took, for settings, prepared statements and what it knows of tables, until it ends.
const maxIdle = time.Hour

// overdueSessions finds who is beyond its limits. A second is given, for PostgreSQL's own timers to come first. A whole
// transaction has ten times its statement time, as its locks hold up others even if a word now and then keeps it from
// being idle. The provisioner's own session, which restores an archive as the tenant, has no limit. A tenant that frees space
// has a quarter of an hour for a statement and its transaction: to delete and to vacuum takes as long as there is data.
const overdueSessions = `
	SELECT slug, pid, backend_start, coalesce(query_start, backend_start), running AND NOT elsewhere AND NOT transaction,
		CASE WHEN elsewhere THEN 'elsewhere' WHEN transaction THEN 'transaction' WHEN running THEN 'statement' WHEN forgotten THEN 'session' ELSE 'idle' END, datname
	FROM (
		SELECT t.slug, a.pid, a.backend_start, a.query_start, a.datname, a.datname <> current_database() AS elsewhere,
			` + running + ` AS running,
			coalesce(clock_timestamp() - a.xact_start > (whole + 1000) * interval '1 millisecond', false) AS transaction,
			` + running + ` AND clock_timestamp() - a.query_start > (statement + 1000) * interval '1 millisecond'
				OR a.state LIKE 'idle in transaction%' AND clock_timestamp() - a.state_change > (idle + 1000) * interval '1 millisecond' AS late,
			a.state = 'idle' AND clock_timestamp() - a.state_change > $1::interval + interval '1 second' AS forgotten
		FROM platform.tenant t JOIN pg_stat_activity a ON a.usename = 'tenant_' || t.slug,
			LATERAL (SELECT (t.limits->>'statementTimeoutMs')::bigint AS allowed, (t.limits->>'idleInTransactionTimeoutMs')::bigint AS idle,
				CASE WHEN t.clean_up_until IS NOT NULL AND t.over_storage AND NOT t.login_blocked AND t.state = 'active' AND t.breaker_level NOT IN ('limited', 'suspended') THEN 900000 ELSE 0 END AS freeing) l,
			LATERAL (SELECT greatest(allowed, freeing) AS statement, greatest(10 * allowed, freeing) AS whole) g
		WHERE t.restore_pid IS NULL OR (a.pid, a.backend_start) <> (t.restore_pid, t.restore_began)
	) s
	WHERE elsewhere OR transaction OR late OR forgotten`
