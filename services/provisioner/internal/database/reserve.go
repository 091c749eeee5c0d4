package database

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/sqltext"
)

// Reserve is a session of the administrator's that is kept from call to call. When another session has filled the server's
// table of locks, nobody can log in and most statements fail: this one holds all locks that its statements need, in a
// transaction that stays open, and so can still find that session and end it.
type Reserve struct {
	Connect func(context.Context) (*pgx.Conn, error)

	mu         sync.Mutex
	connection *pgx.Conn
}

// Holder is a session that holds many locks.
type Holder struct {
	Role  string
	PID   int
	Began string // when the session began, in PostgreSQL's own words
	Locks int
}

// LockBudget is how many locks a session may hold, and how many all sessions of a role together; if they hold more, each that
// holds more than its share is over budget.
type LockBudget struct{ Session, Role, Share int }

// lockHolders names functions, not the views over them: these lock what the transaction does not hold.
const lockHolders = `SELECT rolname, pid, backend_start, held FROM (
		SELECT r.rolname, a.pid, a.backend_start, l.held, sum(l.held) OVER (PARTITION BY r.rolname) AS together
		FROM (SELECT pid, count(*) AS held FROM pg_lock_status() WHERE granted GROUP BY pid) l
			JOIN pg_stat_get_activity(NULL) a ON a.pid = l.pid JOIN pg_roles r ON r.oid = a.usesysid
		WHERE EXISTS (SELECT FROM pg_auth_members) AND a.pid <> pg_backend_pid()) s
	WHERE held > %s OR together > %s AND held > %s
	ORDER BY held DESC`

func holdersBeyond(b LockBudget) string {
	return sqltext.Statement(lockHolders, b.Session, b.Role, b.Share)
}

// terminate ends a session if it is still the same one, as process numbers come again.
const terminate = `SELECT count(pg_terminate_backend(a.pid)) FROM pg_stat_get_activity(NULL) a WHERE a.pid = %s AND a.backend_start::text = %s`

// LockHolders are the sessions beyond the budget, those with the most locks first.
func (r *Reserve) LockHolders(ctx context.Context, budget LockBudget) ([]Holder, error) {
	var holders []Holder
	err := r.do(ctx, func() error {
		rows, err := r.query(ctx, holdersBeyond(budget))
		if err != nil {
			return err
		}
		holders = nil
		for _, row := range rows {
			h := Holder{Role: string(row[0]), Began: string(row[2])}
			if _, err := fmt.Sscan(string(row[1])+" "+string(row[3]), &h.PID, &h.Locks); err != nil {
				return fmt.Errorf("read the holders of locks: %w", err)
			}
			holders = append(holders, h)
		}
		return nil
	})
	return holders, err
}

// End terminates a session.
func (r *Reserve) End(ctx context.Context, h Holder) error {
	return r.do(ctx, func() error {
		_, err := r.query(ctx, sqltext.Statement(terminate, h.PID, h.Began))
		return err
	})
}

// Close ends the session.
func (r *Reserve) Close(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop(ctx)
}

// do runs f, once more on a new session if the one from an earlier call has died since.
func (r *Reserve) do(ctx context.Context, f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.connection != nil {
		soon, cancel := context.WithTimeout(ctx, pingTimeout)
		err := r.connection.Ping(soon)
		cancel()
		if err == nil {
			if err = f(); err == nil {
				return nil
			}
		}
		r.drop(ctx)
	}
	if err := r.open(ctx); err != nil {
		return err
	}
	return f()
}

func (r *Reserve) drop(ctx context.Context) {
	if r.connection == nil {
		return
	}
	soon, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
	defer cancel()
	_ = r.connection.Close(soon) // it is given up in any case
	r.connection = nil
}

// open logs in, which may need patience where the table of locks is full, and runs each statement once, so that the
// transaction holds what they lock. It has no snapshot between them, so it does not hold up vacuum.
func (r *Reserve) open(ctx context.Context) error {
	const patience = 5 * time.Second
	deadline := time.Now().Add(patience)
	for {
		err := r.tryOpen(ctx)
		if Code(err) != CodeOutOfMemory || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (r *Reserve) tryOpen(ctx context.Context) error {
	connection, err := r.Connect(ctx)
	if err != nil {
		return fmt.Errorf("open the session that is kept in reserve: %w", err)
	}
	r.connection = connection
	statements := []string{
		"BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY", holdersBeyond(LockBudget{Session: 1 << 30, Role: 1 << 30}), sqltext.Statement(terminate, 0, ""),
	}
	for _, statement := range statements {
		if _, err := r.query(ctx, statement); err != nil {
			r.drop(ctx)
			return fmt.Errorf("prepare the session that is kept in reserve: %w", err)
		}
	}
	return nil
}

// query sends a statement as text: a prepared one would keep its snapshot. What the transaction has seen of other sessions
// is forgotten first.
func (r *Reserve) query(ctx context.Context, statement string) ([][][]byte, error) {
	results, err := r.connection.PgConn().Exec(ctx, sqltext.Script(statement, "SELECT pg_stat_clear_snapshot()")).ReadAll()
	if err != nil {
		return nil, err
	}
	return results[0].Rows, nil
}
