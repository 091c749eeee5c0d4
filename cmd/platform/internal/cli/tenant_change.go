package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func (a *app) tenantCreate() *cobra.Command {
	var f tenantFlags
	var tier string
	cmd := &cobra.Command{
		Use:     "create <tenant>",
		Short:   "Make a tenant, or finish one that is half made",
		Example: `  platform tenant create acme --tier pro --env prod`,
		Args:    f.names("the tenant's name"),

		ValidArgsFunction: cobra.NoFileCompletions,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := tenant.Check(args[0], tier); err != nil {
				return exit.UsageError(err)
			}
			return a.change(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
				return t.Create(ctx, args[0], tier)
			})
		},
	}
	f.addFlags(cmd, true)
	cmd.Flags().StringVar(&tier, "tier", "", "what the customer buys: free, starter, pro or enterprise; docs/tiers.md has the limits")
	_ = cmd.RegisterFlagCompletionFunc("tier", cobra.FixedCompletions(tiers.Names(), cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (a *app) tenantTier() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:     "tier <tenant> <tier>",
		Short:   "Move a tenant to another tier, in place: no data is touched",
		Example: `  platform tenant tier acme enterprise --env prod`,
		Args:    f.names("the tenant's name", "the tier"),

		ValidArgsFunction: a.completeTenants(&f, tiers.Names()...),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := tenant.Check(args[0], args[1]); err != nil {
				return exit.UsageError(err)
			}
			return a.change(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
				return t.Tier(ctx, args[0], args[1])
			})
		},
	}
	f.addFlags(cmd, true)
	return cmd
}

func (a *app) tenantSuspend() *cobra.Command {
	var f tenantFlags
	var readOnly bool
	cmd := &cobra.Command{
		Use:   "suspend <tenant>",
		Short: "Let a tenant work no more: its sessions end and it cannot log in",
		Long: `Let a tenant work no more: its sessions end and it cannot log in. With --read-only it may still read, on one
connection. Its data stays, and "platform tenant resume" restores exactly what it had.`,
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			state := api.StateSuspended
			if readOnly {
				state = api.StateLimited
			}
			return a.setState(cmd.Context(), &f, args[0], state)
		},
	}
	f.addFlags(cmd, true)
	cmd.Flags().BoolVar(&readOnly, "read-only", false, "let it read, on one connection")
	return cmd
}

func (a *app) tenantResume() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:               "resume <tenant>",
		Short:             "Let a suspended or limited tenant work as its tier says",
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.setState(cmd.Context(), &f, args[0], api.StateActive)
		},
	}
	f.addFlags(cmd, true)
	return cmd
}

func (a *app) setState(ctx context.Context, f *tenantFlags, name string, state api.State) error {
	return a.change(ctx, f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.SetState(ctx, name, state)
	})
}

func (a *app) tenantRotate() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:   "rotate <tenant>",
		Short: "Give a tenant's role a new password, in its secret",
		Long: `Give a tenant's role a new password, in its secret. Sessions that are open stay open; workloads that connect anew
read the secret anew.`,
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.change(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) { return t.Rotate(ctx, args[0]) })
		},
	}
	f.addFlags(cmd, true)
	return cmd
}

func (a *app) tenantOffboard() *cobra.Command {
	var f tenantFlags
	var archive bool
	cmd := &cobra.Command{
		Use:   "offboard <tenant>",
		Short: "Remove a tenant and all that it owns; its archives stay",
		Long: `Remove a tenant and all that it owns. It is refused unless a verified archive holds all that the tenant's schema does:
"platform tenant archive" makes one, and --archive makes one first. The archives stay.`,
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f.dryRun && archive {
				return exit.Usagef("--archive: a dry run makes none; `platform tenant archive --dry-run` tries that")
			}
			return a.change(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
				return t.Offboard(ctx, args[0], archive)
			})
		},
	}
	f.addFlags(cmd, true)
	cmd.Flags().BoolVar(&archive, "archive", false, "archive the tenant's data first")
	return cmd
}
