package api

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

// ReadBill reads what AWS has charged for the days of a span that are in one month.
type ReadBill func(context.Context, pricesheet.Span) (billed.Bill, error)

// Billed compares the bill of a span with what the estimate said, at the prices that held then. The provisioner is asked for these first, and
// AWS, which charges for each request, only when there are any.
func Billed(ctx context.Context, ask Ask, read ReadBill, span pricesheet.Span) (b report.Billed, err error) {
	prices, err := ask(ctx, provisioner.Request{Action: provisioner.ActionPrices, Since: span.From})
	if err != nil {
		return b, fmt.Errorf("ask what the environment cost: %w", err)
	}
	listed, err := ask(ctx, provisioner.Request{Action: provisioner.ActionList})
	if err != nil {
		return b, fmt.Errorf("list tenants: %w", err)
	}
	if len(prices.Held) == 0 {
		return b, billed.ErrNoPrices
	}
	bill, err := read(ctx, span)
	if err != nil {
		return b, err
	}
	b.Open = bill.Open
	b.Days, err = billed.Compare(bill, prices.Held, provisioner.Ledger(nil, listed.Tenants, nil).Tenants)
	return b, err
}
