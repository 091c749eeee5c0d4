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

func newResume(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:               "resume <tenant>",
		Short:             "Let a suspended or limited tenant work as its tier says",
		Args:              o.args("the tenant's name"),
		ValidArgsFunction: o.completeTenants(),
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(resume)(cmd.Context(), o) },
	}
	o.addChangeFlags(cmd)
	return cmd
}

func resume(ctx context.Context, o *options) error { return o.setState(ctx, api.StateActive) }

func (o *options) setState(ctx context.Context, state api.State) error {
	return o.change(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Report, error) {
		return t.SetState(ctx, o.tenant, state)
	})
}
