package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/localcloud"
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
	Parts       []inventory.Part     `json:"parts"`
}

func (a *app) statusCommand(p *place) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show the local cloud's processes and what is deployed on it",
		Long:  `Show the local cloud's processes and what is deployed on it. It fails unless all of it runs and answers.`,
		Args:  cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			report, err := status(cmd.Context(), cloud)
			if err != nil {
				return err
			}
			if asJSON {
				err = a.PrintJSON(report)
			} else {
				a.Print(statusText(report))
			}
			if err == nil && !report.Healthy {
				err = errors.New("the local cloud does not run as it should: `platform local up` mends it")
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	return cmd
}

func status(ctx context.Context, cloud local.Cloud) (*statusReport, error) {
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
	report.Healthy = len(state.Unhealthy()) == 0 && localcloud.FindDead(state) == nil
	stack, err := cloud.Open(ctx)
	if errors.Is(err, local.ErrNothingDeployed) {
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
	processes := inventory.NewTable("PROCESS", "PID", "ADDRESS", "STATE", "LOG")
	for _, p := range r.Processes {
		state := "healthy"
		if !p.Healthy {
			state = "DOES NOT ANSWER"
		}
		processes.AppendRow(table.Row{p.Name, p.PID, p.Address, state, p.Log})
	}
	deployed := "nothing is deployed"
	if len(r.Parts) > 0 {
		deployed = inventory.Table(r.Parts)
	}
	return fmt.Sprintf("local cloud in %s, since %s\n\n%s\n\n%s", r.Directory, r.StartedAt, processes.Render(), deployed)
}
