package api

import (
	"time"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// UsageQuery is a time of which the ledger tells what tenants used.
type UsageQuery struct {
	From time.Time `json:"from"` // the beginning of the first hour
	To   time.Time `json:"to"`   // the end of the last hour
}

// MonthsKept is how long the ledger keeps an hour.
const MonthsKept = 13

// How much one answer tells, so that it fits into a function's.
const (
	MostUsage         = 400 * 24 * time.Hour // of all tenants, whose hours are summed up
	MostUsageOfTenant = 31 * 24 * time.Hour  // of one tenant, by the hour
)

// Usage is what a tenant used: of the edge, request by request, and of the database, by samples of the sweep.
type Usage struct {
	Tenant       string    `json:"tenant"`        // its slug; empty: requests that no tenant was found for
	Tier         string    `json:"tier"`          // that it has now; empty: there is no such tenant any more
	Hour         time.Time `json:"hour,omitzero"` // where one tenant was asked for: the beginning of the hour
	Served       int64     `json:"served"`        // requests that the application answered
	Refused      int64     `json:"refused"`       // by the edge, for any reason
	Admitted     int64     `json:"admitted"`      // that the limits let pass
	BytesIn      int64     `json:"bytesIn"`
	BytesOut     int64     `json:"bytesOut"`
	Milliseconds int64     `json:"milliseconds"` // that its requests took, all together

	StoredKiBMinutes int64 `json:"storedKiBMinutes"` // in the database: 1 MiB for an hour is 61,440
	SessionSeconds   int64 `json:"sessionSeconds"`   // that its sessions on the database were open
	ActiveSeconds    int64 `json:"activeSeconds"`    // that they were at work
}

// Served is how many requests counted for what is promised, and how many of these broke it: of a tenant or, without one, of a tier.
type Served struct {
	Tenant string `json:"tenant,omitempty"` // its slug; empty where the edge knew no tenant
	Tier   string `json:"tier"`             // that it has now; empty: there is no such tenant any more
	Valid  int64  `json:"valid"`            // requests that were served, or should have been
	Failed int64  `json:"failed"`           // of these: answered with an error that is no fault of the client, or not to the end
	Slow   int64  `json:"slow"`             // of these: served, and the answer began later than the tier's objective
}

// Plus is the sum of two usages, of the first one's tenant.
func (u Usage) Plus(other Usage) Usage {
	u.Served, u.Refused, u.Admitted = u.Served+other.Served, u.Refused+other.Refused, u.Admitted+other.Admitted
	u.BytesIn, u.BytesOut, u.Milliseconds = u.BytesIn+other.BytesIn, u.BytesOut+other.BytesOut, u.Milliseconds+other.Milliseconds
	u.StoredKiBMinutes, u.SessionSeconds, u.ActiveSeconds = u.StoredKiBMinutes+other.StoredKiBMinutes, u.SessionSeconds+other.SessionSeconds, u.ActiveSeconds+other.ActiveSeconds
	return u
}

// Counted says whether there is any usage at all.
func (u Usage) Counted() bool {
	u.Tenant, u.Tier, u.Hour = "", "", time.Time{}
	return u != Usage{}
}

// Ledger is what the ledger has of a time, and which tenants there are, as costs are shared by it.
func Ledger(used []Usage, tenants []Tenant, warnings []string) pricesheet.Ledger {
	l := pricesheet.Ledger{Used: make(map[string]allocation.Usage, len(used)), Tenants: make([]pricesheet.Tenant, 0, len(tenants)), Warnings: warnings}
	for _, u := range used {
		l.Used[u.Tenant] = allocation.Usage{
			Requests: u.Served + u.Refused, Bytes: u.BytesIn + u.BytesOut, Milliseconds: u.Milliseconds,
			StoredKiBMinutes: u.StoredKiBMinutes, ActiveSeconds: u.ActiveSeconds,
		}
	}
	for _, t := range tenants {
		l.Tenants = append(l.Tenants, pricesheet.Tenant{Name: t.Slug, Tier: t.Tier, Since: t.CreatedAt})
	}
	return l
}

// checkUsage requires a time that an answer can tell of.
func (r Request) checkUsage(p *check.Problems) {
	if r.Usage == nil {
		p.Require(false, "usage", "", "the time that is asked about")
		return
	}
	most := MostUsage
	if r.Tenant != "" {
		most = MostUsageOfTenant
	}
	p.Require(r.Usage.From.Before(r.Usage.To), "usage.from", r.Usage.From.Format(time.RFC3339), "a time before usage.to")
	p.Require(r.Usage.To.Sub(r.Usage.From) <= most, "usage.to", r.Usage.To.Format(time.RFC3339), "at most "+most.String()+" after usage.from")
}
