package localenv

import (
	"context"
	"maps"
	"os"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/rollout"
	"github.com/genericcorp/platform/cmd/platform/internal/workloads"
	"github.com/genericcorp/platform/internal/environments"
)

// workloadsStack is the name of the stack of what runs in the cluster.
var workloadsStack = environments.WorkloadsStack(Stack)

// UpWorkloads deploys what runs in the cluster of the environment, which must be deployed.
func (c Cloud) UpWorkloads(ctx context.Context) (changes map[progress.Action]int, err error) {
	err = c.onStarted(ctx, func(ctx context.Context, s *started, runner process.Runner, log *os.File) error {
		last, err := c.upWorkloads(ctx, s, runner, log)
		changes = last.Changes
		return err
	})
	return changes, err
}

// PreviewWorkloads tells what UpWorkloads would change.
func (c Cloud) PreviewWorkloads(ctx context.Context) (last progress.Snapshot, err error) {
	err = c.onStarted(ctx, func(ctx context.Context, s *started, runner process.Runner, log *os.File) error {
		stack, err := c.openWorkloads(ctx, s, runner, log, false)
		if err != nil {
			return err
		}
		last, err = c.follow(0, log.Name(), func(t progress.Observer) error { return stack.Preview(ctx, c.Operation, t) })
		return err
	})
	return last, err
}

// upWorkloads deploys what runs in the cluster, and waits for it. A program whose new version does not come up is put back.
func (c Cloud) upWorkloads(ctx context.Context, s *started, runner process.Runner, log *os.File) (progress.Snapshot, error) {
	stack, err := c.openWorkloads(ctx, s, runner, log, true)
	if err != nil {
		return progress.Snapshot{}, err
	}
	c.print("deploying stack %s", workloadsStack)
	last, err := c.follow(0, log.Name(), func(t progress.Observer) error { return stack.Up(ctx, c.Operation, t) })
	if ctx.Err() == nil {
		kubectl := rollout.Kubectl{Program: localctl.Tool(s.state, "kubectl"), Kubeconfig: s.state.Kubeconfig, Runner: runner, Out: c.Out}
		err = rollout.Finish(ctx, kubectl, stack, err)
	}
	return last, err
}

func (c Cloud) openWorkloads(ctx context.Context, s *started, runner process.Runner, log *os.File, push bool) (*engine.Stack, error) {
	settings, err := workloads.Read(c.settingsFile())
	if err != nil {
		return nil, err
	}
	if err := c.prepareImages(ctx, s, settings, push); err != nil {
		return nil, err
	}
	file, err := settings.File()
	if err != nil {
		return nil, err
	}
	if err := s.folder.WriteSettings("Pulumi."+workloadsStack+".yaml", file); err != nil {
		return nil, err
	}
	stack, _, err := s.open(ctx, c, workloadsStack, c.program(runner, log))
	return stack, err
}

// sum adds up what two operations changed.
func sum(a, b map[progress.Action]int) map[progress.Action]int {
	all := maps.Clone(a)
	if all == nil {
		all = map[progress.Action]int{}
	}
	for action, count := range b {
		all[action] += count
	}
	return all
}
