package billed

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"
)

// Line is a part of a table, in whole cents.
type Line struct {
	Part       string          `json:"part"`
	Estimate   decimal.Decimal `json:"estimateUsd"`
	Bill       decimal.Decimal `json:"billUsd"`
	Difference decimal.Decimal `json:"differenceUsd"` // bill less estimate
}

// Other is a service that the estimate knows nothing of, with what the bill has of it.
type Other struct {
	Service string          `json:"service"`
	USD     decimal.Decimal `json:"billUsd"`
}

// Table is what days together have by part. The cents of the lines add up to those of the whole.
type Table struct {
	Lines  []Line  `json:"lines"`
	Whole  Line    `json:"whole"`
	Others []Other `json:"notEstimated"` // the dearest first
}

// TableOf sums up days.
func TableOf(days []Day) Table {
	var estimate, bill Amounts
	others := map[string]decimal.Decimal{}
	for _, d := range days {
		estimate.add(d.Estimate)
		bill.add(d.Bill)
		for service, usd := range d.Others {
			others[service] = others[service].Add(usd)
		}
	}
	t := Table{Lines: make([]Line, parts), Others: []Other{}}
	estimated, billed := inCents(estimate), inCents(bill)
	for part := range parts {
		t.Lines[part] = lineOf(Part(part).String(), estimated[part], billed[part])
	}
	t.Whole = lineOf("whole", estimated.Sum(), billed.Sum())
	for service, usd := range others {
		t.Others = append(t.Others, Other{service, usd})
	}
	slices.SortFunc(t.Others, func(a, b Other) int { return cmp.Or(b.USD.Cmp(a.USD), cmp.Compare(a.Service, b.Service)) })
	return t
}

func lineOf(part string, estimate, bill decimal.Decimal) Line {
	return Line{part, estimate, bill, bill.Sub(estimate)}
}

// inCents rounds amounts so that they add up to their sum's cents: what is rounded is the sum up to each, and a part is the difference of
// two of those. It is less than a cent from the exact one, and amounts may be below 0.
func inCents(exact Amounts) (whole Amounts) {
	const cents = 2
	sum, before := decimal.Zero, decimal.Zero
	for part, usd := range exact {
		sum = sum.Add(usd)
		until := sum.Round(cents)
		whole[part], before = until.Sub(before), until
	}
	return whole
}
