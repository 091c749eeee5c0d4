package tenant

import (
	"context"
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Used is what tenants used of the edge in some time.
type Used struct {
	Environment string      `json:"environment"`
	From        time.Time   `json:"from"`
	To          time.Time   `json:"to"`
	Rows        []api.Usage `json:"rows"` // of each tenant, the busiest first; of one tenant's hours or days, the earliest first
	Total       api.Usage   `json:"total"`
	Warnings    []string    `json:"warnings"`
}

// Usage tells what tenants used from one time to another, by the ledger: with a tenant, what that one used in each hour.
func (t *Tenants) Usage(ctx context.Context, tenant string, from, to time.Time) (*Used, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionUsage, Tenant: tenant, Usage: &api.UsageQuery{From: from, To: to}})
	if err != nil {
		return nil, err
	}
	used := &Used{
		Environment: t.Environment.Name(), From: from, To: to, Rows: append([]api.Usage{}, response.Usage...),
		Warnings: append([]string{}, response.Warnings...),
	}
	for _, row := range used.Rows {
		used.Total = used.Total.Plus(row)
	}
	return used, nil
}

// ByDay sums up the hours of one tenant by the day of UTC.
func (u *Used) ByDay() {
	days := u.Rows[:0]
	for _, row := range u.Rows {
		day := row.Hour.UTC().Truncate(24 * time.Hour)
		if last := len(days) - 1; last >= 0 && days[last].Hour.Equal(day) {
			days[last] = days[last].Plus(row)
			continue
		}
		row.Hour = day
		days = append(days, row)
	}
	u.Rows = days
}
