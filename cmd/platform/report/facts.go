package report

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/report"
	"github.com/genericcorp/platform/services/provisioner/api"
)

const (
	dayLength = 24 * time.Hour
	// quiet is for how long no usage at all is strange. The meter samples what tenants store each minute.
	quiet = 6 * time.Hour
)

// times are those of which the ledger is asked.
type times struct {
	day, before, month cost.Span
	recent             cost.Span // the last hours: until now for a report of yesterday or today, else those of the day
}

func timesOf(day, now time.Time) times {
	end := day.Add(dayLength)
	last := now
	if now.Sub(end) > dayLength {
		last = end
	}
	return times{
		day: cost.Span{From: day, To: end}, before: cost.Span{From: day.Add(-dayLength), To: day},
		month:  cost.Span{From: time.Date(day.Year(), day.Month(), 1, 0, 0, 0, 0, time.UTC), To: end},
		recent: cost.Span{From: last.Add(-quiet).Truncate(time.Hour), To: last},
	}
}

// ledger is what of an environment's tenants the report asks.
type ledger interface {
	All(ctx context.Context) ([]api.Tenant, error)
	Usage(ctx context.Context, tenant string, from, to time.Time) (*tenant.Used, error)
}

// usage is what the ledger has of each of the times, and which tenants there are.
type usage struct {
	day, before, month, recent []api.Usage
	tenants                    []api.Tenant
	warnings                   []string
}

// read asks the ledger.
func read(ctx context.Context, l ledger, t times) (u usage, err error) {
	for _, ask := range []struct {
		of   cost.Span
		rows *[]api.Usage
	}{{t.day, &u.day}, {t.before, &u.before}, {t.month, &u.month}, {t.recent, &u.recent}} {
		used, err := l.Usage(ctx, "", ask.of.From, ask.of.To)
		if err != nil {
			return u, err
		}
		*ask.rows = used.Rows
		u.warnings = append(u.warnings, used.Warnings...)
	}
	u.tenants, err = l.All(ctx)
	return u, err
}

type priced environment.Priced

// facts are those of the report. An environment that was not there on the day is a cost.NotYetError.
func (p priced) facts(t times, u usage, now time.Time) (report.Facts, error) {
	facts := report.Facts{
		Environment: p.Document.Stack, Day: t.day.From, Now: now, LimitUSD: p.Terms.Limit.Limit, LimitBasis: p.Terms.Limit.Basis, Held: heldOf(u.tenants),
		Meter: report.Meter{BlindDay: u.blind(t.day, u.day, now), Blind: u.blind(t.recent, u.recent, now), From: t.recent.From, To: t.recent.To},
	}
	if refusal := p.Terms.Limit.Refusal; refusal != "" {
		facts.Warnings = append(facts.Warnings, refusal)
	}
	span := func(of cost.Span, used []api.Usage) (report.Span, error) {
		table, err := cost.PerTenant(p.Document, p.Terms, p.OwnUSD, of, cost.Ledger{Used: used, Tenants: u.tenants, Warnings: u.warnings}, now)
		if err != nil {
			return report.Span{}, err
		}
		facts.Warnings = append(facts.Warnings, table.Warnings...)
		return report.Span{From: table.From, To: table.To, Table: table.Table}, nil
	}
	var err error
	if facts.OfDay, err = span(t.day, u.day); err != nil {
		return facts, err
	}
	if facts.OfMonth, err = span(t.month, u.month); err != nil {
		return facts, err
	}
	before, err := span(t.before, u.before)
	if notYet := (*cost.NotYetError)(nil); errors.As(err, &notYet) {
		return facts, nil
	}
	facts.OfDayBefore = &before
	return facts, err
}

// blind says whether nothing at all was counted for long enough to be strange, though there were tenants who could use something.
func (u usage) blind(of cost.Span, rows []api.Usage, now time.Time) bool {
	var total api.Usage
	for _, row := range rows {
		total = total.Plus(row)
	}
	counted := total.Served + total.Refused + total.Admitted + total.BytesIn + total.BytesOut + total.Milliseconds + total.StoredKiBMinutes + total.SessionSeconds + total.ActiveSeconds
	return counted == 0 && now.Sub(of.From) >= quiet && slices.ContainsFunc(u.tenants, func(t api.Tenant) bool {
		return t.State != api.StateSuspended && t.Breaker != api.StateSuspended && t.CreatedAt.Before(of.From)
	})
}

// heldOf are the tenants that may do less than their tier allows.
func heldOf(tenants []api.Tenant) (held []report.Held) {
	for _, t := range tenants {
		h := report.Held{Tenant: t.Slug, Tier: t.Tier}
		switch {
		case t.Breaker != "" && (t.State == api.StateActive || t.Breaker == api.StateSuspended && t.State != api.StateSuspended):
			held = append(held, report.Held{Tenant: t.Slug, Tier: t.Tier, State: string(t.Breaker), By: "the breaker"})
			continue
		case t.State != api.StateActive:
			h.State = string(t.State)
		case t.LoginBlocked:
			h.State = "locked out for size"
		case t.OverStorage:
			h.State = "read-only for size"
		default:
			continue
		}
		if t.Hold != nil {
			h.Since, h.By, h.Why = t.Hold.Since, t.Hold.By, t.Hold.Why
		}
		held = append(held, h)
	}
	return held
}
