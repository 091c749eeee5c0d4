package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/printable"
)

// Billed is what AWS has charged for the last days that it has charged as a whole.
type Billed struct {
	Days    []billed.Day // of one month, the earliest first; none: it is not known
	Open    bool         // AWS may still change some of it
	Unknown string       // why it is not known, as a sentence's part; empty: nobody asked
}

// Bill compares the estimate with AWS's bill.
type Bill struct {
	Day    string       `json:"day"`  // the last one that AWS has charged as a whole, as 2026-11-26
	From   string       `json:"from"` // the first one of OfDays
	Days   int          `json:"days"` // how many OfDays has: fewer than there are in between where AWS has charged nothing for some
	Open   bool         `json:"open"` // AWS may still change some of it
	OfDay  billed.Table `json:"ofDay"`
	OfDays billed.Table `json:"ofMonth"`
}

// bill is nil where nothing is known.
func (f Facts) bill() *Bill {
	days := f.Billed.Days
	if len(days) == 0 {
		return nil
	}
	last := days[len(days)-1]
	return &Bill{
		Day: last.Day.Format(time.DateOnly), From: days[0].Day.Format(time.DateOnly), Days: len(days), Open: f.Billed.Open,
		OfDay: billed.TableOf([]billed.Day{last}), OfDays: billed.TableOf(days),
	}
}

// unknown is what the report does not know yet.
func (f Facts) unknown() []string {
	list := slices.Clone(unknown)
	bill := "AWS's own bill: every amount is an estimate at list prices."
	switch {
	case len(f.Billed.Days) > 0:
		return list
	case f.Billed.Unknown != "":
		bill = "AWS's own bill (" + printable.Line(f.Billed.Unknown) + "): every amount is an estimate at list prices."
	}
	return append([]string{bill}, list...)
}

// billTitle is what the table of the bill is about.
func (r Report) billTitle() string {
	if r.Bill == nil {
		return ""
	}
	return "Estimate against bill, " + r.Bill.Day
}

// sinceTitle names the column of all days.
func (r Report) sinceTitle() string {
	if r.Bill == nil {
		return ""
	}
	return "since " + r.Bill.From[len("2026-"):]
}

// billLines are the parts that cost something by the estimate or by the bill: both and the difference on the day, and the difference on all days.
func (r Report) billLines() [][]string {
	if r.Bill == nil {
		return nil
	}
	lines := [][]string{}
	for i, ofDays := range append(slices.Clone(r.Bill.OfDays.Lines), r.Bill.OfDays.Whole) {
		ofDay := r.Bill.OfDay.Whole
		if i < len(r.Bill.OfDay.Lines) {
			ofDay = r.Bill.OfDay.Lines[i]
			if ofDays.Estimate.IsZero() && ofDays.Bill.IsZero() {
				continue
			}
		}
		lines = append(lines, []string{
			ofDay.Part, ofCents(ofDay.Estimate).String(), ofCents(ofDay.Bill).String(), ofCents(ofDay.Difference).signed(), ofCents(ofDays.Difference).signed(),
		})
	}
	return lines
}

// billNotes say how the table of the bill is to be read.
func (r Report) billNotes() []string {
	b := r.Bill
	if b == nil {
		return nil
	}
	note := fmt.Sprintf("In %s since %s the bill was USD %s, and the estimate USD %s; credits and refunds are left out, and support and tax come once a month.",
		printable.Count(b.Days, "day"), b.From, ofCents(b.OfDays.Whole.Bill), ofCents(b.OfDays.Whole.Estimate))
	if b.Open {
		note += " AWS may still change it."
	}
	notes := []string{note}
	const most = 10
	for i, other := range b.OfDays.Others {
		if i == most {
			notes = append(notes, fmt.Sprintf("%d more services are not estimated: --json has them.", len(b.OfDays.Others)-i))
			break
		}
		notes = append(notes, fmt.Sprintf("Not estimated: %s, USD %s since %s.", other.Service, ofCents(other.USD.Round(2)), b.From))
	}
	return notes
}

// ofCents is an amount in whole cents.
func ofCents(usd decimal.Decimal) Money {
	const cents, micros = 2, 6
	return Money{Exact: allocation.Micros(usd.Shift(micros).IntPart()), Cents: usd.Shift(cents).IntPart()}
}
