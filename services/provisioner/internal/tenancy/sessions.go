package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// terminateAll ends the sessions of a role and counts those that there are.
const terminateAll = `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = $1`

// terminateSessions ends every session of the tenant and waits until they are gone.
func (p *Provisioner) terminateSessions(ctx context.Context, tenant string) error {
	const most = 10 * time.Second
	deadline := time.Now().Add(most)
	for {
		var open int
		err := p.Admin.QueryRow(ctx, terminateAll, slug.Role(tenant)).Scan(&open)
		if err != nil {
			return fmt.Errorf("end the tenant's sessions: %w", err)
		}
		if open == 0 {
			return nil
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d sessions of the tenant are still open %s after they were terminated: try again", open, most)
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("end the tenant's sessions: %w", ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}
