// Package bill tells what AWS asks for at the end of a month: the estimate of an environment's own stack, and what no
// resource of that stack shows, which are its tenants, the support plan and tax. The limit of an environment holds for all of it.
package bill

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

// Basic is the support plan that costs nothing.
const Basic = "basic"

// Terms are what a bill adds to an estimate. The zero value adds nothing: that of a stack whose limit is for itself alone.
type Terms struct {
	Support    Support
	TaxPercent decimal.Decimal
	TenantUSD  decimal.Decimal // what each tenant may cost a month
	Ceiling    int             // how many tenants there may be
	PlannedUSD decimal.Decimal // the allowances of parts that are to come
}

// Support is the price of a support plan: a share of the month's charges, and a minimum.
type Support struct {
	Plan       string
	MinimumUSD decimal.Decimal
	Share      decimal.Decimal // of all charges; AWS takes less of what is above USD 10,000, so that it is an upper bound
}

// Bill is one month's, in US dollars.
type Bill struct {
	Environment decimal.Decimal `json:"environment"` // the stack's own estimate
	Tenants     int             `json:"tenants"`     // how many are counted
	TenantsUSD  decimal.Decimal `json:"tenantsUsd"`
	Planned     decimal.Decimal `json:"planned"`
	Support     decimal.Decimal `json:"support"`
	Tax         decimal.Decimal `json:"tax"`
	Total       decimal.Decimal `json:"total"`
}

// With is the bill of an environment with so many tenants.
func (t Terms) With(environment decimal.Decimal, tenants int) Bill {
	return t.sum(Bill{Environment: environment, Tenants: tenants})
}

// AtCeiling is the bill of an environment with as many tenants as it may have.
func (t Terms) AtCeiling(environment decimal.Decimal) Bill { return t.With(environment, t.Ceiling) }

// Largest is the bill at the ceiling with everything that grows by itself at its maximum, and with all that is planned.
func (t Terms) Largest(maximum decimal.Decimal) Bill {
	return t.sum(Bill{Environment: maximum, Tenants: t.Ceiling, Planned: t.PlannedUSD})
}

var hundred = decimal.NewFromInt(100)

func (t Terms) sum(b Bill) Bill {
	b.TenantsUSD = t.TenantUSD.Mul(decimal.NewFromInt(int64(b.Tenants)))
	charges := b.Environment.Add(b.TenantsUSD).Add(b.Planned)
	b.Support = decimal.Max(t.Support.MinimumUSD, charges.Mul(t.Support.Share))
	b.Tax = charges.Add(b.Support).Mul(t.TaxPercent).Div(hundred)
	b.Total = charges.Add(b.Support).Add(b.Tax)
	return b
}

// Plan finds the price of a support plan that AWS sells on a day; no name is the plan that costs nothing.
func Plan(c *catalogue.Catalogue, prices *catalogue.Prices, name string, day time.Time) (Support, error) {
	if name == "" || name == Basic {
		return Support{Plan: Basic}, nil
	}
	if calendar, known := c.Support(catalogue.Support, catalogue.SupportPlan, name); known && calendar.PhaseOn(day) != catalogue.Standard {
		return Support{}, fmt.Errorf("budget.support: got %q, which AWS sells no more since %s, expected one of %s",
			name, calendar.Extended.Format(time.DateOnly), strings.Join(plansOn(c, prices, day), ", "))
	}
	minimum, err := prices.Lookup(catalogue.Kind(catalogue.Support, "minimum", name))
	if err != nil {
		return Support{}, fmt.Errorf("budget.support: got %q, expected one of %s", name, strings.Join(plansOn(c, prices, day), ", "))
	}
	share, err := prices.Lookup(catalogue.Kind(catalogue.Support, "share", name))
	return Support{Plan: name, MinimumUSD: minimum.Amount, Share: share.Amount}, err
}

// plansOn lists the plans that AWS sells on a day.
func plansOn(c *catalogue.Catalogue, prices *catalogue.Prices, day time.Time) []string {
	names := map[string]bool{Basic: true}
	for _, price := range prices.Of(catalogue.Support, "minimum") {
		calendar, known := c.Support(catalogue.Support, catalogue.SupportPlan, price.Variant)
		if !known || calendar.PhaseOn(day) == catalogue.Standard {
			names[price.Variant] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
