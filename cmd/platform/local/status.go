package local

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/localenv"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/localcloud"
)

// statusReport is what `platform local status --json` prints.
type statusReport struct {
	Directory   string               `json:"directory"`
	Running     bool                 `json:"running"`
	Healthy     bool                 `json:"healthy"`
	StartedAt   string               `json:"startedAt,omitempty"`
	AWSEndpoint string               `json:"awsEndpoint,omitempty"`
	Kubeconfig  string               `json:"kubeconfig,omitempty"`
	Processes   []localcloud.Process `json:"processes"`
	Nodes       *localcloud.Nodes    `json:"nodes,omitempty"`
	Parts       []inventory.Part     `json:"parts"`
}

func newStatus(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the local cloud's processes and what is deployed on it",
		Long:  `Show the local cloud's processes and what is deployed on it. It fails unless all of it runs and answers.`,
		Args:  cmdutil.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return run.Or(status)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func status(ctx context.Context, o *options) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	report, err := statusOf(ctx, cloud)
	if err != nil {
		return err
	}
	if err := o.Answer(o.json, report, func() string { return statusText(report) }); err != nil {
		return err
	}
	if !report.Healthy {
		return errors.New("the local cloud is not healthy; run `platform local up` to repair it")
	}
	return nil
}

func statusOf(ctx context.Context, cloud localenv.Cloud) (*statusReport, error) {
	report := &statusReport{Directory: cloud.Dir, Processes: []localcloud.Process{}, Parts: []inventory.Part{}}
	state, err := cloud.Running(ctx)
	if errors.Is(err, localcloud.ErrNotRunning) {
		return report, nil
	}
	if err != nil {
		return nil, err
	}
	report.Running, report.StartedAt, report.Processes = true, state.StartedAt.Format(time.RFC3339), state.Processes
	report.AWSEndpoint, report.Kubeconfig = state.AWSEndpoint, state.Kubeconfig
	report.Healthy = len(state.Unhealthy()) == 0 && localctl.FindDead(state) == nil
	if nodes, err := localctl.Nodes(ctx, state); err == nil { // a supervisor that does not respond is unhealthy already
		report.Nodes = &nodes
	}
	stack, err := cloud.Open(ctx, environments.Local)
	if errors.Is(err, localenv.ErrNothingDeployed) {
		return report, nil
	}
	if err != nil {
		return nil, err
	}
	resources, err := stack.Resources(ctx)
	if err != nil {
		return nil, err
	}
	if parts := cloud.Parts(ctx, state, resources); parts != nil {
		report.Parts = parts
	}
	return report, nil
}

func statusText(r *statusReport) string {
	if !r.Running {
		return "no local cloud runs in " + r.Directory
	}
	processes := render.NewTable("PROCESS", "PID", "ADDRESS", "STATE", "LOG")
	for _, p := range r.Processes {
		state := "healthy"
		if !p.Healthy {
			state = "DOES NOT ANSWER"
		}
		processes.AppendRow(render.Row{p.Name, p.PID, p.Address, state, p.Log})
	}
	deployed := "nothing is deployed"
	if len(r.Parts) > 0 {
		deployed = inventory.Table(r.Parts)
	}
	parts := []string{fmt.Sprintf("local cloud in %s, since %s", r.Directory, r.StartedAt), processes.Render()}
	if r.Nodes != nil {
		parts = append(parts, nodesText(*r.Nodes))
	}
	return strings.Join(append(parts, deployed), "\n\n")
}
