package cost

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Text is the table for a person at a terminal. When is what was asked about, in words.
func (b ByTenant) Text(when string) string {
	header := []any{"TENANT", "TIER"}
	for _, key := range allocation.Keys() {
		header = append(header, strings.ToUpper(key.Name))
	}
	t := render.NewTable(append(header, "COST", "PRICE", "MARGIN")...)
	columns := make([]int, 0, len(header)+1)
	for n := 3; n <= len(header)+3; n++ {
		columns = append(columns, n)
	}
	t.SetColumnConfigs(rightAligned(columns...))
	costs, prices := b.Cents()
	for i, row := range append(b.Rows, b.Whole) {
		tier := row.Tier
		if row.Kind == allocation.Gone {
			tier = "gone"
		}
		line := render.Row{row.Name(), render.Dash(tier)}
		for _, amount := range row.Parts {
			line = append(line, orDash(amount))
		}
		price, margin := "-", "-"
		if row.Price != nil {
			price, margin = inDollars(prices[i]), inDollars(prices[i]-costs[i])
		}
		t.AppendRow(append(line, inDollars(costs[i]), price, margin))
	}
	var out strings.Builder
	out.WriteString(t.Render())
	hours := decimal.NewFromInt(int64(b.To.Sub(b.From)/time.Minute)).DivRound(decimal.NewFromInt(int64(time.Hour/time.Minute)), 1)
	fmt.Fprintf(&out, "\n(%s, %s, %s hours until %s, UTC. US dollars at list prices, by the resources of today; nothing is corrected by AWS's bill.\n"+
		"Costs and prices add up to the whole; the parts are rounded one by one. (idle): nobody used it. (platform): no tenant causes it.)",
		b.Environment, when, hours, b.To.Format("2006-01-02 15:04"))
	for _, warning := range b.Warnings {
		out.WriteString("\nwarning: " + warning)
	}
	return out.String()
}

func inDollars(inCents int64) string { return decimal.New(inCents, -2).StringFixed(2) }

// orDash is an amount in cents; what is nothing at all is not told from noughts by looking closely.
func orDash(m allocation.Micros) string {
	if m == 0 {
		return "-"
	}
	return inDollars(m.Cents())
}
