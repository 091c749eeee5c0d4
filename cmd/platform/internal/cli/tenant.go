package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// tenantFlags say which environment's tenants a command means, and how it answers.
type tenantFlags struct {
	judged
	place

	environment string
	dryRun      bool
	asJSON      bool
}

func (a *app) tenantCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "tenant",
		Short: "Make, look at, change and remove the tenants of an environment",
		Long: `Make, look at, change and remove the tenants of an environment. Each tenant has a schema and a role of its own in
the shared database, a secret with its connection, a budget, and a stack named <environment>-tenant-<tenant>.

Every command can be repeated: it brings the tenant to what was asked for, whatever an earlier run left or somebody changed
by hand. With --json it prints one document on standard output; docs/tenants.md says what is in it.

Exit codes: 0 done, 1 failed or, in a dry run, would be refused, 2 wrong arguments (nothing was started), 4 no such tenant,
130 interrupted.`,
		Example: `  platform tenant create acme --tier pro
  platform tenant list --env prod
  platform tenant suspend acme --env prod`,
	}
	cmdutil.Group(cmd, a.tenantCreate(), a.tenantList(), a.tenantShow(), a.tenantTier(), a.tenantSuspend(), a.tenantResume(), a.tenantRotate(),
		a.tenantArchive(), a.tenantRestore(), a.tenantOffboard())
	return cmd
}

// addFlags adds what every command takes; one that changes the stack can be tried dry.
func (f *tenantFlags) addFlags(cmd *cobra.Command, changes bool) {
	flags := cmd.Flags()
	flags.StringVar(&f.environment, "env", local.Stack, "the tenant's environment: "+strings.Join(knownStacks, ", "))
	_ = cmd.RegisterFlagCompletionFunc("env", cobra.FixedCompletions(knownStacks, cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&f.name, "name", "default", "with --env local: which local cloud")
	flags.StringVar(&f.dir, "dir", "", "with --env local: the local cloud's folder")
	flags.BoolVar(&f.asJSON, "json", false, "print one JSON document on standard output")
	if changes {
		f.addDryRun(cmd)
		flags.StringVar(&f.pack, "policy-pack", "", "the program of the policy pack that judges (default: built from the repository)")
	}
}

func (f *tenantFlags) addDryRun(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.dryRun, "dry-run", false, "tell what would be done or why it would be refused, and do nothing")
}

// names are the arguments of a command about one tenant, of which the first is its name: checked all at once, before
// anything is started.
func (f *tenantFlags) names(words ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != len(words) {
			return exit.Usagef("%s: got %d arguments, expected %s", cmd.CommandPath(), len(args), strings.Join(words, " and "))
		}
		if !slices.Contains(knownStacks, f.environment) {
			return exit.Usagef("--env: got %q, expected one of %s", f.environment, strings.Join(knownStacks, ", "))
		}
		if len(args) > 0 {
			if err := tenant.CheckName(args[0]); err != nil {
				return exit.UsageError(err)
			}
		}
		return nil
	}
}

// onTenants does work on the tenants of the environment that the flags name.
func (a *app) onTenants(ctx context.Context, f *tenantFlags, changes bool, work func(context.Context, *tenant.Tenants) error) error {
	if changes {
		if err := a.prepareTenant(ctx, f); err != nil {
			return err
		}
	}
	on := func(ctx context.Context, environment tenant.Environment) error {
		return work(ctx, &tenant.Tenants{Environment: environment, Operation: f.operation(), DryRun: f.dryRun})
	}
	if f.environment == local.Stack {
		cloud, err := a.cloud(f.place)
		if err != nil {
			return err
		}
		return cloud.Tenants(ctx, on)
	}
	return on(ctx, &remoteEnvironment{app: a, name: f.environment})
}

// change is a command that changes one tenant's stack, and tells what the tenant is then.
func (a *app) change(ctx context.Context, f *tenantFlags, do func(context.Context, *tenant.Tenants) (*tenant.Report, error)) error {
	return a.onTenants(ctx, f, true, func(ctx context.Context, tenants *tenant.Tenants) error {
		report, err := do(ctx, tenants)
		if err != nil {
			return err
		}
		if err := a.tell(f, report, changeText(report)); err != nil {
			return err
		}
		if report.Refusal != "" {
			return fmt.Errorf("it would be refused: %s", report.Refusal)
		}
		return nil
	})
}

// tell prints what a command has to say, as one JSON document or for a person.
func (a *app) tell(f *tenantFlags, document any, text string) error {
	if f.asJSON {
		return a.PrintJSON(document)
	}
	a.Print(text)
	return nil
}
