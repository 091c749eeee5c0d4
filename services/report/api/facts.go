package api

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

const (
	day = 24 * time.Hour
	// quiet is for how long no usage at all is strange. The meter samples what tenants store each minute.
	quiet = 6 * time.Hour
)

// Ask has the environment's provisioner answer one request.
type Ask func(context.Context, provisioner.Request) (provisioner.Response, error)

// Times are those of which a report asks the ledger.
type Times struct {
	Day, Before, Month pricesheet.Span
	Recent             pricesheet.Span // the last hours: until now for a report of yesterday or today, else those of the day
}

// TimesOf are those of a report of a day, made now.
func TimesOf(begin, now time.Time) Times {
	end := begin.Add(day)
	last := now
	if now.Sub(end) > day {
		last = end
	}
	return Times{
		Day: pricesheet.Span{From: begin, To: end}, Before: pricesheet.Span{From: begin.Add(-day), To: begin},
		Month:  pricesheet.Span{From: time.Date(begin.Year(), begin.Month(), 1, 0, 0, 0, 0, time.UTC), To: end},
		Recent: pricesheet.Span{From: last.Add(-quiet).Truncate(time.Hour), To: last},
	}
}

// Known is what the environment's database knows of a report's times, and of now.
type Known struct {
	Times    Times
	Tenants  []provisioner.Tenant
	Acts     []provisioner.BreakerEvent // of the day
	Standing *report.Standing           // of the environment with its limit, now; nil: the breaker knows no limit
	Blind    []string                   // why the breaker lets nobody go, in sentences
	Warnings []string

	ofDay, before, month, recent []provisioner.Usage
}

// Read asks the provisioner what a report of the times takes.
func Read(ctx context.Context, ask Ask, t Times) (Known, error) {
	k := Known{Times: t}
	for _, use := range []struct {
		of   pricesheet.Span
		rows *[]provisioner.Usage
	}{{t.Day, &k.ofDay}, {t.Before, &k.before}, {t.Month, &k.month}, {t.Recent, &k.recent}} {
		answer, err := ask(ctx, provisioner.Request{Action: provisioner.ActionUsage, Usage: &provisioner.UsageQuery{From: use.of.From, To: use.of.To}})
		if err != nil {
			return k, fmt.Errorf("ask what tenants used: %w", err)
		}
		*use.rows = answer.Usage
		k.Warnings = append(k.Warnings, answer.Warnings...)
	}
	listed, err := ask(ctx, provisioner.Request{Action: provisioner.ActionList})
	if err != nil {
		return k, fmt.Errorf("list tenants: %w", err)
	}
	k.Tenants = listed.Tenants
	log, err := ask(ctx, provisioner.Request{Action: provisioner.ActionBreakerLog})
	if err != nil {
		return k, fmt.Errorf("ask what the breaker did: %w", err)
	}
	if b := log.Breaker; b != nil {
		k.take(*b)
	}
	stand, err := ask(ctx, provisioner.Request{Action: provisioner.ActionBreaker})
	if err != nil {
		return k, fmt.Errorf("ask whom the breaker holds: %w", err)
	}
	if b := stand.Breaker; b != nil {
		k.Standing = standingOf(*b)
	}
	return k, nil
}

// standingOf is how the environment stands with its limit, with the tenants that are suspended for it.
func standingOf(b provisioner.Breaker) *report.Standing {
	w := b.Whole
	if w == nil || !w.LimitUSD.IsPositive() {
		return nil
	}
	s := &report.Standing{Forecast: w.ForecastUSD, Limit: w.LimitUSD, Level: w.Level, Due: w.Due, Holds: w.Holds(), Suspended: []string{}}
	for _, t := range b.Tenants {
		if t.ForAll {
			s.Suspended = append(s.Suspended, t.Slug)
		}
	}
	if o := w.Override; o != nil {
		s.Override = &report.Override{By: o.By, Why: o.Reason, Until: o.Until}
	}
	return s
}

// take keeps what the breaker did on the day, of which the log may have lost the beginning.
func (k *Known) take(b provisioner.Breaker) {
	k.Blind = b.Blind
	for _, e := range b.Events {
		if !e.At.Before(k.Times.Day.From) && e.At.Before(k.Times.Day.To) {
			k.Acts = append(k.Acts, e)
		}
	}
	if n := len(b.Events); n >= provisioner.MostEvents && b.Events[n-1].At.After(k.Times.Day.From) {
		k.Warnings = append(k.Warnings, fmt.Sprintf("the breaker did more that day than the last %d acts, which are all that is told", n))
	}
}

// Facts are those of a report, at the prices of a sheet; without one, a report of what is known without. An environment that was not there
// on the day is a pricesheet.NotYetError.
func (k Known) Facts(environment string, sheet *pricesheet.Sheet, now time.Time) (report.Facts, error) {
	facts := report.Facts{
		Environment: environment, Day: k.Times.Day.From, Now: now, Held: heldOf(k.Tenants), Acts: actsOf(k.Acts), Standing: k.Standing, Blind: k.Blind, Warnings: k.Warnings,
		Meter: report.Meter{BlindDay: k.blind(k.Times.Day, k.ofDay, now), Blind: k.blind(k.Times.Recent, k.recent, now), From: k.Times.Recent.From, To: k.Times.Recent.To},
	}
	if sheet == nil {
		facts.Unpriced = "nobody has published prices"
		return facts, nil
	}
	facts.LimitUSD, facts.LimitBasis = sheet.Limit, sheet.LimitBasis
	span := func(of pricesheet.Span, used []provisioner.Usage) (report.Span, error) {
		table, err := sheet.PerTenant(of, provisioner.Ledger(used, k.Tenants, nil), now)
		if err != nil {
			return report.Span{}, err
		}
		facts.Warnings = append(facts.Warnings, table.Warnings...)
		return report.Span{From: table.From, To: table.To, Table: table.Table}, nil
	}
	var err error
	if facts.OfDay, err = span(k.Times.Day, k.ofDay); err != nil {
		return facts, err
	}
	if facts.OfMonth, err = span(k.Times.Month, k.month); err != nil {
		return facts, err
	}
	before, err := span(k.Times.Before, k.before)
	if notYet := (*pricesheet.NotYetError)(nil); errors.As(err, &notYet) {
		return facts, nil
	}
	facts.OfDayBefore = &before
	return facts, err
}

// blind says whether nothing at all was counted for long enough to be strange, though there were tenants who could use something.
func (k Known) blind(of pricesheet.Span, rows []provisioner.Usage, now time.Time) bool {
	return !slices.ContainsFunc(rows, provisioner.Usage.Counted) && now.Sub(of.From) >= quiet && slices.ContainsFunc(k.Tenants, func(t provisioner.Tenant) bool {
		return t.Effective() != provisioner.StateSuspended && t.CreatedAt.Before(of.From)
	})
}

// heldOf are the tenants that may do less than their tier allows.
func heldOf(tenants []provisioner.Tenant) (held []report.Held) {
	for _, t := range tenants {
		h := report.Held{Tenant: t.Slug, Tier: t.Tier}
		state := t.Effective()
		switch {
		case state != t.State:
			by := t.Held()
			held = append(held, report.Held{Tenant: t.Slug, Tier: t.Tier, State: string(state), By: string(by.By), Since: by.Since, Why: by.Why})
			continue
		case state != provisioner.StateActive:
			h.State = string(state)
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

func actsOf(events []provisioner.BreakerEvent) []report.Event {
	acts := make([]report.Event, 0, len(events))
	for _, e := range events {
		acts = append(acts, report.Event{
			At: e.At, Tenant: e.Tenant, Tier: e.Tier, Before: e.Before, After: e.After, Cause: e.Cause, Used: e.UsedUSD, Allowance: e.AllowanceUSD,
		})
	}
	return acts
}
