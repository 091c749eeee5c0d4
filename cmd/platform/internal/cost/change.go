package cost

import (
	"cmp"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/estimator"
)

// Change is the difference between two estimates.
type Change struct {
	Before decimal.Decimal `json:"before"`
	After  decimal.Decimal `json:"after"`
	Delta  decimal.Decimal `json:"delta"`
	Movers []Mover         `json:"movers"` // what changes the cost, the biggest first
}

// Mover is one resource whose cost changes.
type Mover struct {
	What   string          `json:"what"` // added, removed or changed
	Type   string          `json:"type"`
	Name   string          `json:"name"`
	Part   string          `json:"part"`
	Before decimal.Decimal `json:"before"`
	After  decimal.Decimal `json:"after"`
	Delta  decimal.Decimal `json:"delta"`
}

// compare matches resources by their URN without the name of the stack, so that two stacks can be compared as well.
func compare(before, after estimator.Report) *Change {
	c := &Change{Before: before.Total(), After: after.Total(), Delta: after.Total().Sub(before.Total()), Movers: []Mover{}}
	old := map[string]estimator.ResourceCost{}
	for _, r := range before.Resources {
		old[within(r.URN)] = r
	}
	for _, r := range after.Resources {
		last, known := old[within(r.URN)]
		delete(old, within(r.URN))
		what := "changed"
		if !known {
			what = "added"
		}
		c.move(what, r, last.Total(), r.Total())
	}
	for _, r := range old {
		c.move("removed", r, r.Total(), decimal.Zero)
	}
	c.move("changed", after.Account, before.Account.Total(), after.Account.Total())
	slices.SortFunc(c.Movers, func(a, b Mover) int {
		return cmp.Or(b.Delta.Abs().Cmp(a.Delta.Abs()), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
	return c
}

func (c *Change) move(what string, r estimator.ResourceCost, before, after decimal.Decimal) {
	if before.Equal(after) {
		return
	}
	part := partOf(r.URN)
	if r.URN == "" {
		part = accountPart
	}
	c.Movers = append(c.Movers, Mover{
		What: what, Type: short(r.Type), Name: r.Name, Part: part, Before: before, After: after, Delta: after.Sub(before),
	})
}

// within is a URN without the name of its stack.
func within(text string) string {
	_, rest, _ := strings.Cut(text, "::")
	return rest
}

// signed writes an amount with its sign, as a difference.
func signed(amount decimal.Decimal) string {
	if amount.IsPositive() {
		return "+" + cents(amount)
	}
	return cents(amount)
}
