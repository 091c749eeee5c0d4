package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/tiers"
)

func newCreate(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "create <tenant>",
		Short: "Create a tenant, or finish one that is partially created",
		Long: `Create a tenant, or finish one that is partially created. Where all tenants have been brought to migrations, a new one gets them before it
is told to be there; --empty leaves that to the next run, so that an archive can be restored into it.`,
		Example: `  platform tenant create acme --tier pro --env prod`,
		Args:    o.args("the tenant's name"),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := exit.UsageError(tenant.CheckNew(o.tenant, o.tier)); err != nil {
				return err
			}
			return run.Or(create)(cmd.Context(), o)
		},
	}
	o.addChangeFlags(cmd)
	cmd.Flags().StringVar(&o.tier, "tier", "", "what the customer buys: free, starter, pro or enterprise; docs/tiers.md has the limits")
	cmd.Flags().BoolVar(&o.empty, "empty", false, "leave its schema empty, for an archive or for data from elsewhere")
	_ = cmd.RegisterFlagCompletionFunc("tier", cobra.FixedCompletions(tiers.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func create(ctx context.Context, o *options) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		report, err := t.Create(ctx, o.tenant, o.tier)
		if err != nil || o.empty {
			return report, err
		}
		return report, t.Begin(ctx, report)
	})
}

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
