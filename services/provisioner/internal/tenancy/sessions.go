package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// terminateAll ends the sessions of a role and gives the process numbers of those that there are.
const terminateAll = `SELECT coalesce(array_agg(pid) FILTER (WHERE pg_terminate_backend(pid) IS NOT NULL), '{}') FROM pg_stat_activity WHERE usename = $1`

// terminateSessions ends every session of the tenant and waits until they are gone.
func (p *Provisioner) terminateSessions(ctx context.Context, tenant string) error {
	const most = 10 * time.Second
	deadline := time.Now().Add(most)
	for {
		var open []int32
		err := p.Admin.QueryRow(ctx, terminateAll, slug.Role(tenant)).Scan(&open)
		if err != nil {
			return fmt.Errorf("end the tenant's sessions: %w", err)
		}
		if len(open) == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return stillRunning(open)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("end the tenant's sessions: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stillRunning is the error of sessions that PostgreSQL has not ended.
func stillRunning(pids []int32) error {
	//page:provisioner-trouble
	return fmt.Errorf("sessions still run after they were terminated: %d (%v): PostgreSQL cannot interrupt some functions; try again when they have ended, and reboot the database if they do not",
		len(pids), pids)
}
