package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

func newList(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show every tenant: tier, state, size, sessions and cost",
		Args:  o.args(),
		RunE:  func(cmd *cobra.Command, _ []string) error { return run.Or(list)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func list(ctx context.Context, o *options) error {
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		list, err := t.List(ctx)
		if err != nil {
			return err
		}
		return o.Answer(o.json, list, func() string { return listText(list) })
	})
}

func newShow(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:               "show <tenant>",
		Short:             "Show one tenant as the database has it, its limits, cost and archives",
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(show)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func show(ctx context.Context, o *options) error {
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		shown, err := t.Show(ctx, o.tenant)
		if err != nil {
			return err
		}
		return o.Answer(o.json, shown, func() string { return shownText(shown) })
	})
}
