package report

import (
	"cmp"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/printable"
)

// Tenants are those that matter, and all in sums. Amounts are of the month to date.
type Tenants struct {
	// Rows are the tenants that cost most, and after them all others that pay and are at a loss, the largest loss first.
	Rows   []Row   `json:"rows"`
	Sums   []Sum   `json:"sums"`   // of all; the last one is the whole
	Free   Free    `json:"free"`   // those that pay nothing, and so are at a loss by design
	Movers []Mover `json:"movers"` // whose cost differs most from the day before, the largest difference first
}

// Figures are what something cost, and what was paid for it.
type Figures struct {
	Cost    Money            `json:"costUsd"`
	Price   *Money           `json:"priceUsd"`      // null: there is none, or it is not known
	Margin  *Money           `json:"marginUsd"`     // likewise
	Percent *decimal.Decimal `json:"marginPercent"` // of the price; null where that is nothing
}

// Row is one tenant.
type Row struct {
	Tenant string `json:"tenant"`
	Tier   string `json:"tier"` // empty: it is gone
	Loss   bool   `json:"loss"` // it pays, and less than it costs
	Figures
}

// Sum is what several lines have together.
type Sum struct {
	Name string `json:"name"`
	Figures
}

// Free are the tenants that pay nothing.
type Free struct {
	Tenants int   `json:"tenants"`
	Cost    Money `json:"costUsd"`
}

// Mover is a line of which the day cost another amount than the day before.
type Mover struct {
	Name      string `json:"name"`
	Day       Money  `json:"dayUsd"`
	DayBefore Money  `json:"dayBeforeUsd"`
	Change    Money  `json:"changeUsd"`
}

// How many lines a person reads.
const (
	mostRows   = 5
	mostMovers = 3
)

func (t Tenants) losses() (count int) {
	for _, row := range t.Rows {
		if row.Loss {
			count++
		}
	}
	return count
}

func noTenants() Tenants { return Tenants{Rows: []Row{}, Sums: []Sum{}, Movers: []Mover{}} }

func (f Facts) tenants() Tenants {
	rows := f.rows()
	t := Tenants{Rows: slices.Clone(rows[:min(mostRows, len(rows))]), Sums: f.sums(), Movers: f.movers()}
	others := slices.DeleteFunc(slices.Clone(rows[len(t.Rows):]), func(row Row) bool { return !row.Loss })
	slices.SortStableFunc(others, func(a, b Row) int { return cmp.Compare(a.Margin.Exact, b.Margin.Exact) })
	t.Rows = append(t.Rows, others...)
	for _, row := range rows {
		if row.Price != nil && row.Price.Exact == 0 {
			t.Free.Tenants++
			t.Free.Cost = t.Free.Cost.plus(row.Cost)
		}
	}
	return t
}

// rows are all tenants, also those that are gone, the most expensive first.
func (f Facts) rows() []Row {
	rows := []Row{}
	costs, prices := f.OfMonth.Cents()
	for i, line := range f.OfMonth.Rows {
		if line.Kind != allocation.Known && line.Kind != allocation.Gone {
			continue
		}
		row := Row{Tenant: line.Tenant, Tier: line.Tier, Figures: figuresOf(line, costs[i], prices[i])}
		row.Loss = row.Margin != nil && row.Price.Exact > 0 && row.Margin.Cents < 0
		rows = append(rows, row)
	}
	return rows
}

func figuresOf(line allocation.Row, costCents, priceCents int64) Figures {
	cost := Money{line.Cost, costCents}
	if line.Price == nil {
		return Figures{Cost: cost}
	}
	return figures(cost, Money{*line.Price, priceCents})
}

func figures(cost, price Money) Figures {
	margin := price.minus(cost)
	return Figures{Cost: cost, Price: &price, Margin: &margin, Percent: percentOf(margin, price)}
}

// sums are those of each kind of line that there is, and the whole.
func (f Facts) sums() []Sum {
	costs, prices := f.OfMonth.Cents()
	counts := map[allocation.Kind]int{}
	cost, price := map[allocation.Kind]Money{}, Money{}
	for i, line := range f.OfMonth.Rows {
		counts[line.Kind]++
		cost[line.Kind] = cost[line.Kind].plus(Money{line.Cost, costs[i]})
		if line.Price != nil {
			price = price.plus(Money{*line.Price, prices[i]})
		}
	}
	sums := []Sum{{printable.Count(counts[allocation.Known], "tenant"), figures(cost[allocation.Known], price)}}
	if gone := counts[allocation.Gone]; gone > 0 {
		sums = append(sums, Sum{printable.Count(gone, "tenant") + " gone", Figures{Cost: cost[allocation.Gone]}})
	}
	if counts[allocation.Nobody] > 0 {
		sums = append(sums, Sum{allocation.Row{Kind: allocation.Nobody}.Name(), Figures{Cost: cost[allocation.Nobody]}})
	}
	for _, kind := range []allocation.Kind{allocation.Idle, allocation.Overhead} {
		sums = append(sums, Sum{allocation.Row{Kind: kind}.Name(), Figures{Cost: cost[kind]}})
	}
	last := len(f.OfMonth.Rows)
	return append(sums, Sum{allocation.Row{Kind: allocation.Whole}.Name(), figuresOf(f.OfMonth.Whole, costs[last], prices[last])})
}

// movers are the tenants whose day cost another amount than the day before, by a cent at least, and the idle part, which bears what they do
// not. Each amount is rounded for itself.
func (f Facts) movers() []Mover {
	movers := []Mover{}
	if f.OfDayBefore == nil {
		return movers
	}
	byName := map[string]*Mover{}
	at := func(line allocation.Row) *Mover {
		name := line.Name()
		if byName[name] == nil {
			byName[name] = &Mover{Name: name}
		}
		return byName[name]
	}
	for _, line := range f.OfDay.Rows {
		at(line).Day = money(line.Cost)
	}
	for _, line := range f.OfDayBefore.Rows {
		at(line).DayBefore = money(line.Cost)
	}
	for _, m := range byName {
		if m.Change = m.Day.minus(m.DayBefore); m.Change.Cents != 0 {
			movers = append(movers, *m)
		}
	}
	slices.SortFunc(movers, func(a, b Mover) int {
		return cmp.Or(cmp.Compare(abs(b.Change.Cents), abs(a.Change.Cents)), cmp.Compare(a.Name, b.Name))
	})
	return movers[:min(mostMovers, len(movers))]
}
