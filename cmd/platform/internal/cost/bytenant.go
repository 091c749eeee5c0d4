package cost

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/policies/policyconfig"
)

// ByTenant is what each tenant cost in a span of time, for a person at a terminal.
type ByTenant struct{ *pricesheet.ByTenant }

// PerTenant shares what the stack of an environment cost in a span among its tenants, at the prices and by the resources of today. ownUSD is
// what each tenant's own resources cost a month.
func PerTenant(d Document, t policyconfig.Config, ownUSD decimal.Decimal, span pricesheet.Span, l pricesheet.Ledger, now time.Time) (ByTenant, error) {
	sheet, err := Sheet(d, t, ownUSD, now)
	if err != nil {
		return ByTenant{}, err
	}
	table, err := sheet.PerTenant(span, l, now)
	return ByTenant{table}, err
}
