package tenancy

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// usageRows are the ledger's two tables in one, with the sums of each group.
const usageRows = `sum(u.served)::bigint, sum(u.refused)::bigint, sum(u.admitted)::bigint, sum(u.bytes_in)::bigint, sum(u.bytes_out)::bigint, sum(u.milliseconds)::bigint,
		sum(u.stored_kib_minutes)::bigint, sum(u.session_seconds)::bigint, sum(u.active_seconds)::bigint
	FROM (SELECT hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds, 0 AS stored_kib_minutes, 0 AS session_seconds, 0 AS active_seconds
			FROM platform.usage WHERE hour >= $1 AND hour < $2
		UNION ALL SELECT hour, tenant, 0, 0, 0, 0, 0, 0, stored_kib_minutes, session_seconds, active_seconds
			FROM platform.usage_database WHERE hour >= $1 AND hour < $2) u
		LEFT JOIN platform.tenant t ON t.slug = u.tenant`

const (
	usageByTenant = `SELECT u.tenant, coalesce(t.tier, ''), to_timestamp(0), ` + usageRows + ` GROUP BY 1, 2 ORDER BY sum(u.served) + sum(u.refused) DESC, 1`
	usageByHour   = `SELECT u.tenant, coalesce(t.tier, ''), u.hour, ` + usageRows + ` WHERE u.tenant = $3 GROUP BY 1, 2, 3 ORDER BY 3`
)

// usage tells what the ledger has: of each tenant, also of one that is gone, or of one tenant by the hour.
func (p *Provisioner) usage(ctx context.Context, r api.Request) (api.Response, error) {
	query, arguments := usageByTenant, []any{r.Usage.From, r.Usage.To}
	if r.Tenant != "" {
		query, arguments = usageByHour, append(arguments, r.Tenant)
	}
	rows, err := p.Admin.Query(ctx, query, arguments...)
	if err != nil {
		return api.Response{}, fmt.Errorf("read the ledger: %w", err)
	}
	found, err := pgx.CollectRows(rows, pgx.RowToStructByPos[api.Usage])
	if err != nil {
		return api.Response{}, fmt.Errorf("read the ledger: %w", err)
	}
	for i := range found {
		if found[i].Hour = found[i].Hour.UTC(); r.Tenant == "" {
			found[i].Hour = api.Usage{}.Hour
		}
	}
	return api.Response{Usage: found}, nil
}
