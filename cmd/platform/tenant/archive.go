package tenant

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// archiveOptions are what the commands are asked that move a tenant's data.
type archiveOptions struct {
	options

	key string // of the archive to restore
}

func newArchive(f *cmdutil.Factory, run cmdutil.Run[archiveOptions]) *cobra.Command {
	o := &archiveOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "archive <tenant>",
		Short: "Export a tenant's data to the environment's bucket, and verify it",
		Long: `Export a tenant's data to the environment's bucket, read it back and compare. With --dry-run the data is read and counted,
and nothing is written.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(archive)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	o.addDryRun(cmd)
	return cmd
}

func archive(ctx context.Context, o *archiveOptions) error {
	return o.archived(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
		return t.Archive(ctx, o.tenant)
	})
}

func newRestore(f *cmdutil.Factory, run cmdutil.Run[archiveOptions]) *cobra.Command {
	o := &archiveOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "restore <tenant>",
		Short: "Bring an archive back into the empty schema of a tenant",
		Long: `Bring an archive back into the empty schema of a tenant: the one that it is of, or another. "platform tenant show"
lists the archives of a tenant, also of one that is gone. With --dry-run the archive is verified and the tenant inspected,
and nothing is written.`,
		Example: `  platform tenant create acme-again --tier pro
  platform tenant restore acme-again --archive archives/local/acme/20261123T101500Z.sql.gz`,
		Args: o.args("the tenant's name"),

		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			request := api.Request{Action: api.ActionRestore, Tenant: o.tenant, ArchiveKey: o.key}
			if err := request.Validate(); err != nil {
				return exit.Usagef("%s", strings.ReplaceAll(err.Error(), "request.archiveKey", "--archive"))
			}
			return run.Or(restore)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	o.addDryRun(cmd)
	cmd.Flags().StringVar(&o.key, "archive", "", "the archive's key")
	_ = cmd.RegisterFlagCompletionFunc("archive", o.completeArchives)
	return cmd
}

func restore(ctx context.Context, o *archiveOptions) error {
	return o.archived(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
		return t.Restore(ctx, o.tenant, o.key)
	})
}

func (o *options) archived(ctx context.Context, do func(context.Context, *tenant.Tenants) (*tenant.Archived, error)) error {
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		archived, err := do(ctx, t)
		if err != nil {
			return err
		}
		return o.Answer(o.json, archived, func() string { return archivedText(archived) })
	})
}
