package tenancy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// The locks' names. A tenant's own comes first, then lockCreation, always in this order.
const (
	lockHardening = "platform.hardening"
	lockCreation  = "platform.creation" // the count of tenants, and the rights on the database that all share
	lockSweep     = "platform.sweep"
)

func lockTenant(tenant string) string { return "platform.tenant." + tenant }

// lockWork is held by what takes minutes, beside which a tenant can still be suspended.
func lockWork(tenant string) string { return "platform.work." + tenant }

// patience is how long a change waits for another of the same tenant.
const patience = 20 * time.Second

// lock takes an advisory lock until the transaction ends.
func lock(ctx context.Context, tx pgx.Tx, name string) error {
	return lockWithin(ctx, tx, name, patience)
}

// errBusy says that a lock was not free in time.
var errBusy = errors.New("try again when it has ended")

// lockWithin is lock for as long as one wants to wait. Anybody who is connected could take the same one and keep the
// provisioner out for good: whoever holds it and is not the administrator loses its session.
func lockWithin(ctx context.Context, tx pgx.Tx, name string, patience time.Duration) error {
	const attempt = `SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))`
	deadline := time.Now().Add(patience)
	for {
		var taken bool
		if err := tx.QueryRow(ctx, attempt, name).Scan(&taken); err != nil {
			return fmt.Errorf("take the lock %s: %w", name, err)
		}
		if taken {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("another change (%s) has been running for %s: %w", name, patience, errBusy)
		}
		if _, err := tx.Exec(ctx, evict, name); err != nil {
			return fmt.Errorf("free the lock %s: %w", name, err)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the lock %s: %w", name, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// evict ends the tenants' sessions that hold an advisory lock of the provisioner's.
const evict = `SELECT pg_terminate_backend(l.pid)
	FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid, hashtextextended($1, 0) AS key
	WHERE l.locktype = 'advisory' AND l.objsubid = 1 AND l.granted AND a.usename <> current_user
		AND l.classid::bigint = (key >> 32) & 4294967295 AND l.objid::bigint = key & 4294967295
		AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())`

// change runs f in one transaction that nobody else changes the tenant in.
func (p *Provisioner) change(ctx context.Context, tenant string, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := lock(ctx, tx, lockTenant(tenant)); err != nil {
			return err
		}
		// A table that a tenant's own session has locked must not hold up the change forever.
		if _, err := tx.Exec(ctx, "SET LOCAL lock_timeout = '10s'"); err != nil {
			return err
		}
		return f(tx)
	})
}

// work runs f while nothing else that takes long is done with the tenant.
func (p *Provisioner) work(ctx context.Context, tenant string, patience time.Duration, f func() error) error {
	return pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := lockWithin(ctx, tx, lockWork(tenant), patience); err != nil {
			return err
		}
		return f()
	})
}

// permitted tells whether an error is anything but a missing right.
func permitted(err error) bool { return database.Code(err) != database.CodeInsufficientPrivilege }
