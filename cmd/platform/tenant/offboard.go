package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// offboardOptions are what `platform tenant offboard` is asked.
type offboardOptions struct {
	options

	archive bool
}

func newOffboard(f *cmdutil.Factory, run cmdutil.Run[offboardOptions]) *cobra.Command {
	o := &offboardOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:        "offboard <tenant>",
		SuggestFor: []string{"delete", "remove", "destroy"},
		Short:      "Remove a tenant and all that it owns; its archives stay",
		Long: `Remove a tenant and all that it owns. It is refused unless a verified archive holds all that the tenant's schema does:
"platform tenant archive" creates one, and --archive creates one first. The archives stay.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.dryRun && o.archive {
				return exit.Usagef("--archive: a dry run creates none; `platform tenant archive --dry-run` tries that")
			}
			return run.Or(offboard)(cmd.Context(), o)
		},
	}
	o.addChangeFlags(cmd)
	cmd.Flags().BoolVar(&o.archive, "archive", false, "archive the tenant's data first")
	return cmd
}

func offboard(ctx context.Context, o *offboardOptions) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.Offboard(ctx, o.tenant, o.archive)
	})
}
