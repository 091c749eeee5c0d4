package cmdutil

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
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

// Span is the time of the period, which must have begun.
func (p Period) Span(now time.Time) (from, to time.Time, err error) {
	flag, value, layout, what := "--day", p.Day, dayLayout, "a day such as 2026-11-29"
	if p.Month != "" {
		flag, value, layout, what = "--month", p.Month, monthLayout, "a month such as 2026-11"
	}
	if from, err = time.Parse(layout, value); err != nil {
		return from, to, exit.Usagef("%s: got %q, expected %s", flag, value, what)
	}
	if from.After(now) {
		return from, to, exit.Usagef("%s: got %q, expected a time that has begun", flag, value)
	}
	if p.Month != "" {
		return from, from.AddDate(0, 1, 0), nil
	}
	return from, from.AddDate(0, 0, 1), nil
}

// Text names the period, and says when it is not over yet.
func (p Period) Text(now time.Time) string {
	text := p.Day + p.Month
	if _, to, err := p.Span(now); err == nil && to.After(now) {
		text += " so far"
	}
	return text
}
