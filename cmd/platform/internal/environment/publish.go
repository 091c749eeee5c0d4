package environment

import (
	"context"
	"fmt"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
)

// PublishPrices tells the breaker what the environment costs as it is deployed now.
func (t *Target) PublishPrices(ctx context.Context, f *cmdutil.Factory, o *PriceOptions) (sheet pricesheet.Sheet, err error) {
	now := time.Now().UTC()
	priced, err := t.Priced(ctx, f, o, now)
	if err != nil {
		return sheet, err
	}
	if sheet, err = cost.Sheet(priced.Document, priced.Terms, priced.OwnUSD, now); err != nil {
		return sheet, err
	}
	sheet.Spared = priced.Spared
	err = t.Tenants(ctx, f, RunOptions{}, true, func(ctx context.Context, tenants *tenant.Tenants) error {
		return tenants.PublishPrices(ctx, sheet)
	})
	return sheet, err
}

// PublishDeployed is PublishPrices after a deployment, which has succeeded whatever becomes of this: it warns where it cannot. The role of
// the deploying workflows, for one, may not call the provisioner.
func (t *Target) PublishDeployed(ctx context.Context, f *cmdutil.Factory, settings string) {
	if _, err := t.PublishPrices(ctx, f, &PriceOptions{Settings: settings}); err != nil {
		_, _ = fmt.Fprintf(f.Err, "warning: the breaker goes on with the prices of an earlier deployment, if there was one: `platform breaker publish --env %s` tells it what %s costs now: %v\n",
			t.Name, t.Name, err)
	}
}
