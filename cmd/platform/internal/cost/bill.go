package cost

import (
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/printable"
)

// Bills are what AWS asks for: the stack with its tenants, support and tax. The limit holds for the one at the ceiling.
type Bills struct {
	Today      *bill.Bill      `json:"today"`      // null: how many tenants there are is not known
	Ceiling    bill.Bill       `json:"ceiling"`    // with as many tenants as there may be
	Largest    bill.Bill       `json:"largest"`    // at the ceiling, with all that grows by itself at its maximum, and what is planned
	TenantUSD  decimal.Decimal `json:"tenantUsd"`  // the most that one tenant costs
	Support    string          `json:"support"`    // the support plan
	TaxPercent decimal.Decimal `json:"taxPercent"` // of all charges
}

// WithTenants adds the bill with the tenants that there are.
func (s Statement) WithTenants(tenants int) Statement {
	today := s.terms.With(s.Total, tenants)
	s.Bills.Today = &today
	return s
}

// plain says that the bill is the stack's own estimate and nothing else.
func (s Statement) plain() bool { return s.Bills.Largest.Total.Equal(s.Bills.Largest.Environment) }

// whole is what the limit is compared with, in words.
func (s Statement) whole() string {
	amount := "USD " + cents(s.Bills.Ceiling.Total) + " a month"
	if s.plain() {
		return amount
	}
	return fmt.Sprintf("%s with %s, support and tax", amount, printable.Count(s.Bills.Ceiling.Tenants, "tenant"))
}

// billRow is one line of the table of bills.
type billRow struct{ Name, Today, Ceiling, Largest string }

// billRows are the lines of the table of bills, and its head first.
func (s Statement) billRows() []billRow {
	b := s.Bills
	row := func(name string, amount func(bill.Bill) decimal.Decimal) billRow {
		today := "unknown"
		if b.Today != nil {
			today = cents(amount(*b.Today))
		}
		return billRow{name, today, cents(amount(b.Ceiling)), cents(amount(b.Largest))}
	}
	now := "today"
	if b.Today != nil {
		now = "today, " + printable.Count(b.Today.Tenants, "tenant")
	}
	return []billRow{
		{"the whole bill", now, "with " + printable.Count(b.Ceiling.Tenants, "tenant"), "at its largest"},
		row("environment", func(b bill.Bill) decimal.Decimal { return b.Environment }),
		row("tenants, at most "+cents(b.TenantUSD)+" each", func(b bill.Bill) decimal.Decimal { return b.TenantsUSD }),
		row("planned parts", func(b bill.Bill) decimal.Decimal { return b.Planned }),
		row("support plan "+b.Support, func(b bill.Bill) decimal.Decimal { return b.Support }),
		row("tax of "+b.TaxPercent.String()+" %", func(b bill.Bill) decimal.Decimal { return b.Tax }),
		row("total", func(b bill.Bill) decimal.Decimal { return b.Total }),
		row("room below the limit", func(b bill.Bill) decimal.Decimal { return s.Limit.Sub(b.Total) }),
	}
}

// billText is the table of bills for a terminal; nothing where the bill is the stack's own estimate.
func (s Statement) billText() string {
	if s.plain() {
		return ""
	}
	var t table.Writer
	for i, row := range s.billRows() {
		if i == 0 {
			t = render.NewTable(row.Name, row.Today, row.Ceiling, row.Largest)
			t.SetColumnConfigs(rightAligned(2, 3, 4))
			continue
		}
		t.AppendRow(render.Row{row.Name, row.Today, row.Ceiling, row.Largest})
	}
	return "\n\n" + t.Render()
}

// Afford refuses a tenant with whom the bill of an environment would be above its limit. The resources are those of the
// environment's own stack, the settings its file, and tenants are counted with the new one.
func Afford(resources []apitype.ResourceV3, settingsFile string, tenants int, now time.Time) error {
	document := FromState(resources)
	terms, err := document.Terms(settingsFile, "", now)
	if err != nil {
		return err
	}
	report := terms.Estimator.Estimate(document.After)
	with := terms.Bill.With(report.Total(), tenants)
	if with.Total.LessThanOrEqual(terms.Limit.Limit) {
		return nil
	}
	//page:tenant-onboarding
	return fmt.Errorf("the environment cannot pay for another tenant: with %s, at most USD %s each, its bill would be USD %s a month "+
		"(environment %s, tenants %s, support %s, tax %s) and the limit is USD %s (%s): make the environment smaller, offboard a tenant, "+
		"or get a higher limit approved", printable.Count(tenants, "tenant"), cents(terms.Bill.TenantUSD), cents(with.Total), cents(with.Environment), cents(with.TenantsUSD),
		cents(with.Support), cents(with.Tax), cents(terms.Limit.Limit), terms.Limit.Basis)
}
