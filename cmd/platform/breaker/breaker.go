// Package breaker shows whether the environment or a tenant costs too much, what the breaker did about it, and lets a person overrule it.
//
//page:none what was typed is wrong, and the message says what is right
package breaker

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
)

// options are what every command about the breaker is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
	tenant string // the first argument, where there is one
}

// NewCommand shows how tenants stand with the breaker.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := newStatus(f, nil)
	cmd.AddCommand(newLog(f, nil), newOverride(f, nil), newPublish(f, nil))
	return cmd
}

func (o *options) addFlags(cmd *cobra.Command) {
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
}

// takes reads the name of a tenant, which may be left out unless it is required.
func (o *options) takes(required bool) cobra.PositionalArgs {
	return cmdutil.Args(func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 || required && len(args) == 0 {
			return fmt.Errorf("%s: got %s, expected the tenant's name", cmd.CommandPath(), printable.Count(len(args), "argument"))
		}
		if err := o.target.Check(); err != nil || len(args) == 0 {
			return err
		}
		o.tenant = args[0]
		return tenant.CheckName(o.tenant)
	})
}

func (o *options) complete(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return o.target.TenantNames(cmd.Context(), o.Factory), cobra.ShellCompDirectiveNoFileComp
}

// tell asks the environment and answers.
func (o *options) tell(ctx context.Context, ask func(context.Context, *tenant.Tenants) (*tenant.Breaker, error), text func(*tenant.Breaker) string) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, false, func(ctx context.Context, t *tenant.Tenants) error {
		told, err := ask(ctx, t)
		if err != nil {
			return err
		}
		return o.Answer(o.json, told, func() string { return text(told) })
	})
}

func newStatus(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "breaker",
		Short: "Show what the environment and each tenant's use cost this month, and whom the breaker holds",
		Long: `Show what the environment will cost this month, of its limit, and what each tenant's use costs, of what its tier allows, and whom the
breaker holds. At 90 per cent of its allowance a tenant is warned of, at 100 it may only read, at 200 it may not log in. At 100 per cent
of the environment's limit no tenant is made and none gets a larger tier, at 200 those are suspended whose traffic costs something.
Who is held is let go when the month ends, when the tier or the limit grows, or when a person overrides the breaker.
Suspensions and limits by people are left alone.`,
		Example: `  platform breaker --env prod
  platform breaker log acme --env prod
  platform breaker override acme --reason "a launch, agreed with sales" --until 2026-12-03 --env prod`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.target.Check(); err != nil {
				return err
			}
			return run.Or(status)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	return cmd
}

func status(ctx context.Context, o *options) error {
	return o.tell(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Breaker, error) { return t.Breaker(ctx) }, statusText)
}

func newLog(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "log [tenant]",
		Short: "Show what the breaker did, with the numbers behind each act",
		Long:  "Show what the breaker did, with the numbers behind each act, the latest first: to all tenants, or to one, also one that is gone.",
		Example: `  platform breaker log --env prod
  platform breaker log acme --env prod --json`,
		Args:              o.takes(false),
		ValidArgsFunction: o.complete,
		RunE:              func(cmd *cobra.Command, _ []string) error { return run.Or(log)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func log(ctx context.Context, o *options) error {
	return o.tell(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Breaker, error) {
		return t.BreakerLog(ctx, o.tenant)
	}, logText)
}
