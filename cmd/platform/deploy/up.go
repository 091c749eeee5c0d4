package deploy

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
)

// upOptions are what `platform up` is asked.
type upOptions struct {
	*cmdutil.Factory

	target environment.Target
	run    environment.RunOptions
	yes    bool
	json   bool
}

// upReport is what `platform up --json` prints.
type upReport struct {
	Stack   string                  `json:"stack"`
	Changes map[progress.Action]int `json:"counts"`
}

func newUp(f *cmdutil.Factory, run cmdutil.Run[upOptions]) *cobra.Command {
	o := &upOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy an environment, exactly as it was previewed",
		Long: `Deploy an environment, exactly as it was previewed. It always previews first, and the policy pack checks that
before anything is created. With --plan, which an earlier preview wrote and somebody approved, it deploys
nothing unless the new preview says the very same. An environment that is not on this machine requires either
the plan or --yes.`,
		Example: `  platform preview --env dev --save-plan dev.plan
  platform up --env dev --plan dev.plan
  platform up --env dev --workloads --yes   # then what runs in its cluster`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.target.Check(), o.requireConsent()); err != nil {
				return err
			}
			return run.Or(up)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.target.AddWorkloadsFlag(cmd)
	o.run.AddFlags(cmd)
	cmd.Flags().StringVar(&o.run.Plan, "plan", "", "the plan of a preview, from which the deployment must not depart")
	cmd.Flags().BoolVar(&o.yes, "yes", false, "deploy without a plan: whatever this command's own preview says and the policy pack lets pass")
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

// requireConsent refuses to deploy what nobody has read, unless it is the environment on this machine.
func (o *upOptions) requireConsent() error {
	if o.run.Plan != "" || o.yes || o.target.Local() {
		return nil
	}
	return exit.Usagef("--plan: it is missing; look at the changes with `platform preview --env %[1]s --save-plan %[1]s.plan` "+
		"and deploy them with `platform up --env %[1]s --plan %[1]s.plan`, or pass --yes to deploy them unread", o.target.Name)
}

// up brings an environment to its settings after a preview, which must say what the plan does, if there is one.
func up(ctx context.Context, o *upOptions) error {
	if err := o.run.Prepare(o.Factory, o.target.Name); err != nil {
		return err
	}
	var approved plan
	if o.run.Plan != "" {
		var err error
		if approved, err = readPlan(o.run.Plan, o.target.Stack()); err != nil {
			return err
		}
	}
	snapshot, err := o.target.Preview(ctx, o.Factory, o.run)
	if err != nil {
		return err
	}
	if o.run.Plan != "" {
		if err := approved.require(newPlan(newReport(o.target.Stack(), snapshot, nil))); err != nil {
			return err
		}
	}
	changes, err := o.target.Deploy(ctx, o.Factory, o.run)
	if err != nil {
		return err
	}
	if !o.target.Workloads {
		o.target.PublishDeployed(ctx, o.Factory, o.run.Settings)
	}
	return o.Answer(o.json, upReport{Stack: o.target.Stack(), Changes: changes}, func() string {
		return fmt.Sprintf("stack %s: %s", o.target.Stack(), render.Changes(changes))
	})
}
