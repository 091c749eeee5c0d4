// Package allocation shares what a span of time cost among the tenants of an environment, by what each of them used. It is
// arithmetic alone: costs come from the estimator, usage from the ledger.
//
// Nothing is lost or hidden: the lines of a table add up to the whole, to the millionth of a dollar. What could have been used
// and was not is a line of its own, and so is what no tenant causes.
package allocation

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/genericcorp/platform/internal/check"
)

// Pool is what a group cost in the span.
type Pool struct {
	Cost     Micros
	Capacity int64 // what could be used, in the unit of the group's key; 0: not known, so that nothing is idle while anybody uses it
}

// Pools are those of the groups. That of Own is left empty: tenants have their own.
type Pools [groups]Pool

// Tenant is one that there is or was in the span.
type Tenant struct {
	Name  string  // empty: requests that no tenant was found for
	Tier  string  // empty: it is gone
	Own   Micros  // what its own resources cost
	Price *Micros // what it pays for the span; nil: not known
	Usage Usage
}

// Kind says what a line of a table is about.
type Kind string

// The kinds of line.
const (
	Known    Kind = "tenant"   // a tenant that there is
	Gone     Kind = "gone"     // a tenant that there was
	Nobody   Kind = "nobody"   // requests that no tenant was found for
	Idle     Kind = "idle"     // what could have been used and was not, by any tenant
	Overhead Kind = "platform" // what no tenant causes
	Whole    Kind = "whole"    // all lines together
)

// Row is one line of a table.
type Row struct {
	Kind   Kind    `json:"kind"`
	Tenant string  `json:"tenant"` // empty where the line is about none
	Tier   string  `json:"tier"`   // likewise
	Parts  Parts   `json:"partsUsd"`
	Cost   Micros  `json:"costUsd"`   // the sum of the parts
	Price  *Micros `json:"priceUsd"`  // null: there is none, or it is not known
	Margin *Micros `json:"marginUsd"` // price less cost; null without a price
}

// Name is how the line is called where a person reads it.
func (r Row) Name() string {
	switch r.Kind {
	case Nobody:
		return "(of no tenant)"
	case Idle:
		return "(idle)"
	case Overhead:
		return "(platform)"
	case Whole:
		return "whole"
	case Known, Gone:
	}
	return r.Tenant
}

// Table says who caused which cost.
type Table struct {
	Rows  []Row `json:"rows"`  // of tenants, the most expensive first; then what is idle, and the platform
	Whole Row   `json:"whole"` // the sum of the rows; its price is that of the tenants whose price is known
}

// The largest amounts of usage that are believed: of one tenant, or as capacity, and of all tenants, whose sum must fit into 64 bits.
const (
	mostUsed = 1 << 56
	mostSum  = 1 << 62
)

// Allocate shares the pools among the tenants. Input that cannot be is refused, all of it at once.
func Allocate(pools Pools, tenants []Tenant) (Table, error) {
	if err := validate(pools, tenants); err != nil {
		return Table{}, err
	}
	tenants = slices.Clone(tenants)
	slices.SortFunc(tenants, func(a, b Tenant) int { return cmp.Compare(a.Name, b.Name) }) // among equal shares, the order decides
	rows := make([]Row, len(tenants))
	for i, tenant := range tenants {
		rows[i] = Row{Kind: tenant.kind(), Tenant: tenant.Name, Tier: tenant.Tier, Price: tenant.Price}
		rows[i].Parts[Own] = tenant.Own
	}
	idle, overhead := Row{Kind: Idle}, Row{Kind: Overhead}
	weights := make([]int64, len(tenants)+1) // the last one is what is idle
	for group, pool := range pools {
		of := keys[group].of
		if of == nil {
			overhead.Parts[group] = pool.Cost
			continue
		}
		used := int64(0)
		for i, tenant := range tenants {
			weights[i] = of(tenant.Usage)
			used += weights[i]
		}
		weights[len(tenants)] = max(0, pool.Capacity-used)
		if used == 0 {
			weights[len(tenants)] = 1
		}
		shares := Apportion(pool.Cost, weights)
		for i := range rows {
			rows[i].Parts[group] = shares[i]
		}
		idle.Parts[group] = shares[len(tenants)]
	}
	return tableOf(rows, idle, overhead), nil
}

func (t Tenant) kind() Kind {
	switch {
	case t.Name == "":
		return Nobody
	case t.Tier == "":
		return Gone
	default:
		return Known
	}
}

// tableOf sums up and sorts.
func tableOf(tenants []Row, others ...Row) Table {
	rows := slices.Concat(tenants, others)
	whole := Row{Kind: Whole, Price: new(Micros)}
	for i := range rows {
		row := &rows[i]
		row.Cost = row.Parts.Sum()
		for group, amount := range row.Parts {
			whole.Parts[group] += amount
		}
		if row.Price != nil {
			*whole.Price += *row.Price
			row.Margin = margin(*row)
		}
	}
	whole.Cost = whole.Parts.Sum()
	whole.Margin = margin(whole)
	slices.SortStableFunc(rows[:len(tenants)], func(a, b Row) int { return cmp.Compare(b.Cost, a.Cost) })
	return Table{Rows: rows, Whole: whole}
}

func margin(row Row) *Micros {
	left := *row.Price - row.Cost
	return &left
}

// validate names every input that cannot be.
func validate(pools Pools, tenants []Tenant) error {
	problems := check.Under("")
	amount := func(path, name string, value, most int64) {
		if value < 0 || value > most {
			problems.In(path).Require(false, name, value, "0 to "+strconv.FormatInt(most, 10))
		}
	}
	const mostMicros = mostUSD * 1_000_000
	for group, pool := range pools {
		amount(Group(group).String(), "cost", int64(pool.Cost), mostMicros)
		amount(Group(group).String(), "capacity", pool.Capacity, mostUsed)
	}
	problems.Require(pools[Own].Cost == 0, "own.cost", int64(pools[Own].Cost), "0, as each tenant has its own")
	seen := make(map[string]bool, len(tenants))
	sums := [groups]float64{}
	for _, tenant := range tenants {
		path := "tenant " + strconv.Quote(tenant.Name)
		problems.Require(!seen[tenant.Name], path, "two lines", "one line a tenant")
		seen[tenant.Name] = true
		amount(path, "own", int64(tenant.Own), mostMicros)
		if tenant.Price != nil {
			amount(path, "price", int64(*tenant.Price), mostMicros)
		}
		u := tenant.Usage
		amount(path, "requests", u.Requests, mostUsed)
		amount(path, "bytes", u.Bytes, mostUsed)
		amount(path, "milliseconds", u.Milliseconds, mostUsed)
		amount(path, "storedKiBMinutes", u.StoredKiBMinutes, mostUsed)
		amount(path, "activeSeconds", u.ActiveSeconds, mostUsed)
		for group, key := range keys {
			if key.of != nil {
				sums[group] += float64(key.of(u))
			}
		}
	}
	for group, sum := range sums {
		problems.Require(sum <= mostSum, Group(group).String()+".usage", sum, "at most 4.6e18 of all tenants together")
	}
	return problems.Err()
}
