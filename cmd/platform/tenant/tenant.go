// Package tenant creates, shows, changes and removes the tenants of an environment.
//
//page:none what was typed is wrong, and the message says what is right
package tenant

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
)

// options are what every command about tenants is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	run    environment.RunOptions
	tenant string // the first argument, where the command has one
	tier   string
	dryRun bool
	json   bool
}

// NewCommand is the group of commands about tenants.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tenant",
		Short: "Create, show, change and remove the tenants of an environment",
		Long: `Create, show, change and remove the tenants of an environment. Each tenant has a schema and a role of its own in
the shared database, a secret with its connection, and a stack named <environment>-tenant-<tenant>.

Every command can be repeated: it brings the tenant to what was asked for, whatever an earlier run left or somebody changed
by hand. With --json it prints one document on standard output; docs/tenants.md says what is in it.

Exit codes: 0 done, 1 failed or, in a dry run, would be refused, 2 wrong arguments (nothing was started), 4 no such tenant,
130 interrupted.`,
		Example: `  platform tenant create acme --tier pro
  platform tenant list --env prod
  platform tenant suspend acme --env prod`,
	}
	return cmdutil.Group(cmd, newCreate(f, nil), newList(f, nil), newShow(f, nil), newUsage(f, nil), newTier(f, nil), newSuspend(f, nil), newResume(f, nil),
		newBillTo(f, nil), newRotate(f, nil), newArchive(f, nil), newRestore(f, nil), newOffboard(f, nil))
}

// addFlags adds what every command about tenants takes.
func (o *options) addFlags(cmd *cobra.Command) {
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
}

// addChangeFlags adds what every command takes that changes a tenant's stack.
func (o *options) addChangeFlags(cmd *cobra.Command) {
	o.addFlags(cmd)
	o.addDryRun(cmd)
	o.run.AddPolicyPackFlag(cmd)
}

func (o *options) addDryRun(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be done or why it would be refused, and do nothing")
}

// args are the arguments of a command about one tenant, of which the first is its name: checked before anything is started.
func (o *options) args(words ...string) cobra.PositionalArgs {
	return cmdutil.Args(func(cmd *cobra.Command, args []string) error {
		if len(args) != len(words) {
			return fmt.Errorf("%s: got %s, expected %s", cmd.CommandPath(), printable.Count(len(args), "argument"), strings.Join(words, " and "))
		}
		if err := o.target.Check(); err != nil || len(args) == 0 {
			return err
		}
		o.tenant = args[0]
		return tenant.CheckName(o.tenant)
	})
}

// onTenants does work on the tenants of the environment.
func (o *options) onTenants(ctx context.Context, work func(context.Context, *tenant.Tenants) error) error {
	return o.target.Tenants(ctx, o.Factory, o.run, o.dryRun, work)
}

// change changes one tenant's stack, and tells what the tenant is then.
func (o *options) change(ctx context.Context, do func(context.Context, *tenant.Tenants) (*tenant.Report, error)) error {
	if err := o.run.PreparePolicyPack(); err != nil {
		return err
	}
	return o.onTenants(ctx, func(ctx context.Context, tenants *tenant.Tenants) error {
		report, err := do(ctx, tenants)
		if err != nil {
			return err
		}
		if err := o.Answer(o.json, report, func() string { return changeText(report) }); err != nil {
			return err
		}
		if report.Refusal != "" {
			return fmt.Errorf("it would be refused: %s", report.Refusal)
		}
		return nil
	})
}

// checkTier refuses a tier that does not exist.
func (o *options) checkTier() error { return exit.UsageError(tenant.Check(o.tenant, o.tier)) }
