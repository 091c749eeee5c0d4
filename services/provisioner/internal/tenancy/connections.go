package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/internal/connections"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// connectionsFit refuses a new tenant, or one that may have more connections than before, if all tenants together may then open
// more than the server takes: whoever comes last would be refused, whatever its tier says.
func (p *Provisioner) connectionsFit(ctx context.Context, tx pgx.Tx, before *domain.Record, after domain.Record, beside int) error {
	if !needsMoreConnections(before, after) {
		return nil
	}
	others, most, services, err := promised(ctx, tx, after.Slug, "")
	if err != nil {
		return err
	}
	others += beside
	own := p.OwnConnections + services
	room := connections.ForTenants(most, own, p.OvercommitPercent)
	if others+after.Limits.Connections <= room {
		return nil
	}
	//page:provisioner-trouble
	return fmt.Errorf("the other tenants may open %s connections, tier %s would add %d, and the server leaves tenants %d (max_connections %d, less %d that RDS keeps and %d that the platform needs, "+
		"plus %d per cent by %s): choose a tier with fewer connections, a larger instanceClass, or another environment; if tenants are known not to use all theirs at once, "+
		"say so in the settings, with provisioner.overcommit and its reason",
		countWith(others, beside), after.Tier, after.Limits.Connections, room, most, connections.Reserved, own, p.OvercommitPercent, api.EnvOvercommitPercent)
}

// promised is how many connections the tenants but one, and the services but one, may open, and how many the server takes.
func promised(ctx context.Context, tx pgx.Tx, tenant, service string) (tenants, most, services int, err error) {
	err = tx.QueryRow(ctx, `SELECT (SELECT coalesce(sum((limits->>'connections')::int), 0) FROM platform.tenant WHERE slug <> $1),
		current_setting('max_connections')::int, (SELECT coalesce(sum(connections), 0) FROM platform.service WHERE name <> $2)`,
		tenant, service).Scan(&tenants, &most, &services)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("compare the promised connections with the server's: %w", err)
	}
	return tenants, most, services, nil
}

func needsMoreConnections(before *domain.Record, after domain.Record) bool {
	return before == nil || after.Limits.Connections > before.Limits.Connections
}
