package local

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// Sample is a tenant that a local cloud has from the beginning.
type Sample struct{ Tenant, Tier string }

// makeSamples makes the sample tenants that do not exist, and leaves those that do as somebody made them.
func (c Cloud) makeSamples(ctx context.Context, environment tenant.Environment) ([]*tenant.Report, error) {
	tenants := &tenant.Tenants{Environment: environment, Operation: c.Operation}
	reports := []*tenant.Report{}
	for _, sample := range c.Samples {
		c.say("deploying tenant %s", sample.Tenant)
		report, err := tenants.Ensure(ctx, sample.Tenant, sample.Tier)
		if err != nil {
			return nil, fmt.Errorf("tenant %s: %w", sample.Tenant, err)
		}
		reports = append(reports, report)
	}
	return reports, nil
}
