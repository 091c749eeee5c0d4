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
	lockCreation = "creation" // the count of tenants, and the permissions on the database that all share
	lockSweep    = "sweep"
)

func lockTenant(tenant string) string { return "tenant." + tenant }

// lockWork is held by what takes minutes, beside which a tenant can still be suspended.
func lockWork(tenant string) string { return "work." + tenant }

// lockTable is created by harden. A lock is a row that a transaction has locked: in a schema that no tenant reaches, while
// anybody who is connected can take any advisory lock. Rows of tenants go with them.
const lockTable = `CREATE TABLE IF NOT EXISTS platform.lock (name text PRIMARY KEY)`

// patience is how long a change waits for another of the same tenant.
const patience = 20 * time.Second

// errBusy says that a lock was not free in time.
//
//page:none the message before it has a page
var errBusy = errors.New("try again when it has ended")

// lock takes a lock until the transaction ends.
func (p *Provisioner) lock(ctx context.Context, tx pgx.Tx, name string, patience time.Duration) error {
	const attempt = `SELECT EXISTS (SELECT FROM platform.lock WHERE name = $1),
		(SELECT count(*) FROM (SELECT FROM platform.lock WHERE name = $1 FOR UPDATE SKIP LOCKED) l)`
	deadline := time.Now().Add(patience)
	for {
		var exists bool
		var taken int
		if err := tx.QueryRow(ctx, attempt, name).Scan(&exists, &taken); err != nil {
			return fmt.Errorf("take the lock %s: %w", name, err)
		}
		if taken > 0 {
			// PostgreSQL keeps what a statement saw until the next one, and an index that another tenant builds beside work would wait for that.
			return run(ctx, tx, "SELECT")
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("another change (%s) has been running for %s: %w", name, patience, errBusy)
		}
		if !exists { // in a transaction of its own: else a second one would wait for the first
			if _, err := p.Admin.Exec(ctx, `INSERT INTO platform.lock (name) VALUES ($1) ON CONFLICT DO NOTHING`, name); err != nil {
				return fmt.Errorf("create the lock %s: %w", name, err)
			}
			continue
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("wait for the lock %s: %w", name, ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// dropLocks removes the locks of a tenant that was deleted, unless somebody holds them again.
func (p *Provisioner) dropLocks(ctx context.Context, tenant string) error {
	_, err := p.Admin.Exec(ctx, `DELETE FROM platform.lock WHERE name IN (SELECT name FROM platform.lock WHERE name IN ($1, $2) FOR UPDATE SKIP LOCKED)`,
		lockTenant(tenant), lockWork(tenant))
	if err != nil {
		return fmt.Errorf("remove the tenant's locks: %w", err)
	}
	if _, err := p.Admin.Exec(ctx, `DELETE FROM platform.lock_offence WHERE tenant = $1`, tenant); err != nil {
		return fmt.Errorf("forget how many locks the tenant held: %w", err)
	}
	return nil
}

// change runs f in one transaction that nobody else changes the tenant in.
func (p *Provisioner) change(ctx context.Context, tenant string, f func(tx pgx.Tx) error) error {
	return pgx.BeginFunc(ctx, p.Admin, func(tx pgx.Tx) error {
		if err := p.lock(ctx, tx, lockTenant(tenant), patience); err != nil {
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
		if err := p.lock(ctx, tx, lockWork(tenant), patience); err != nil {
			return err
		}
		return f()
	})
}

// permitted tells whether an error is anything but a missing right.
func permitted(err error) bool { return database.Code(err) != database.CodeInsufficientPrivilege }
