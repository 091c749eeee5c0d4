// Package billed compares what AWS's bill says that days cost with what the estimate said of them, part by part. It is arithmetic alone; package
// explorer reads the bill.
package billed

import (
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// Charge is what a bill has of a service and a kind of its usage on a day. It may be below 0: some discounts are charges of their own.
type Charge struct {
	Day            time.Time
	Service, Usage string
	USD            decimal.Decimal
}

// Bill is what AWS has charged for some days. Of a day without any charge nothing is known.
type Bill struct {
	Charges []Charge
	Open    bool // AWS may still change some of it, as the month is not closed
}

// Day is what the estimate and the bill say of a day.
type Day struct {
	Day            time.Time
	Estimate, Bill Amounts
	Others         map[string]decimal.Decimal // what the bill has of each service that the estimate knows nothing of
}

const (
	day = 24 * time.Hour
	// settling is how long after its end a day is taken to be in the bill as a whole: Cost Explorer is refreshed once in 24 hours at least, and some
	// usage comes later.
	// Source: AWS Cost Management User Guide, "Analyzing your costs and usage with AWS Cost Explorer", 2026-11; docs.costory.io/docs/data-refresh
	// (whole until the day before yesterday), 2026-03.
	settling = 48 * time.Hour
)

// Settled are the days that a bill has as a whole by now, as far as they are in the month of the last one of them.
func Settled(now time.Time) pricesheet.Span {
	end := now.UTC().Add(-settling).Truncate(day)
	last := end.Add(-day)
	return pricesheet.Span{From: time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC), To: end}
}

// Why nothing can be compared. The report goes on without, and says so.
var (
	//page:none the report says so
	ErrNothing = errors.New("AWS has charged nothing for these days yet")
	//page:none the report says so
	ErrNoPrices = errors.New("nobody had published prices then")
)

// Compare tells of each day of the bill what the estimate said, the earliest first. The sheets are those that held then, the earliest first;
// tenants have resources of their own, and of those that are gone nothing is known.
func Compare(b Bill, sheets []pricesheet.Sheet, tenants []pricesheet.Tenant) ([]Day, error) {
	if len(b.Charges) == 0 {
		return nil, ErrNothing
	}
	if len(sheets) == 0 {
		return nil, ErrNoPrices
	}
	byDay := map[time.Time]*Day{}
	for _, c := range b.Charges {
		of, known := byDay[c.Day]
		if !known {
			of = &Day{Day: c.Day, Estimate: estimate(sheets, tenants, pricesheet.Span{From: c.Day, To: c.Day.Add(day)}), Others: map[string]decimal.Decimal{}}
			byDay[c.Day] = of
		}
		part := partOf(c.Service, c.Usage)
		of.Bill[part] = of.Bill[part].Add(c.USD)
		if part == Unknown {
			of.Others[c.Service] = of.Others[c.Service].Add(c.USD)
		}
	}
	days := make([]Day, 0, len(byDay))
	for _, of := range byDay {
		days = append(days, *of)
	}
	slices.SortFunc(days, func(a, b Day) int { return a.Day.Compare(b.Day) })
	return days, nil
}

// estimate is what the environment cost in a span, each hour at the prices that held in it. The first sheet holds for the time before it, too.
func estimate(sheets []pricesheet.Sheet, tenants []pricesheet.Tenant, span pricesheet.Span) (sum Amounts) {
	from := later(span.From, sheets[len(sheets)-1].Made)
	for i, sheet := range sheets {
		of := pricesheet.Span{From: from, To: span.To}
		if i > 0 {
			of.From = later(from, sheet.Computed)
		}
		if i < len(sheets)-1 && sheets[i+1].Computed.Before(span.To) {
			of.To = sheets[i+1].Computed
		}
		if of.To.After(of.From) {
			sum.add(at(sheet, tenants, of))
		}
	}
	return sum
}

// at is what the environment cost in a span at the prices of one sheet.
func at(sheet pricesheet.Sheet, tenants []pricesheet.Tenant, span pricesheet.Span) (a Amounts) {
	share, owners := pricesheet.ShareOfMonth(span.To.Sub(span.From)), decimal.Zero
	for _, t := range tenants {
		if there := span.To.Sub(later(span.From, t.Since)); there > 0 {
			owners = owners.Add(decimal.NewFromInt(int64(there)))
		}
	}
	own := sheet.Own.Mul(owners).Div(decimal.NewFromInt(int64(span.To.Sub(span.From)))) // a month
	group := func(g allocation.Group) decimal.Decimal { return sheet.Groups[g].Mul(share) }
	a[Database], a[Storage], a[Compute], a[Cache] = group(allocation.Database), group(allocation.Storage), group(allocation.Compute), group(allocation.Cache)
	a[Network] = group(allocation.Edge).Add(group(allocation.Traffic))
	a[Terms] = sheet.SupportAndTax(own).Mul(share)
	a[Platform] = sheet.Groups[allocation.Platform].Sub(sheet.SupportAndTax(decimal.Zero)).Add(own).Mul(share)
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
