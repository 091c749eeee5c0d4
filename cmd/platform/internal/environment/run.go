package environment

import (
	"context"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localenv"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// CloudFor is the local cloud of the target, with the options of an operation on it.
func (t *Target) CloudFor(f *cmdutil.Factory, o RunOptions) (localenv.Cloud, error) {
	cloud, err := t.Cloud(f)
	cloud.Settings, cloud.ProgramPath, cloud.Sandbox, cloud.Operation = o.Settings, o.Program, o.Sandbox, o.operation()
	return cloud, err
}

// Preview tells what a deployment of the environment would change. A local cloud is started unless it runs.
func (t *Target) Preview(ctx context.Context, f *cmdutil.Factory, o RunOptions) (progress.Snapshot, error) {
	if t.Local() {
		cloud, err := t.CloudFor(f, o)
		if err != nil {
			return progress.Snapshot{}, err
		}
		if t.Workloads {
			return cloud.PreviewWorkloads(ctx)
		}
		return cloud.Preview(ctx)
	}
	if t.Workloads {
		return t.previewWorkloads(ctx, f, o)
	}
	stack, closeStack, err := o.openAWS(ctx, f, t.Name)
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer closeStack()
	return follow(f, func(observer progress.Observer) error { return stack.Preview(ctx, o.operation(), observer) })
}

// Deploy brings the environment to its settings.
func (t *Target) Deploy(ctx context.Context, f *cmdutil.Factory, o RunOptions) (map[progress.Action]int, error) {
	if t.Local() {
		cloud, err := t.CloudFor(f, o)
		if err != nil {
			return nil, err
		}
		if t.Workloads {
			return cloud.UpWorkloads(ctx)
		}
		report, err := cloud.Up(ctx)
		if err != nil {
			return nil, err
		}
		return report.Changes, nil
	}
	if t.Workloads {
		return t.upWorkloads(ctx, f, o)
	}
	if err := o.requireAPIAccess(ctx, f, t.Name); err != nil {
		return nil, err
	}
	stack, closeStack, err := o.openAWS(ctx, f, t.Name)
	if err != nil {
		return nil, err
	}
	defer closeStack()
	last, err := follow(f, func(observer progress.Observer) error { return stack.Up(ctx, o.operation(), observer) })
	return last.Changes, err
}

// Deployed opens the stack to look at it.
func (t *Target) Deployed(ctx context.Context, f *cmdutil.Factory) (stack *engine.Stack, closeStack func(), err error) {
	if !t.Local() {
		return openDeployed(ctx, f, t.Stack())
	}
	cloud, err := t.Cloud(f)
	if err != nil {
		return nil, nil, err
	}
	stack, err = cloud.Open(ctx, t.Stack())
	return stack, func() {}, err
}
