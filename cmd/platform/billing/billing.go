// Package billing shows how an environment's tenants stand with Stripe, and brings both together.
package billing

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/billing/api"
)

// options are what every command about billing is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
}

// NewCommand is the commands about billing.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	return cmdutil.Group(&cobra.Command{
		Use:   "billing",
		Short: "Show how tenants stand with Stripe, and bring both together",
		Long: `Show how an environment's tenants stand with Stripe, and bring both together. It asks the function that the setting billing makes, as
whoever may call that. docs/billing.md has the rules.`,
		Example: `  platform billing status --env prod
  platform billing run --env prod`,
	}, newStatus(f, nil), newRun(f, nil))
}

func (o *options) command(cmd *cobra.Command, run cmdutil.Run[options]) *cobra.Command {
	cmd.Args = cmdutil.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.target.Check(); err != nil {
			return err
		}
		return run(cmd.Context(), o)
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

// tell has billing do something and answers.
func (o *options) tell(ctx context.Context, action api.Action, text func(*tenant.Billing) string) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, false, func(ctx context.Context, t *tenant.Tenants) error {
		told, err := t.Billing(ctx, action)
		if err != nil {
			return err
		}
		return o.Answer(o.json, told, func() string { return text(told) })
	})
}

func newStatus(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	return o.command(&cobra.Command{
		Use:   "status",
		Short: "Show each tenant's customer and subscription, who has not paid, and what differs",
		Long: `Show of each tenant its tier and price, its customer and subscription in Stripe, since when it has not paid, and to what billing holds it
since when; what the next run would do; and what a person should know. It changes nothing, and does not compare usage, which a run does.`,
		Example: `  platform billing status --env prod
  platform billing status --env prod --json`,
	}, run.Or(status))
}

func status(ctx context.Context, o *options) error { return o.tell(ctx, api.ActionStatus, statusText) }

func newRun(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	return o.command(&cobra.Command{
		Use:   "run",
		Short: "Bring Stripe to what the platform knows, and tenants to what they have paid, now",
		Long: `Do now what is done each hour: hold who has not paid, let go who has, and bring Stripe to what the platform knows. It can be repeated:
each thing is done once.`,
		Example: `  platform billing run --env prod`,
	}, run.Or(runNow))
}

func runNow(ctx context.Context, o *options) error { return o.tell(ctx, api.ActionRun, runText) }
