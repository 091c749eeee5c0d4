package breaker

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// Whole tells what an environment costs in the month of now, until its end. The sheets are those that held in the month, the earliest first;
// the last one holds for the rest. Sent is what each tenant's traffic has cost.
func Whole(sheets []pricesheet.Sheet, now time.Time, all []Caused) (e Environment, sent map[string]allocation.Micros, err error) {
	sent = make(map[string]allocation.Micros, len(all))
	if len(sheets) == 0 {
		return e, sent, nil
	}
	last := sheets[len(sheets)-1]
	from, end := later(MonthOf(now), last.Made), MonthOf(now).AddDate(0, 1, 0)
	var fixed, assumed decimal.Decimal
	for i, sheet := range sheets {
		begins, ends := from, end
		if i > 0 {
			begins = later(from, sheet.Computed)
		}
		if i < len(sheets)-1 {
			ends = later(from, sheets[i+1].Computed)
		}
		share := pricesheet.ShareOfMonth(max(ends.Sub(begins), 0))
		fixed = fixed.Add(sheet.Total().Sub(sheet.AssumedTraffic).Mul(share))
		assumed = assumed.Add(sheet.AssumedTraffic.Mul(share))
	}
	for _, c := range all {
		if !c.There { // nobody sends any more what it has sent
			fixed = fixed.Add(c.sent(last))
			continue
		}
		fixed = fixed.Add(last.Own.Mul(pricesheet.ShareOfMonth(max(end.Sub(later(from, c.Since)), 0))))
		if sent[c.Name], err = allocation.MicrosOf("traffic of "+c.Name, c.sent(last)); err != nil {
			return e, nil, err
		}
	}
	for _, amount := range []struct {
		name string
		usd  decimal.Decimal
		to   *allocation.Micros
	}{{"what the environment costs", fixed, &e.Fixed}, {"assumed traffic", assumed, &e.Assumed}, {"limit", last.Limit, &e.Limit}} {
		if *amount.to, err = allocation.MicrosOf(amount.name, amount.usd); err != nil {
			return e, nil, err
		}
	}
	return e, sent, nil
}
