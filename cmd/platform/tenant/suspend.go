package tenant

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// suspendOptions are what `platform tenant suspend` is asked.
type suspendOptions struct {
	options

	readOnly bool
}

func newSuspend(f *cmdutil.Factory, run cmdutil.Run[suspendOptions]) *cobra.Command {
	o := &suspendOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "suspend <tenant>",
		Short: "Stop a tenant: its sessions end and it cannot log in",
		Long: `Stop a tenant: its sessions end and it cannot log in. With --read-only it may still read, on one connection. Its data
stays, and "platform tenant resume" restores exactly what it had.`,
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(suspend)(cmd.Context(), o) },
	}
	o.addChangeFlags(cmd)
	cmd.Flags().BoolVar(&o.readOnly, "read-only", false, "let it read, on one connection")
	return cmd
}

func suspend(ctx context.Context, o *suspendOptions) error {
	if o.readOnly {
		return o.setState(ctx, api.StateLimited)
	}
	return o.setState(ctx, api.StateSuspended)
}

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

func (o *options) setState(ctx context.Context, state api.State) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.SetState(ctx, o.tenant, state)
	})
}
