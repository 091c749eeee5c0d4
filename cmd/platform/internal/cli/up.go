package cli

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// upReport is what `platform up --json` prints.
type upReport struct {
	Stack   string                 `json:"stack"`
	Changes map[apitype.OpType]int `json:"changes"`
}

// deployCommand deploys any environment; `platform local up` is its shorter form for one on this machine.
func (a *app) deployCommand() *cobra.Command {
	var t target
	var j judged
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "up",
		Short: "Deploy an environment, exactly as it was previewed",
		Long: `Deploy an environment, exactly as it was previewed: a resource that would change in another way than the
plan says is not touched, and the deployment fails. Without --plan it makes a preview of its own first, which
the policy pack judges before anything is created.`,
		Example: `  platform preview --stack dev --policy-pack bin/platform-policies --save-plan dev.plan
  platform up --stack dev --policy-pack bin/platform-policies --plan dev.plan`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.check(); err != nil {
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
				return a.printJSON(upReport{Stack: t.stack, Changes: changes})
			}
			a.print(fmt.Sprintf("stack %s: %s", t.stack, changesText(changes)))
			return nil
		},
	}
	t.addFlags(cmd)
	j.addFlags(cmd, "plan", "the plan of a preview, from which the deployment must not depart")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	return cmd
}

// deploy brings a stack to its settings, by the plan that was given or by one that is made here.
func (a *app) deploy(ctx context.Context, t target, j judged) (map[apitype.OpType]int, error) {
	if j.plan == "" {
		dir, err := os.MkdirTemp("", "platform-plan-")
		if err != nil {
			return nil, fmt.Errorf("make a folder for the plan: %w", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		j.plan = filepath.Join(dir, "plan.json")
		if _, err := a.preview(ctx, t, j); err != nil {
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
	reporter := progress.Report(tracker, a.err, a.width)
	err = stack.Up(ctx, j.operation(), tracker.Observe)
	return reporter.Close().Changes, err
}

// judgedCloud is the local cloud with what judges its operations.
func (a *app) judgedCloud(p place, j judged) (local.Cloud, error) {
	cloud, err := a.cloud(p)
	cloud.Settings, cloud.ProgramPath, cloud.Operation = j.settings, j.program, j.operation()
	return cloud, err
}
