package environment

import (
	"context"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// CompletionPatience is how long a shell waits for names.
const CompletionPatience = 10 * time.Second

// TenantNames are those of the environment's tenants, for a shell to complete. An environment that does not answer has none.
func (t *Target) TenantNames(ctx context.Context, f *cmdutil.Factory) (names []string) {
	ctx, cancel := context.WithTimeout(ctx, CompletionPatience)
	defer cancel()
	_ = t.Tenants(ctx, f, RunOptions{}, true, func(ctx context.Context, tenants *tenant.Tenants) error {
		list, err := tenants.List(ctx)
		if err != nil {
			return err
		}
		for _, listed := range list.Tenants {
			names = append(names, listed.Slug)
		}
		return nil
	})
	return names
}
