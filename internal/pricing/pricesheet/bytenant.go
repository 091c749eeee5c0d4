package pricesheet

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/internal/tiers"
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
	Environment string
	Made        time.Time
	To          time.Time
}

func (e *NotYetError) Error() string {
	return fmt.Sprintf("environment %s was made on %s: got a time until %s, expected a later one", e.Environment, e.Made.UTC().Format(time.RFC3339), e.To.Format(time.RFC3339))
}

// within is the part of the span in which something existed that was made at some time: none when it is not positive.
func (s Span) within(made time.Time) Span {
	if made.After(s.From) {
		s.From = made
	}
	return s
}

func (s Span) duration() time.Duration { return s.To.Sub(s.From) }

// Tenant is one that there is.
type Tenant struct {
	Name  string
	Tier  string
	Since time.Time
}

// Ledger is what the environment's database knows of a span.
type Ledger struct {
	Used     map[string]allocation.Usage // by tenant, also of those that are gone; without a name, of none
	Tenants  []Tenant                    // that there are
	Warnings []string
}

// PerTenant shares what the environment cost in a span among its tenants, at the prices and by the resources of the sheet. Of a span that
// began before the environment was made, the rest counts.
func (s Sheet) PerTenant(span Span, l Ledger, now time.Time) (*ByTenant, error) {
	span.From, span.To = span.From.UTC(), earlier(span.To, now).UTC()
	month := monthOf(span.From)
	if span = span.within(s.Made.UTC()); span.duration() <= 0 {
		return nil, &NotYetError{Environment: s.Environment, Made: s.Made, To: span.To}
	}
	result := &ByTenant{Environment: s.Environment, From: span.From, To: span.To, Warnings: append(append([]string{}, l.Warnings...), s.Warnings...)}
	tenants, ownMonthly, err := result.tenants(span, month, s.Own, l)
	if err != nil {
		return nil, err
	}
	s.Groups[allocation.Platform] = s.Groups[allocation.Platform].Add(s.Terms.on(ownMonthly))
	pools, err := s.Pools(span.duration())
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
	there := make(map[string]bool, len(l.Tenants))
	for _, known := range l.Tenants {
		since := span.within(known.Since.UTC()).duration()
		if since <= 0 {
			continue // its usage, if any, is of one that had its name before
		}
		there[known.Name] = true
		tenant := allocation.Tenant{Name: known.Name, Tier: known.Tier, Usage: l.Used[known.Name]}
		own := ownUSD.Mul(ShareOfMonth(since))
		monthly = monthly.Add(own.Div(ShareOfMonth(span.duration())))
		if tenant.Own, err = allocation.MicrosOf("own resources of "+known.Name, own); err != nil {
			return nil, monthly, err
		}
		if tenant.Price, err = b.priceOf(known, decimal.NewFromInt(int64(since)).Div(decimal.NewFromInt(int64(month)))); err != nil {
			return nil, monthly, err
		}
		list = append(list, tenant)
	}
	for name, usage := range l.Used {
		if !there[name] {
			list = append(list, allocation.Tenant{Name: name, Usage: usage})
		}
	}
	return list, monthly, nil
}

// priceOf is what a tenant pays for a share of a month: nothing is known where its tier is none of today's.
func (b *ByTenant) priceOf(tenant Tenant, share decimal.Decimal) (*allocation.Micros, error) {
	tier, err := tiers.Find(tenant.Tier)
	if err != nil {
		b.Warnings = append(b.Warnings, printable.Line(fmt.Sprintf("the price of %s is not known: %v", tenant.Name, err)))
		return nil, nil //nolint:nilnil // the warning says so
	}
	price, err := allocation.MicrosOf("price of "+tenant.Name, tier.PriceUSD.Mul(share))
	return &price, err
}
