package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/tiers"
)

func newTier(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:     "tier <tenant> <tier>",
		Short:   "Move a tenant to another tier, in place: no data is touched",
		Example: `  platform tenant tier acme enterprise --env prod`,
		Args:    o.args("the tenant's name", "the tier"),

		ValidArgsFunction: o.completeTenants(tiers.Names()...),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.tier = args[1]
			if err := o.checkTier(); err != nil {
				return err
			}
			return run.Or(moveToTier)(cmd.Context(), o)
		},
	}
	o.addChangeFlags(cmd)
	return cmd
}

func moveToTier(ctx context.Context, o *options) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.Tier(ctx, o.tenant, o.tier)
	})
}

func newRotate(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "rotate <tenant>",
		Short: "Give a tenant's role a new password, in its secret",
		Long: `Give a tenant's role a new password, in its secret. Sessions that are open stay open; workloads that connect again
read the secret again.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(rotate)(cmd.Context(), o) },
	}
	o.addChangeFlags(cmd)
	return cmd
}

func rotate(ctx context.Context, o *options) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) { return t.Rotate(ctx, o.tenant) })
}
