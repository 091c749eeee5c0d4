package tenancy

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
)

// LockBudget is the most locks that a tenant's session may hold. All sessions share the server's table of them:
// max_locks_per_transaction, 512, for each of its connections. A migration of a large schema holds some thousand.
const LockBudget = 10_000

// freeLocks ends the tenants' sessions that hold more than their budget, before anything else is done that a full table
// of locks would let fail.
func (p *Provisioner) freeLocks(ctx context.Context) (done []string, err error) {
	const patience = 10 * time.Second
	deadline := time.Now().Add(patience)
	ended := map[database.Holder]bool{}
	for {
		holders, err := p.Reserve.LockHolders(ctx, LockBudget)
		if err != nil {
			return done, fmt.Errorf("look for sessions that hold many locks: %w", err)
		}
		left := 0
		for _, h := range holders {
			tenant, ok := strings.CutPrefix(h.Role, "tenant_")
			if !ok || p.exempt(ctx, h) {
				continue
			}
			left++
			if key := (database.Holder{PID: h.PID, Began: h.Began}); !ended[key] {
				ended[key] = true
				done = append(done, fmt.Sprintf("tenant %s: ended a session that held %d locks", tenant, h.Locks))
				if err := p.Reserve.End(ctx, h); err != nil {
					return done, fmt.Errorf("end a session that holds many locks: %w", err)
				}
			}
		}
		if left == 0 {
			return done, nil
		}
		if time.Now().After(deadline) {
			return done, fmt.Errorf("%d tenants' sessions that hold more than %d locks are still open %s after they were terminated: try again", left, LockBudget, patience)
		}
		select {
		case <-ctx.Done():
			return done, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// exempt tells whether the session is the provisioner's own, which restores an archive. Where the table of locks is so full
// that this cannot be read, no session is.
func (p *Provisioner) exempt(ctx context.Context, h database.Holder) bool {
	var restoring bool
	err := p.Admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM platform.tenant WHERE restore_pid = $1 AND restore_began = $2::timestamptz)`, h.PID, h.Began).Scan(&restoring)
	return err == nil && restoring
}
