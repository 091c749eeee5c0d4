package tenant

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// archiveOptions are what `platform tenant archive` is asked.
type archiveOptions struct {
	options

	host string
}

func newArchive(f *cmdutil.Factory, run cmdutil.Run[archiveOptions]) *cobra.Command {
	o := &archiveOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "archive <tenant>",
		Short: "Export a tenant's data to the environment's bucket, and verify it",
		Long: `Export a tenant's data to the environment's bucket, read it back and compare. With --dry-run the data is read and counted,
and nothing is written. With --from-host it is what an instance holds that was restored from the database's backups.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			request := api.Request{Action: api.ActionArchive, Tenant: o.tenant, Host: o.host, DryRun: o.dryRun}
			if err := request.Validate(); err != nil {
				return exit.Usagef("%s", strings.ReplaceAll(err.Error(), "request.host", "--from-host"))
			}
			return run.Or(archive)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	o.addDryRun(cmd)
	cmd.Flags().StringVar(&o.host, "from-host", "", "the address of an instance that was restored from the database's backups")
	return cmd
}

func archive(ctx context.Context, o *archiveOptions) error {
	return o.archived(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
		return t.ArchiveFrom(ctx, o.tenant, o.host)
	})
}

// restoreOptions are what `platform tenant restore` is asked.
type restoreOptions struct {
	options

	choice tenant.Choice
	asOf   string
}

func newRestore(f *cmdutil.Factory, run cmdutil.Run[restoreOptions]) *cobra.Command {
	o := &restoreOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "restore <tenant>",
		Short: "Bring an archive back into the empty schema of a tenant",
		Long: `Bring an archive back into the empty schema of a tenant: the one that it is of, or another. Choose it by the last moment at
which the data was right (--as-of), by its key (--archive), or say that it is the newest (--newest): an archive that was made
after the damage holds the damage. "platform tenant show" lists the archives of a tenant, also of one that is gone, with their
times, sizes and rows. With --dry-run the archive is verified and the tenant inspected, and nothing is written.`,
		Example: `  platform tenant create acme-again --tier pro
  platform tenant restore acme-again --of acme --as-of 2026-11-23T10:00:00Z`,
		Args: o.args("the tenant's name"),

		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.checkChoice(); err != nil {
				return exit.UsageError(err)
			}
			return run.Or(restore)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	o.addDryRun(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.asOf, "as-of", "", "the last moment at which the data was right, such as 2026-11-23T10:00:00Z: the newest archive from until then")
	flags.BoolVar(&o.choice.Newest, "newest", false, "the newest archive, whatever it holds")
	flags.StringVar(&o.choice.Of, "of", "", "the tenant whose archive it is (default: the tenant that is restored)")
	flags.StringVar(&o.choice.Key, "archive", "", "the archive's key")
	_ = cmd.RegisterFlagCompletionFunc("archive", o.completeArchives)
	_ = cmd.RegisterFlagCompletionFunc("of", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return o.target.TenantNames(cmd.Context(), o.Factory), cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

// checkChoice requires one way to choose an archive.
func (o *restoreOptions) checkChoice() error {
	if o.choice.Of != "" {
		if err := tenant.CheckName(o.choice.Of); err != nil {
			return fmt.Errorf("--of: %w", err)
		}
	}
	switch {
	case o.asOf == "" && o.choice.Key == "" && !o.choice.Newest:
		return errors.New("got no archive, expected --as-of <time>, --archive <key> or --newest: `platform tenant show <tenant>` lists a tenant's archives")
	case o.asOf != "" && (o.choice.Key != "" || o.choice.Newest), o.choice.Key != "" && o.choice.Of != "":
		return errors.New("got two ways to choose an archive, expected one of --as-of, --archive and --newest; --of goes with the first and the last")
	case o.choice.Key != "":
		request := api.Request{Action: api.ActionRestore, Tenant: o.tenant, ArchiveKey: o.choice.Key}
		if err := request.Validate(); err != nil {
			return errors.New(strings.ReplaceAll(err.Error(), "request.archiveKey", "--archive"))
		}
	case o.asOf != "":
		var err error
		if o.choice.AsOf, err = time.Parse(time.RFC3339, o.asOf); err != nil || o.choice.AsOf.After(time.Now()) {
			return fmt.Errorf("--as-of: got %q, expected a time in the past, with its zone, such as 2026-11-23T10:00:00Z", o.asOf)
		}
	}
	return nil
}

func restore(ctx context.Context, o *restoreOptions) error {
	return o.archived(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Archived, error) {
		return t.Restore(ctx, o.tenant, o.choice)
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
