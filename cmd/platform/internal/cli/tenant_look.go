package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func (a *app) tenantList() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Show every tenant: tier, state, size, sessions and cost",
		Args:  f.names(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.onTenants(cmd.Context(), &f, false, func(ctx context.Context, t *tenant.Tenants) error {
				list, err := t.List(ctx)
				if err != nil {
					return err
				}
				return a.tell(&f, list, listText(list))
			})
		},
	}
	f.addFlags(cmd, false)
	return cmd
}

func (a *app) tenantShow() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:               "show <tenant>",
		Short:             "Show one tenant as the database has it, its limits, cost and archives",
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.onTenants(cmd.Context(), &f, false, func(ctx context.Context, t *tenant.Tenants) error {
				shown, err := t.Show(ctx, args[0])
				if err != nil {
					return err
				}
				return a.tell(&f, shown, shownText(shown))
			})
		},
	}
	f.addFlags(cmd, false)
	return cmd
}

func (a *app) tenantArchive() *cobra.Command {
	var f tenantFlags
	cmd := &cobra.Command{
		Use:   "archive <tenant>",
		Short: "Export a tenant's data to the environment's bucket, and verify it",
		Long: `Export a tenant's data to the environment's bucket, read it back and compare. With --dry-run the data is read and counted,
and nothing is written.`,
		Args:              f.names("the tenant's name"),
		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.archived(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
				return t.Archive(ctx, args[0])
			})
		},
	}
	f.addFlags(cmd, false)
	f.addDryRun(cmd)
	return cmd
}

func (a *app) tenantRestore() *cobra.Command {
	var f tenantFlags
	var key string
	cmd := &cobra.Command{
		Use:   "restore <tenant>",
		Short: "Bring an archive back into the empty schema of a tenant",
		Long: `Bring an archive back into the empty schema of a tenant: the one that it is of, or another. "platform tenant show"
lists the archives of a tenant, also of one that is gone. With --dry-run the archive is verified and the tenant looked at,
and nothing is written.`,
		Example: `  platform tenant create acme-again --tier pro
  platform tenant restore acme-again --archive archives/local/acme/20261123T101500Z.sql.gz`,
		Args: f.names("the tenant's name"),

		ValidArgsFunction: a.completeTenants(&f),
		RunE: func(cmd *cobra.Command, args []string) error {
			request := api.Request{Action: api.ActionRestore, Tenant: args[0], ArchiveKey: key}
			if err := request.Validate(); err != nil {
				return exit.UsageError(err)
			}
			return a.archived(cmd.Context(), &f, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
				return t.Restore(ctx, args[0], key)
			})
		},
	}
	f.addFlags(cmd, false)
	f.addDryRun(cmd)
	cmd.Flags().StringVar(&key, "archive", "", "the archive's key")
	_ = cmd.RegisterFlagCompletionFunc("archive", a.completeArchives(&f))
	return cmd
}

// archived is a command that moves a tenant's data, and tells which.
func (a *app) archived(ctx context.Context, f *tenantFlags, do func(context.Context, *tenant.Tenants) (*tenant.Archived, error)) error {
	return a.onTenants(ctx, f, false, func(ctx context.Context, t *tenant.Tenants) error {
		archived, err := do(ctx, t)
		if err != nil {
			return err
		}
		return a.tell(f, archived, archivedText(archived))
	})
}
