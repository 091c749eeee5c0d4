package cmdutil

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Period is a day or a month of UTC that a command is asked about.
type Period struct{ Day, Month string }

const (
	dayLayout   = time.DateOnly
	monthLayout = "2006-01"
)

// ThisMonth is the month of UTC.
func ThisMonth(now time.Time) Period { return Period{Month: now.UTC().Format(monthLayout)} }

// Today is the day of UTC.
func Today(now time.Time) Period { return Period{Day: now.UTC().Format(dayLayout)} }

// AddFlags adds --day and --month. Otherwise says what is taken without them.
func (p *Period) AddFlags(cmd *cobra.Command, otherwise string) {
	cmd.Flags().StringVar(&p.Day, "day", "", "a day of UTC, as 2026-11-29 (default "+otherwise+")")
	cmd.Flags().StringVar(&p.Month, "month", "", "a month of UTC, as 2026-11")
}

// Or is the period, or another one where none was given.
func (p Period) Or(other Period) Period {
	if p == (Period{}) {
		return other
	}
	return p
}

// Span is the time of the period, which must have begun, and of which the ledger must have every hour.
func (p Period) Span(now time.Time) (from, to time.Time, err error) {
	if p.Month != "" {
		from, err = begin("--month", p.Month, monthLayout, "a month such as 2026-11", now)
		return from, from.AddDate(0, 1, 0), err
	}
	from, err = Day("--day", p.Day, now)
	return from, from.AddDate(0, 0, 1), err
}

// Day is the day of UTC that a flag names. It must have begun, and the ledger must have every hour of it.
func Day(flag, value string, now time.Time) (time.Time, error) {
	return begin(flag, value, dayLayout, "a day such as 2026-11-29", now)
}

func begin(flag, value, layout, what string, now time.Time) (time.Time, error) {
	from, err := time.Parse(layout, value)
	oldest := time.Date(now.UTC().Year(), now.UTC().Month()-(api.MonthsKept-1), 1, 0, 0, 0, 0, time.UTC) // the month before is partly gone
	switch {
	case err != nil:
		return from, exit.Usagef("%s: got %q, expected %s", flag, value, what)
	case from.After(now):
		return from, exit.Usagef("%s: got %q, expected a time that has begun", flag, value)
	case from.Before(oldest):
		return from, exit.Usagef("%s: got %q, expected %s or later: the ledger does not have all hours before that any more", flag, value, oldest.Format(layout))
	}
	return from, nil
}

// Text names the period, and says when it is not over yet.
func (p Period) Text(now time.Time) string {
	text := p.Day + p.Month
	if _, to, err := p.Span(now); err == nil && to.After(now) {
		text += " so far"
	}
	return text
}
