package tenancy

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/genericcorp/platform/services/provisioner/internal/database"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// lockBudget is the most locks that a tenant's session may hold, and all its sessions together. All sessions share the
// server's table of them: max_locks_per_transaction, 512, for each of its connections. A migration of a large schema holds
// some thousand. With the largest tier's 40 connections at the share, the tenant is within its budget.
var lockBudget = database.LockBudget{Session: 10_000, Role: 20_000, Share: 500}

// freeLocks ends the tenants' sessions that hold more than their budget, before anything else is done that a full table
// of locks would let fail.
func (p *Provisioner) freeLocks(ctx context.Context) (done, tenants []string, err error) {
	const patience = 10 * time.Second
	deadline := time.Now().Add(patience)
	ended := map[database.Holder]bool{}
	for {
		holders, err := p.Reserve.LockHolders(ctx, lockBudget)
		if err != nil {
			return done, tenants, fmt.Errorf("look for sessions that hold many locks: %w", err)
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
				//page:tenant-suspension-and-resume
				done = append(done, fmt.Sprintf("tenant %s: ended a session that held %d locks", tenant, h.Locks))
				if !slices.Contains(tenants, tenant) {
					tenants = append(tenants, tenant)
				}
				if err := p.Reserve.End(ctx, h); err != nil {
					return done, tenants, fmt.Errorf("end a session that holds many locks: %w", err)
				}
			}
		}
		if left == 0 || time.Now().After(deadline) && len(ended) > left { // others have come meanwhile: see suspendOffenders
			return done, tenants, nil
		}
		if time.Now().After(deadline) {
			//page:tenant-suspension-and-resume
			return done, tenants, fmt.Errorf("sessions of tenants that hold too many locks are still open %s after they were terminated, %d of them: try again", patience, left)
		}
		select {
		case <-ctx.Done():
			return done, tenants, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

const (
	// offences is how often in a row a tenant's sessions are ended for their locks until it is suspended.
	offences = 3
	// offenceTable is created by harden.
	offenceTable = `CREATE TABLE IF NOT EXISTS platform.lock_offence (tenant text PRIMARY KEY, times integer NOT NULL, at timestamptz NOT NULL)`
	countOffence = `INSERT INTO platform.lock_offence AS o (tenant, times, at) VALUES ($1, 1, now()) ON CONFLICT (tenant) DO UPDATE
		SET times = CASE WHEN o.at > now() - interval '10 minutes' THEN o.times + 1 ELSE 1 END, at = now() RETURNING times`
)

// suspendOffenders suspends the tenants whose sessions come back to fill the table of locks: else one tenant would keep others
// from logging in, and the provisioner from its work, for most of each minute.
func (p *Provisioner) suspendOffenders(ctx context.Context, tenants []string) (done []string, err error) {
	for _, tenant := range tenants {
		var times int
		if err := p.Admin.QueryRow(ctx, countOffence, tenant).Scan(&times); err != nil {
			return done, fmt.Errorf("count how often sessions of tenant %s held too many locks: %w", tenant, err)
		}
		if times < offences {
			continue
		}
		if err := p.blockLogin(ctx, tenant, suspended("its sessions filled the table of locks again and again", domain.BySweep)); err != nil {
			return done, fmt.Errorf("suspend tenant %s, whose sessions fill the table of locks again and again: %w", tenant, err)
		}
		//page:tenant-suspension-and-resume
		done = append(done, fmt.Sprintf("tenant %s: suspended, as its sessions filled the table of locks again and again: resume it when it has stopped", tenant))
	}
	return done, nil
}

// exempt tells whether the session is the provisioner's own, which restores an archive. Where the table of locks is so full
// that this cannot be read, no session is.
func (p *Provisioner) exempt(ctx context.Context, h database.Holder) bool {
	var restoring bool
	err := p.Admin.QueryRow(ctx, `SELECT EXISTS (SELECT FROM platform.tenant WHERE restore_pid = $1 AND restore_began = $2::timestamptz)`, h.PID, h.Began).Scan(&restoring)
	return err == nil && restoring
}
