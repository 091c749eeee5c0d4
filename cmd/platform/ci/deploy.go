package ci

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
	"github.com/genericcorp/platform/internal/environments"
)

// deployOptions say what is deployed, by which plan.
type deployOptions struct {
	*Host
	name      string // the environment's
	plan      string
	workloads bool // what runs in its cluster, which is a stack of its own
}

// stack is the name of the stack that is deployed.
func (o *deployOptions) stack() string {
	if o.workloads {
		return environments.WorkloadsStack(o.name)
	}
	return o.name
}

// addWorkloadsFlag adds --workloads.
func (o *deployOptions) addWorkloadsFlag(cmd *cobra.Command) *cobra.Command {
	cmd.Flags().BoolVar(&o.workloads, "workloads", false, "what runs in the environment's cluster, whose API this machine must reach")
	return cmd
}

func newPlan(h *Host) *cobra.Command {
	o := &deployOptions{Host: h}
	return o.addWorkloadsFlag(&cobra.Command{
		Use:   "plan <environment> <plan>",
		Short: "Preview an environment under the policy pack, write the plan, and report it for whoever approves it",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.plan = args[0], h.absolute(args[1])
			return o.makePlan(cmd.Context())
		},
	})
}

func newDeploy(h *Host) *cobra.Command {
	o := &deployOptions{Host: h}
	return o.addWorkloadsFlag(&cobra.Command{
		Use:   "deploy <environment> <plan>",
		Short: "Deploy a plan, under the policy pack, and nothing at all when a new preview says something else than the plan",
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.name, o.plan = args[0], h.absolute(args[1])
			return o.deploy(cmd.Context())
		},
	})
}

// arguments are what preview and deployment have in common.
func (o *deployOptions) arguments(command string, more ...string) []string {
	args := []string{command, "--stack", o.name, "--policy-pack", o.policyPack(), "--json"}
	if o.workloads {
		args = append(args, "--workloads")
	}
	return append(args, more...)
}

func (o *deployOptions) makePlan(ctx context.Context) error {
	e, err := o.environment(o.name)
	if err != nil {
		return err
	}
	if err := o.requireTarget(); err != nil {
		return err
	}
	if err := o.requireNewest(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(o.plan), 0o750); err != nil {
		return err
	}
	out, err := os.MkdirTemp("", "platform-plan-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(out) }()
	left := filepath.Join(out, previewName(candidate, e))
	stdout, err := os.Create(left + ".json")
	if err != nil {
		return err
	}
	defer func() { _ = stdout.Close() }()
	stderr, err := os.Create(left + ".log")
	if err != nil {
		return err
	}
	defer func() { _ = stderr.Close() }()
	log := &logWriter{to: o.Err}
	cmd := o.command(ctx, o.Platform, o.arguments("preview", "--save-plan", o.plan, "--save-steps", left+".steps")...)
	cmd.Stdout, cmd.Stderr = stdout, io.MultiWriter(stderr, log)
	failure := o.Run(cmd)
	_ = log.Close()
	if err := o.summary(o.reportOf(ctx, e, out, failure)); err != nil {
		return err
	}
	if failure != nil {
		//page:failed-or-stuck-deploy
		return exit.With(exitCode(failure), fmt.Errorf("the preview of %s failed or is refused: see the report", o.stack()))
	}
	return nil
}

func (o *deployOptions) deploy(ctx context.Context) error {
	e, err := o.environment(o.name)
	if err != nil {
		return err
	}
	if err := o.requireTarget(); err != nil {
		return err
	}
	if info, err := os.Stat(o.plan); err != nil || info.Size() == 0 {
		return exit.Usagef("%s: there is no plan; run `platform ci plan` first", o.plan)
	}
	if err := o.requireNewest(ctx); err != nil {
		return err
	}
	d, code, err := o.runDetached(ctx, o.stack(), o.arguments("up", "--plan", o.plan)...)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprint(o.Out, forLog(d.result()))
	if code != exit.OK {
		page := fmt.Sprintf("### Stack `%s`: ❌ not deployed as planned\n\n%s", o.stack(), fence(lastLines(d.log(), 20)))
		//page:failed-or-stuck-deploy
		return cmp.Or(o.summary(page), exit.With(code, fmt.Errorf("%s was not deployed as planned", o.stack())))
	}
	var done previewreport.Report
	if err := json.Unmarshal([]byte(d.result()), &done); err != nil {
		return fmt.Errorf("read what was deployed: %w", err)
	}
	page := fmt.Sprintf("### Stack `%s`: ✅ deployed\n%s", o.stack(), countsTable(done.Counts))
	if !o.workloads && !o.besideTheCluster() {
		page += fmt.Sprintf("\nNext, where the cluster's API is reached: `platform up --env %s --workloads --yes`\n", e.Name)
	}
	return o.summary(page)
}
