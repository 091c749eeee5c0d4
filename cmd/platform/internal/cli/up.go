package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// upReport is what `platform up --json` prints.
type upReport struct {
	Stack   string                  `json:"stack"`
	Changes map[progress.Action]int `json:"counts"`
}

// deployCommand deploys any environment; `platform local up` is its shorter form for one on this machine.
func (a *app) deployCommand() *cobra.Command {
	var t target
	var j judged
	var asJSON, yes bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy an environment, exactly as it was previewed",
		Long: `Deploy an environment, exactly as it was previewed. It always makes a preview first, which the policy pack
judges before anything is created. With --plan, what an earlier preview said and somebody approved, it deploys
nothing unless the new preview says the very same. An environment that is not on this machine wants either
the plan or --yes.`,
		Example: `  platform preview --stack dev --save-plan dev.plan
  platform up --stack dev --plan dev.plan`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(t.check(), j.requireConsent(t.stack, yes)); err != nil {
				return err
			}
			if err := a.prepare(cmd.Context(), &j, t.stack); err != nil {
				return err
			}
			changes, err := a.deploy(cmd.Context(), t, j)
			if err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(upReport{Stack: t.stack, Changes: changes})
			}
			a.Print(fmt.Sprintf("stack %s: %s", t.stack, changesText(changes)))
			return nil
		},
	}
	t.addFlags(cmd)
	j.addFlags(cmd)
	cmd.Flags().StringVar(&j.plan, "plan", "", "the plan of a preview, from which the deployment must not depart")
	cmd.Flags().BoolVar(&yes, "yes", false, "deploy without a plan: whatever this command's own preview says and the policy pack lets pass")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	return cmd
}

// requireConsent refuses to deploy what nobody has read, unless it is the environment on this machine.
func (j *judged) requireConsent(stack string, yes bool) error {
	if j.plan != "" || yes || stack == local.Stack {
		return nil
	}
	return exit.Usagef("--plan: it is missing; look at the changes with `platform preview --stack %[1]s --save-plan %[1]s.plan` "+
		"and deploy them with `platform up --stack %[1]s --plan %[1]s.plan`, or pass --yes to deploy them unread", stack)
}

// deploy brings a stack to its settings after a preview, which must say what the plan does, if there is one.
func (a *app) deploy(ctx context.Context, t target, j judged) (map[progress.Action]int, error) {
	var approved plan
	var err error
	if j.plan != "" {
		if approved, err = readPlan(j.plan, t.stack); err != nil {
			return nil, err
		}
	}
	snapshot, err := a.preview(ctx, t, j)
	if err != nil {
		return nil, err
	}
	if j.plan != "" {
		if err := approved.require(newPlan(newPreviewReport(t.stack, snapshot, nil))); err != nil {
			return nil, err
		}
	}
	if t.stack == local.Stack {
		cloud, err := a.judgedCloud(t.place, j)
		if err != nil {
			return nil, err
		}
		report, err := cloud.Up(ctx)
		if err != nil {
			return nil, err
		}
		return report.Changes, nil
	}
	stack, closeStack, err := a.remote(ctx, t.stack, j)
	if err != nil {
		return nil, err
	}
	defer closeStack()
	tracker := progress.NewTracker(0, time.Now)
	reporter := progress.Report(tracker, a.Err, a.Width)
	err = stack.Up(ctx, j.operation(), tracker)
	return reporter.Close().Changes, err
}

// judgedCloud is the local cloud with what judges its operations.
func (a *app) judgedCloud(p place, j judged) (local.Cloud, error) {
	cloud, err := a.cloud(p)
	cloud.Settings, cloud.ProgramPath, cloud.Operation = j.settings, j.program, j.operation()
	return cloud, err
}
