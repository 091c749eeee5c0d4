// Package report makes the morning report of an environment: what it cost, what it will cost by the end of the month, which part and which
// tenant caused that, and whether anything needs somebody. It is arithmetic and layout alone: whoever makes one brings the facts, and
// shows or sends the result.
package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Report is what a person reads in a minute.
type Report struct {
	Environment string    `json:"environment"`
	Day         string    `json:"day"`  // of UTC, as 2026-11-28
	Made        time.Time `json:"made"` // when
	Level       Level     `json:"level"`
	Headline    string    `json:"headline"` // one sentence
	Problems    []Problem `json:"problems"` // what the headline names
	Cost        *Cost     `json:"cost"`     // null: it is not known
	Parts       []Part    `json:"parts"`    // that cost something, the most expensive first
	Tenants     Tenants   `json:"tenants"`
	Held        []Held    `json:"held"`     // the last one first
	Standing    *Standing `json:"limit"`    // null: the breaker knows no limit
	Acts        []Event   `json:"acts"`     // of the breaker on the day, the first one first
	Bill        *Bill     `json:"bill"`     // null: it is not known
	Notes       []string  `json:"notes"`    // how the amounts are to be read
	Unknown     []string  `json:"unknown"`  // what the report does not know yet
	Warnings    []string  `json:"warnings"` // what makes the amounts less exact than usual

	dayName string
}

// Cost is the environment's.
type Cost struct {
	Day        Money           `json:"dayUsd"`
	DayBefore  *Money          `json:"dayBeforeUsd"` // null: the environment was not there yet
	Month      Money           `json:"monthToDateUsd"`
	Forecast   Money           `json:"forecastUsd"` // for the whole month
	Limit      Money           `json:"limitUsd"`
	LimitBasis string          `json:"limitBasis"`
	Share      decimal.Decimal `json:"forecastPercent"` // of the limit
}

// Part is a group of costs, as they are shared among tenants.
type Part struct {
	Name      string `json:"part"`
	Day       Money  `json:"dayUsd"`
	DayBefore *Money `json:"dayBeforeUsd"` // null: the environment was not there yet
	Change    *Money `json:"changeUsd"`    // likewise
}

// Of makes a report. Facts that cannot be are refused, all of them at once.
func Of(f Facts) (Report, error) {
	if err := f.validate(); err != nil {
		return Report{}, err
	}
	r := Report{
		Environment: f.Environment, Day: f.Day.Format(time.DateOnly), Made: f.Now.UTC(), dayName: f.dayName(), Parts: []Part{}, Tenants: noTenants(),
		Held: f.held(), Standing: f.Standing, Acts: f.acts(), Notes: f.notes(), Unknown: f.unknown(), Bill: f.bill(), Warnings: f.warnings(),
	}
	if f.Unpriced == "" {
		var err error
		if r.Cost, err = f.cost(); err != nil {
			return Report{}, err
		}
		r.Parts, r.Tenants = f.parts(), f.tenants()
	}
	r.Problems = f.problems(r)
	r.Level, r.Headline = f.headline(r)
	return r, nil
}

func (f Facts) cost() (*Cost, error) {
	limit, err := allocation.MicrosOf("limit", f.LimitUSD)
	if err != nil {
		return nil, err
	}
	expected, err := f.forecast()
	if err != nil {
		return nil, err
	}
	c := &Cost{
		Day: money(f.OfDay.Whole.Cost), Month: money(f.OfMonth.Whole.Cost), Forecast: money(expected), Limit: money(limit), LimitBasis: f.LimitBasis,
	}
	if share := percentOf(c.Forecast, c.Limit); share != nil {
		c.Share = *share
	}
	if f.OfDayBefore != nil {
		before := money(f.OfDayBefore.Whole.Cost)
		c.DayBefore = &before
	}
	return c, nil
}

// unknown is what no report knows yet, whatever AWS has charged.
var unknown = []string{
	"Deployments: what was changed since the day before.",
	"What limits refused or ended meanwhile: only who is held back now is here, and what the breaker did.",
}

// left is what is to come of the month.
func (f Facts) left() time.Duration { return f.monthEnd().Sub(f.OfMonth.To) }

// forecast is what the month will have cost: its cost to date, and the day's for each hour that is left. All that costs something by being
// there costs the same each hour; what is paid by use is assumed to go on as on the day.
func (f Facts) forecast() (allocation.Micros, error) {
	ofDay := decimal.NewFromInt(int64(f.OfDay.To.Sub(f.OfDay.From)))
	rest := f.OfDay.Whole.Cost.USD().Mul(decimal.NewFromInt(int64(f.left()))).Div(ofDay)
	return allocation.MicrosOf("forecast", f.OfMonth.Whole.Cost.USD().Add(rest))
}

// parts compares the day with the one before, group by group, in cents that add up.
func (f Facts) parts() []Part {
	ofDay := groupCents(f.OfDay)
	var before []int64
	if f.OfDayBefore != nil {
		before = groupCents(*f.OfDayBefore)
	}
	parts := []Part{}
	for group, exact := range f.OfDay.Whole.Parts {
		part := Part{Name: allocation.Group(group).String(), Day: Money{exact, ofDay[group]}}
		if before != nil {
			was := Money{f.OfDayBefore.Whole.Parts[group], before[group]}
			change := part.Day.minus(was)
			part.DayBefore, part.Change = &was, &change
		}
		if exact != 0 || part.DayBefore != nil && part.DayBefore.Exact != 0 {
			parts = append(parts, part)
		}
	}
	slices.SortStableFunc(parts, func(a, b Part) int { return cmp.Compare(b.Day.Exact, a.Day.Exact) })
	return parts
}

func groupCents(s Span) []int64 { return allocation.Apportion(s.Whole.Cost.Cents(), s.Whole.Parts[:]) }

// held is who is held back, the last one first.
func (f Facts) held() []Held {
	held := append([]Held{}, f.Held...)
	slices.SortFunc(held, func(a, b Held) int { return cmp.Or(b.Since.Compare(a.Since), cmp.Compare(a.Tenant, b.Tenant)) })
	return held
}

// acts are the breaker's, the first one first.
func (f Facts) acts() []Event {
	acts := append([]Event{}, f.Acts...)
	slices.SortStableFunc(acts, func(a, b Event) int { return a.At.Compare(b.At) })
	return acts
}

// notes say how the amounts are to be read.
func (f Facts) notes() []string {
	if f.Unpriced != "" {
		return []string{}
	}
	notes := []string{"Resources, prices, limit and tenants are those of today, also for the days before."}
	if left := f.left(); left > 0 {
		notes = append(notes, fmt.Sprintf("Forecast: the month to date, and what an hour of the day cost for each of the %s that are left.", hours(left)))
	}
	if f.OfDay.To.Sub(f.OfDay.From) < day {
		notes = append(notes, fmt.Sprintf("Of the day %s count.", hours(f.OfDay.To.Sub(f.OfDay.From))))
	}
	switch before := f.OfDayBefore; {
	case before == nil:
		notes = append(notes, "The day before the environment was not there yet.")
	case before.To.Sub(before.From) < day:
		notes = append(notes, fmt.Sprintf("Of the day before %s count.", hours(before.To.Sub(before.From))))
	}
	return notes
}

func hours(d time.Duration) string {
	if d == time.Hour {
		return "1 hour"
	}
	return decimal.NewFromInt(int64(d)).DivRound(decimal.NewFromInt(int64(time.Hour)), 1).String() + " hours"
}

// warnings has each warning once.
func (f Facts) warnings() []string {
	all := []string{}
	for _, warning := range f.Warnings {
		if !slices.Contains(all, warning) {
			all = append(all, warning)
		}
	}
	return all
}
