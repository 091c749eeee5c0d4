package breaker

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// Caused is what a tenant did in the month.
type Caused struct {
	Name     string // empty: requests that no tenant was found for
	There    bool   // it is a tenant now; others count only as users of what all share
	Since    time.Time
	Usage    allocation.Usage
	BytesOut int64
}

// caused are the groups of which a tenant bears what it uses of what could be used. The others cost the same whatever a tenant does,
// but for what it sends: who uses them bears them in a report, but must not be held back for being alone.
var caused = []allocation.Group{allocation.Database, allocation.Storage, allocation.Compute}

// mostUsed is more than any amount of usage that can be: whatever is above counts as that much.
const mostUsed = 1 << 50

// Used is what each tenant has cost from the month's beginning until now, by the sheet's prices.
func Used(sheet pricesheet.Sheet, now time.Time, all []Caused) (map[string]allocation.Micros, error) {
	from := later(MonthOf(now), sheet.Made)
	if !from.Before(now) {
		return map[string]allocation.Micros{}, nil
	}
	whole, err := sheet.Pools(now.Sub(from))
	if err != nil {
		return nil, err
	}
	var pools allocation.Pools
	for _, group := range caused {
		pools[group] = whole[group]
	}
	tenants := make([]allocation.Tenant, 0, len(all))
	for _, c := range all {
		tenant := allocation.Tenant{Name: c.Name, Usage: believable(c.Usage, pools)}
		if c.There {
			tenant.Tier = "there"
			own := c.sent(sheet)
			if there := now.Sub(later(from, c.Since)); there > 0 {
				own = own.Add(sheet.Own.Mul(pricesheet.ShareOfMonth(there)))
			}
			if tenant.Own, err = allocation.MicrosOf("own resources and traffic of "+c.Name, own); err != nil {
				return nil, err
			}
		}
		tenants = append(tenants, tenant)
	}
	table, err := allocation.Allocate(pools, tenants)
	if err != nil {
		return nil, fmt.Errorf("share what the environment costs: %w", err)
	}
	used := make(map[string]allocation.Micros, len(all))
	for _, row := range table.Rows {
		if row.Kind == allocation.Known {
			used[row.Tenant] = row.Cost
		}
	}
	return used, nil
}

// sent is what the traffic costs, which is paid by use.
func (c Caused) sent(sheet pricesheet.Sheet) decimal.Decimal {
	return sheet.InternetGB.Mul(decimal.NewFromInt(bounded(c.BytesOut))).Shift(-9)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// believable bounds each amount by what could be used: one tenant's absurd count must neither fail the sum nor make the others' share of
// it nothing.
func believable(u allocation.Usage, pools allocation.Pools) allocation.Usage {
	within := func(n int64, group allocation.Group) int64 {
		if capacity := pools[group].Capacity; capacity > 0 {
			return min(bounded(n), capacity)
		}
		return bounded(n)
	}
	return allocation.Usage{
		Milliseconds: within(u.Milliseconds, allocation.Compute), StoredKiBMinutes: within(u.StoredKiBMinutes, allocation.Storage),
		ActiveSeconds: within(u.ActiveSeconds, allocation.Database),
	}
}

func bounded(n int64) int64 { return min(max(n, 0), mostUsed) }
