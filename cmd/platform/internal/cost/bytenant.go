package cost

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/policies/policyconfig"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// ByTenant is what each tenant cost in a span of time, what it pays for it, and what no tenant caused.
type ByTenant struct {
	Environment string    `json:"environment"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	allocation.Table
	Warnings []string `json:"warnings"` // what makes the amounts less exact than usual
}

// Span is the time that is asked about: a day, or a month of UTC, or the part of it that is over.
type Span struct{ From, To time.Time }

// NotYetError says that an environment was made after the time that is asked about.
type NotYetError struct {
	Stack string
	Made  time.Time
	To    time.Time
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("environment %s was made on %s: got a time until %s, expected a later one", e.Stack, e.Made.UTC().Format(time.RFC3339), e.To.Format(time.RFC3339))
}

// within is the part of the span in which something existed that was made at some time: none when it is not positive.
func (s Span) within(made time.Time) Span {
	if made.After(s.From) {
		s.From = made
	}
	return s
}

func (s Span) duration() time.Duration { return s.To.Sub(s.From) }

// Ledger is what the environment's database knows of a span.
type Ledger struct {
	Used     []api.Usage  // of each tenant, also of those that are gone
	Tenants  []api.Tenant // that there are
	Warnings []string
}

// PerTenant shares what the stack of an environment cost in a span among its tenants, at the prices and by the resources of today. ownUSD is
// what each tenant's own resources cost a month. Of a span that began before the environment was made, the rest counts.
func PerTenant(d Document, t policyconfig.Config, ownUSD decimal.Decimal, span Span, l Ledger, now time.Time) (*ByTenant, error) {
	span.From, span.To = span.From.UTC(), earlier(span.To, now).UTC()
	month := monthOf(span.From)
	if span = span.within(d.Made.UTC()); span.duration() <= 0 {
		return nil, &NotYetError{Stack: d.Stack, Made: d.Made, To: span.To}
	}
	result := &ByTenant{Environment: d.Stack, From: span.From, To: span.To, Warnings: append([]string{}, l.Warnings...)}
	report := t.Estimator.Estimate(d.After)
	if blocking := report.Blocking(); len(blocking) > 0 {
		result.Warnings = append(result.Warnings, fmt.Sprintf("the whole is incomplete: %s no price, which `platform cost --all` lists", has(len(blocking), "value")))
	}
	if text := t.Prices.Freshness(now).Message; text != "" {
		result.Warnings = append(result.Warnings, text)
	}
	tenants, ownMonthly, err := result.tenants(span, month, ownUSD, l)
	if err != nil {
		return nil, err
	}
	monthly := byGroup(report)
	bill := t.Bill.With(report.Total().Add(ownMonthly), 0)
	monthly.Groups[allocation.Platform] = monthly.Groups[allocation.Platform].Add(bill.Support).Add(bill.Tax)
	pools, err := monthly.Pools(span.duration())
	if err != nil {
		return nil, err
	}
	result.Table, err = allocation.Allocate(pools, tenants)
	return result, err
}

// monthOf is the length of a calendar month, for which a tenant pays its price.
func monthOf(day time.Time) time.Duration {
	first := time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC)
	return first.AddDate(0, 1, 0).Sub(first)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// tenants are those that there are, with what they pay and what their own resources cost for the time since they were made, and those
// that only the ledger knows. Monthly is what all own resources would cost in a month like the span.
func (b *ByTenant) tenants(span Span, month time.Duration, ownUSD decimal.Decimal, l Ledger) (list []allocation.Tenant, monthly decimal.Decimal, err error) {
	used := map[string]allocation.Usage{}
	for _, u := range l.Used {
		used[u.Tenant] = allocation.Usage{
			Requests: u.Served + u.Refused, Bytes: u.BytesIn + u.BytesOut, Milliseconds: u.Milliseconds,
			StoredKiBMinutes: u.StoredKiBMinutes, ActiveSeconds: u.ActiveSeconds,
		}
	}
	for _, known := range l.Tenants {
		there := span.within(known.CreatedAt.UTC()).duration()
		if there <= 0 {
			continue // its usage, if any, is of one that had its name before
		}
		tenant := allocation.Tenant{Name: known.Slug, Tier: known.Tier, Usage: used[known.Slug]}
		delete(used, known.Slug)
		own := ownUSD.Mul(pricesheet.ShareOfMonth(there))
		monthly = monthly.Add(own.Div(pricesheet.ShareOfMonth(span.duration())))
		if tenant.Own, err = allocation.MicrosOf("own resources of "+known.Slug, own); err != nil {
			return nil, monthly, err
		}
		if tenant.Price, err = b.priceOf(known, decimal.NewFromInt(int64(there)).Div(decimal.NewFromInt(int64(month)))); err != nil {
			return nil, monthly, err
		}
		list = append(list, tenant)
	}
	for name, usage := range used {
		list = append(list, allocation.Tenant{Name: name, Usage: usage})
	}
	return list, monthly, nil
}

// priceOf is what a tenant pays for a share of a month: nothing is known where its tier is none of today's.
func (b *ByTenant) priceOf(tenant api.Tenant, share decimal.Decimal) (*allocation.Micros, error) {
	tier, err := tiers.Find(tenant.Tier)
	if err != nil {
		b.Warnings = append(b.Warnings, printable.Line(fmt.Sprintf("the price of %s is not known: %v", tenant.Slug, err)))
		return nil, nil //nolint:nilnil // the warning says so
	}
	price, err := allocation.MicrosOf("price of "+tenant.Slug, tier.PriceUSD.Mul(share))
	return &price, err
}
