package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// suspendOptions are what `platform tenant suspend` is asked.
type suspendOptions struct {
	options

	readOnly bool
	reason   string
}

func newSuspend(f *cmdutil.Factory, run cmdutil.Run[suspendOptions]) *cobra.Command {
	o := &suspendOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "suspend <tenant>",
		Short: "Stop a tenant: its sessions end and it cannot log in",
		Long: `Stop a tenant: its sessions end and it cannot log in. With --read-only it may still read, on one connection. Its data
stays, and "platform tenant resume" restores exactly what it had. The reason, who gives it and since when are shown to operators
by show, list and resume; the tenant does not see them.`,
		Example:           `  platform tenant suspend acme --reason "does not pay, see invoice 4711" --env prod`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := api.CheckReason(o.reason); err != nil {
				return exit.Usagef("--reason: %w", err)
			}
			return run.Or(suspend)(cmd.Context(), o)
		},
	}
	o.addChangeFlags(cmd)
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, in a line, for operators")
	cmd.Flags().BoolVar(&o.readOnly, "read-only", false, "let it read, on one connection")
	return cmd
}

func suspend(ctx context.Context, o *suspendOptions) error {
	state := api.StateSuspended
	if o.readOnly {
		state = api.StateLimited
	}
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.Suspend(ctx, o.tenant, state, o.hold())
	})
}

// hold is why and by whom the tenant is stopped.
func (o *suspendOptions) hold() api.Hold { return api.Hold{Why: o.reason, By: tenant.Caller()} }

// resumeOptions are what `platform tenant resume` is asked.
type resumeOptions struct {
	options

	cleanUp bool
}

func newResume(f *cmdutil.Factory, run cmdutil.Run[resumeOptions]) *cobra.Command {
	o := &resumeOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "resume <tenant>",
		Short: "Let a suspended or limited tenant work as its tier says",
		Long: `Let a suspended or limited tenant work as its tier says. It is refused while the tenant stores more than its tier allows.
With --clean-up such a tenant may log in, read, and free space for 24 hours: runbooks/tenant-over-limit.md.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(resume)(cmd.Context(), o) },
	}
	o.addChangeFlags(cmd)
	cmd.Flags().BoolVar(&o.cleanUp, "clean-up", false, "let it free space, as it stores more than its tier allows")
	return cmd
}

func resume(ctx context.Context, o *resumeOptions) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.Resume(ctx, o.tenant, o.cleanUp)
	})
}
