// Package migrate brings the schemas of all tenants to a folder of Prisma's migrations, and shows how they stand.
//
//page:none what was typed is wrong, and the message says what is right
package migrate

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/printable"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// options are what every command about migrations is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
	tenant string // the first argument, where there is one
}

// NewCommand is the commands about migrations.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	return cmdutil.Group(&cobra.Command{
		Use:   "migrate",
		Short: "Bring all tenants' schemas to a folder of Prisma's migrations",
		Long:  `Bring all tenants' schemas to a folder of Prisma's migrations: canaries first, then in waves. docs/migrations.md has the rules.`,
		Example: `  platform migrate plan prisma/migrations --env prod
  platform migrate up prisma/migrations --canary acme --stop-at 2 --env prod
  platform migrate status --env prod`,
	}, newPlan(f, nil), newUp(f, nil), newStatus(f, nil), newHold(f, nil), newResume(f, nil), newPush(f, nil), newPull(f, nil))
}

func (o *options) addFlags(cmd *cobra.Command) {
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
}

// takesTenant reads the name of a tenant.
func (o *options) takesTenant() cobra.PositionalArgs {
	return cmdutil.Args(func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s: got %s, expected the tenant's name", cmd.CommandPath(), printable.Count(len(args), "argument"))
		}
		if err := o.target.Check(); err != nil {
			return err
		}
		o.tenant = args[0]
		return tenant.CheckName(o.tenant)
	})
}

// takesFolder has a command take the folder of the migrations.
func (o *options) takesFolder(cmd *cobra.Command, folder *string) {
	cmd.Args = cmdutil.Args(func(cmd *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s: got %s, expected the folder of the migrations, such as prisma/migrations", cmd.CommandPath(), printable.Count(len(args), "argument"))
		}
		*folder = args[0]
		return o.target.Check()
	})
	cmd.ValidArgsFunction = func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return nil, cobra.ShellCompDirectiveFilterDirs
	}
}

func (o *options) complete(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return o.target.TenantNames(cmd.Context(), o.Factory), cobra.ShellCompDirectiveNoFileComp
}

// tell asks the environment and answers.
func (o *options) tell(ctx context.Context, dryRun bool, ask func(context.Context, *tenant.Tenants) (*tenant.Migrated, error)) (told *tenant.Migrated, err error) {
	err = o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, dryRun, func(ctx context.Context, t *tenant.Tenants) error {
		if told, err = ask(ctx, t); err != nil {
			return err
		}
		return o.Answer(o.json, told, func() string { return text(told) })
	})
	return told, err
}

func newStatus(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how each tenant stands with its migrations",
		Long:  "Show how each tenant stands with its migrations, as it was left when it was last tried. No tenant is looked into: plan does that.",
		Args:  cmdutil.NoArgs,
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
	_, err := o.tell(ctx, false, func(ctx context.Context, t *tenant.Tenants) (*tenant.Migrated, error) { return t.Migrations(ctx) })
	return err
}

// holdOptions are what `platform migrate hold` is asked.
type holdOptions struct {
	options

	reason, by string
}

func newHold(f *cmdutil.Factory, run cmdutil.Run[holdOptions]) *cobra.Command {
	o := &holdOptions{options: options{Factory: f}, by: tenant.Caller()}
	cmd := &cobra.Command{
		Use:               "hold <tenant>",
		Short:             "Keep migrations from a tenant until it is resumed",
		Example:           `  platform migrate hold acme --reason "its fair is until Friday" --env prod`,
		Args:              o.takesTenant(),
		ValidArgsFunction: o.complete,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.reason == "" || api.CheckReason(o.reason) != nil {
				return exit.Usagef("--reason: got %q, expected why, in %s", o.reason, api.ReasonExpected)
			}
			return run.Or(hold)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, in a line, for operators")
	_ = cmd.RegisterFlagCompletionFunc("reason", cobra.NoFileCompletions)
	return cmd
}

func hold(ctx context.Context, o *holdOptions) error {
	_, err := o.tell(ctx, false, func(ctx context.Context, t *tenant.Tenants) (*tenant.Migrated, error) {
		return t.HoldMigrations(ctx, o.tenant, o.reason, o.by)
	})
	return err
}

// resumeOptions are what `platform migrate resume` is asked.
type resumeOptions struct {
	options

	how api.Migrate
}

func newResume(f *cmdutil.Factory, run cmdutil.Run[resumeOptions]) *cobra.Command {
	o := &resumeOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "resume <tenant>",
		Short: "Let the next run try a tenant again that failed or is held",
		Long: `Let the next run try a tenant again that failed or is held. A migration that ran in a transaction has left nothing. One that began and has
not ended may have left a part: look, put the schema right by hand, and say with --applied that all of it is there now, or with
--rolled-back that nothing is.`,
		Args:              o.takesTenant(),
		ValidArgsFunction: o.complete,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.how.Applied && o.how.RolledBack {
				return exit.Usagef("got --applied and --rolled-back, expected one of them at most")
			}
			return run.Or(resume)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVar(&o.how.Applied, "applied", false, "all of the unfinished migration is there now")
	cmd.Flags().BoolVar(&o.how.RolledBack, "rolled-back", false, "nothing of the unfinished migration is there now")
	return cmd
}

func resume(ctx context.Context, o *resumeOptions) error {
	_, err := o.tell(ctx, false, func(ctx context.Context, t *tenant.Tenants) (*tenant.Migrated, error) {
		if !o.how.Applied && !o.how.RolledBack {
			return t.ResumeMigrations(ctx, o.tenant, nil)
		}
		return t.ResumeMigrations(ctx, o.tenant, &o.how)
	})
	return err
}
