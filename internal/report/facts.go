package report

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Facts are what a report is made of. Times are of UTC.
type Facts struct {
	Environment string
	Day         time.Time // the beginning of the day that the report is about
	Now         time.Time // when it is made
	OfDay       Span
	OfDayBefore *Span           // nil: the environment was not there yet
	OfMonth     Span            // the day's month, until the end of OfDay
	LimitUSD    decimal.Decimal // of the bill of a month
	LimitBasis  string          // where the limit comes from
	Unpriced    string          // why it is not known what anything costs, as a sentence's part; else empty. Spans and limit are not read then
	Held        []Held
	Acts        []Event   // what the breaker did on the day
	Standing    *Standing // nil: the breaker knows no limit
	Billed      Billed
	Meter       Meter
	Blind       []string // what the breaker does not know at the moment, in sentences
	Mail        []string // what is to be said about the reports themselves, in sentences
	Warnings    []string // what makes the amounts less exact than usual
}

// Span is what a time cost and who caused it. It is shorter than what was asked about where the environment is younger, or where the time
// is not over.
type Span struct {
	From, To time.Time
	allocation.Table
}

// Held is a tenant that may do less than its tier allows.
type Held struct {
	Tenant string    `json:"tenant"`
	Tier   string    `json:"tier"`
	State  string    `json:"state"`          // such as suspended, as an adjective
	Since  time.Time `json:"since,omitzero"` // zero: not noted
	By     string    `json:"by"`             // empty: not noted
	Why    string    `json:"why"`            // likewise
}

// Event is what the breaker did to a tenant at a time or, without a name, to the environment, whose amounts are the month's forecast and limit. Levels are warned, limited and suspended; none is empty.
type Event struct {
	At        time.Time       `json:"at"`
	Tenant    string          `json:"tenant"`
	Tier      string          `json:"tier"`
	Before    string          `json:"before"`
	After     string          `json:"after"`
	Cause     string          `json:"cause"`
	Used      decimal.Decimal `json:"usedUsd"`      // that its use had cost in the month
	Allowance decimal.Decimal `json:"allowanceUsd"` // of its tier
}

// Meter says where no usage was counted at all, though there were tenants who could use something.
type Meter struct {
	BlindDay bool      // on the day
	Blind    bool      // in the last hours, which the next fields name
	From, To time.Time // not read unless it is blind
}

const day = 24 * time.Hour

// validate names every fact that cannot be.
func (f Facts) validate() error {
	problems := check.Under("report: ")
	problems.Require(f.Day.Equal(f.Day.Truncate(day)), "day", f.Day.Format(time.RFC3339), "the beginning of a day of UTC")
	problems.Require(!f.Now.Before(f.Day), "now", f.Now.Format(time.RFC3339), "a time after the day has begun")
	if f.Unpriced != "" {
		return problems.Err()
	}
	span := func(name string, s Span, from, to time.Time) {
		problems.Require(s.From.Before(s.To) && !s.From.Before(from) && !s.To.After(to), name, s.From.Format(time.RFC3339)+" to "+s.To.Format(time.RFC3339),
			"a time between "+from.Format(time.RFC3339)+" and "+to.Format(time.RFC3339))
		problems.Require(s.Whole.Price != nil, name+".whole.price", "", "the sum of all prices")
	}
	end := f.Day.Add(day)
	span("ofDay", f.OfDay, f.Day, end)
	span("ofMonth", f.OfMonth, f.monthBegin(), end)
	problems.Require(f.OfMonth.To.Equal(f.OfDay.To), "ofMonth.to", f.OfMonth.To.Format(time.RFC3339), "the end of ofDay")
	if f.OfDayBefore != nil {
		span("ofDayBefore", *f.OfDayBefore, f.Day.Add(-day), f.Day)
	}
	problems.Require(f.LimitUSD.GreaterThanOrEqual(decimal.New(1, -2)), "limitUsd", f.LimitUSD.String(), "an amount of US dollars, 0.01 or more")
	return problems.Err()
}

func (f Facts) monthBegin() time.Time {
	return time.Date(f.Day.Year(), f.Day.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (f Facts) monthEnd() time.Time { return f.monthBegin().AddDate(0, 1, 0) }

// today is the day on which the report is made.
func (f Facts) today() time.Time { return f.Now.UTC().Truncate(day) }

// dayName is how people call the day when they read the report.
func (f Facts) dayName() string {
	switch f.today().Sub(f.Day) {
	case 0:
		return "today so far"
	case day:
		return "yesterday"
	default:
		return f.Day.Format(time.DateOnly)
	}
}

// onDay is the day in a sentence.
func (f Facts) onDay() string {
	if name := f.dayName(); name != f.Day.Format(time.DateOnly) {
		return name
	}
	return "on " + f.Day.Format(time.DateOnly)
}

// inMonth is the month in a sentence.
func (f Facts) inMonth() string {
	if f.today().Before(f.monthEnd()) {
		return "this month"
	}
	return "in " + f.Day.Format("January 2006")
}
