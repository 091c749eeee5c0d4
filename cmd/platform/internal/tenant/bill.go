package tenant

import (
	"context"

	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/billed/explorer"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// Bill reads what AWS has charged the environment's account, for USD 0.01.
func (t *Tenants) Bill(ctx context.Context, span pricesheet.Span) (billed.Bill, error) {
	account, err := t.aws(ctx)
	if err != nil {
		return billed.Bill{}, err
	}
	return explorer.Bill(ctx, account, span)
}
