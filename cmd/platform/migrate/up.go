package migrate

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/migrations/checks"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// upOptions are what `platform migrate plan` and `up` are asked.
type upOptions struct {
	options

	folder string
	wanted api.Migrate
	accept []string
	dryRun bool
}

// defaultStop is how many of all tenants may fail, in per cent.
const defaultStop = 5

func newPlan(f *cmdutil.Factory, run cmdutil.Run[upOptions]) *cobra.Command {
	o := &upOptions{options: options{Factory: f}, dryRun: true}
	return o.command(&cobra.Command{
		Use:   "plan <folder>",
		Short: "Show what each tenant would get, and what is in the way",
		Long: `Show what each tenant would get of a folder of Prisma's migrations, and what is in the way. Tenants that are not known to have all of it
are looked into, and nothing is written. Before them stands what the migrations do that locks, rewrites or drops what is in use, with
the sizes of the tenants' tables: what is refused keeps up from running until it is accepted.`,
		Example: `  platform migrate plan prisma/migrations --env prod`,
	}, run)
}

func newUp(f *cmdutil.Factory, run cmdutil.Run[upOptions]) *cobra.Command {
	o := &upOptions{options: options{Factory: f}}
	cmd := o.command(&cobra.Command{
		Use:   "up <folder>",
		Short: "Apply to each tenant what it lacks of a folder of Prisma's migrations",
		Long: `Apply to each tenant what it lacks of a folder of Prisma's migrations: to the canaries first, then in waves. Whatever ends it, the same
command goes on. It fails unless every tenant has all of the folder, but for those that cannot be written to, which get it from the first run
after they are back, and those that a person holds.

Nothing is applied while a migration does what hurts and nobody has accepted it: plan tells what that is, and the safer way.`,
		Example: `  platform migrate up prisma/migrations --canary acme,bolt --stop-at 2 --env prod
  platform migrate up prisma/migrations --accept drops --env prod`,
	}, run)
	cmd.Flags().StringSliceVar(&o.wanted.Canaries, "canary", nil, "tenants that come first: unless all of them succeed, no other is touched (default: those of the setting migrations.canaries)")
	cmd.Flags().IntVar(&o.wanted.StopPercent, "stop-at", defaultStop, "how many of all tenants may fail, in per cent, until the rest is left as it is")
	_ = cmd.RegisterFlagCompletionFunc("canary", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		return o.target.TenantNames(cmd.Context(), o.Factory), cobra.ShellCompDirectiveNoFileComp
	})
	_ = cmd.RegisterFlagCompletionFunc("stop-at", cobra.NoFileCompletions)
	return cmd
}

// command completes a command that takes a folder.
func (o *upOptions) command(cmd *cobra.Command, run cmdutil.Run[upOptions]) *cobra.Command {
	o.takesFolder(cmd, &o.folder)
	cmd.Flags().StringSliceVar(&o.accept, "accept", nil, "rules that these migrations may break: "+strings.Join(rules(), ", "))
	_ = cmd.RegisterFlagCompletionFunc("accept", cobra.FixedCompletions(rules(), cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := o.checkAccept(); err != nil {
			return err
		}
		if err := o.read(); err != nil {
			return exit.UsageError(err)
		}
		return run.Or(up)(cmd.Context(), o)
	}
	o.addFlags(cmd)
	return cmd
}

// read reads the folder, and refuses a request that the provisioner would.
func (o *upOptions) read() (err error) {
	if o.wanted.Migrations, err = migrations.Read(o.folder); err != nil {
		return err
	}
	o.wanted.Digest = migrations.Digest(o.wanted.Migrations)
	return api.Request{Action: api.ActionMigrate, DryRun: true, Migrate: &o.wanted}.Validate()
}

// rules are what --accept takes.
func rules() []string {
	var names []string
	for _, rule := range checks.Rules() {
		names = append(names, string(rule))
	}
	return names
}

func (o *upOptions) checkAccept() error {
	for _, rule := range o.accept {
		if !slices.Contains(rules(), rule) {
			return exit.Usagef("--accept: got %q, expected %s", rule, strings.Join(rules(), ", "))
		}
	}
	return nil
}

func up(ctx context.Context, o *upOptions) error {
	accepted := []checks.Rule{}
	for _, rule := range o.accept {
		accepted = append(accepted, checks.Rule(rule))
	}
	told, err := o.tell(ctx, o.dryRun, func(ctx context.Context, t *tenant.Tenants) (*tenant.Migrated, error) {
		if !o.dryRun && o.wanted.Canaries == nil { // none named here
			n, err := namedBy(ctx, t.Environment)
			if err != nil {
				return nil, err
			}
			o.wanted.Canaries = n.Canaries
		}
		return t.Migrate(ctx, o.wanted, accepted)
	})
	if err != nil || o.dryRun {
		return err
	}
	return left(told)
}

// left is the error of a run that did not bring every tenant to the folder that can be brought there.
func left(told *tenant.Migrated) error {
	if rules := checks.RefusedBy(told.Findings); len(rules) > 0 {
		//page:failed-migration
		return fmt.Errorf("the migrations are refused, and nothing was applied: change them, or accept what they do with --accept %s", strings.Join(rules, ","))
	}
	problems := 0
	for _, t := range told.Tenants {
		switch t.State {
		case api.MigrationsFailed, api.MigrationsRefused, api.MigrationsBusy, api.MigrationsPending:
			problems++
		case api.MigrationsDone, api.MigrationsWaiting, api.MigrationsHeld:
		}
	}
	switch {
	case told.Stopped != "":
		//page:failed-migration
		return errors.New("the run has stopped: " + told.Stopped)
	case problems > 0:
		//page:failed-migration
		return fmt.Errorf("%s not migrated", printable.Count(problems, "tenant"))
	}
	return nil
}
