package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/internal/domain"
)

// ownConnections are what the provisioner needs of the server beside its tenants: its pool, and the session in reserve.
const ownConnections = 9

// tooManyConnections warns of a new tenant, or one that may have more connections than before, if all tenants together may
// then open more than the server takes: whoever comes last is refused then, whatever its tier says.
func tooManyConnections(ctx context.Context, tx pgx.Tx, before *domain.Record, after domain.Record) ([]string, error) {
	if before != nil && after.Limits.Connections <= before.Limits.Connections {
		return nil, nil
	}
	var others, server int
	err := tx.QueryRow(ctx, `SELECT (SELECT coalesce(sum((limits->>'connections')::int), 0) FROM platform.tenant WHERE slug <> $1),
		current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int`, after.Slug).Scan(&others, &server)
	if err != nil {
		return nil, fmt.Errorf("compare the tenants' connections with the server's: %w", err)
	}
	sum, left := others+after.Limits.Connections, server-ownConnections
	if sum <= left {
		return nil, nil
	}
	return []string{fmt.Sprintf("the tenants of this database may open %d connections together, and the server takes %d: if they do, some are refused (53300) though their tier allows more; "+
		"choose a larger instanceClass before they need them, or put new tenants into another environment", sum, left)}, nil
}
