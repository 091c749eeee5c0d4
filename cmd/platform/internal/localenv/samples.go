package localenv

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// createSamples creates the sample tenants that do not exist, all at once, and leaves those that do as somebody left them.
func (c Cloud) createSamples(ctx context.Context, e environment) ([]*tenant.Report, error) {
	reports, failures := make([]*tenant.Report, len(c.Samples)), make([]error, len(c.Samples))
	lines := progress.Lines(c.Out)
	var all sync.WaitGroup
	for i, sample := range c.Samples {
		c.print("deploying tenant %s", sample.Tenant)
		its := e
		its.cloud.Out, its.cloud.Width = lines(sample.Tenant+": "), func() int { return 0 }
		tenants := &tenant.Tenants{Environment: &its, Operation: c.Operation}
		all.Go(func() {
			report, err := tenants.Ensure(ctx, sample.Tenant, sample.Tier)
			if err != nil {
				failures[i] = fmt.Errorf("tenant %s: %w", sample.Tenant, err)
			}
			reports[i] = report
		})
	}
	all.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	return reports, nil
}
