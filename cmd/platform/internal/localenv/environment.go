package localenv

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/localcloud"
)

// environment is the deployed environment of a running local cloud, as tenants see it.
type environment struct {
	cloud  Cloud
	folder localdir.Folder
	state  localcloud.State
	runner process.Runner
	log    *os.File
	own    *engine.Stack        // the environment's own, if it is open
	known  []apitype.ResourceV3 // what it consists of, once that is read
	locked bool                 // the caller holds the lock of the whole folder
}

// Tenants works on the tenants of the environment on the running local cloud. Several commands may, on different tenants.
// The work's context ends when the local cloud dies.
func (c Cloud) Tenants(ctx context.Context, work func(context.Context, tenant.Environment) error) error {
	own, err := c.Open(ctx, Stack)
	if err != nil {
		return err
	}
	state, err := c.Running(ctx)
	if err != nil {
		return err
	}
	folder := localdir.Folder{Dir: c.Dir}
	log, err := openLog(folder)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	ctx, runner, release := c.watch(ctx, state)
	defer release()
	return causeOf(work(ctx, &environment{cloud: c, folder: folder, state: state, runner: runner, log: log, own: own}), state)
}

// Name is the environment's.
func (e *environment) Name() string { return Stack }

// Outputs are what the environment's own stack tells.
func (e *environment) Outputs(ctx context.Context) (map[string]any, error) {
	resources, err := e.resources(ctx)
	return engine.OutputsOf(resources), err
}

// resources are what the environment's own stack consists of, read once.
func (e *environment) resources(ctx context.Context) ([]apitype.ResourceV3, error) {
	if e.known != nil {
		return e.known, nil
	}
	own := e.own
	if own == nil {
		opened, err := openStack(ctx, e.folder, e.state, Stack, e.program())
		if err != nil {
			return nil, err
		}
		own = opened
	}
	resources, err := own.Resources(ctx)
	e.known = resources
	return resources, err
}

// Afford goes by the environment's state, and by the settings that it was deployed with.
func (e *environment) Afford(ctx context.Context, tenants int) error {
	resources, err := e.resources(ctx)
	if err != nil {
		return err
	}
	return cost.Afford(resources, filepath.Join(e.folder.Workspace(), "Pulumi."+Stack+".yaml"), tenants, time.Now().UTC())
}

func (e *environment) program() engine.Program { return e.cloud.program(e.runner, e.log) }

// Open opens a tenant's stack.
func (e *environment) Open(ctx context.Context, name string, create bool) (opened *tenant.Opened, err error) {
	release := func() {}
	if !e.locked {
		if release, err = e.folder.LockStack(name); err != nil {
			return nil, err
		}
	}
	defer func() {
		if err != nil {
			release()
		}
	}()
	names, err := engine.StackNames(e.folder.Backend(), Stack)
	if err != nil {
		return nil, err
	}
	exists := slices.Contains(names, name)
	if !exists && !create {
		return nil, tenant.ErrNoStack
	}
	stack, err := e.openTenant(ctx, name, exists)
	if err != nil {
		return nil, err
	}
	configure := func(settings []byte) error { return e.folder.WriteSettings("Pulumi."+name+".yaml", settings) }
	return &tenant.Opened{Stack: stack, New: !exists, Configure: configure, Close: release}, nil
}

// openTenant opens a tenant's stack, or makes it: then no run before can have left anything in it.
func (e *environment) openTenant(ctx context.Context, name string, exists bool) (*engine.Stack, error) {
	w, err := workspace(e.folder, e.state)
	if err != nil {
		return nil, err
	}
	if !exists {
		return engine.Create(ctx, w, name, e.program())
	}
	stack, err := engine.Open(ctx, w, name, e.program())
	if err != nil {
		return nil, err
	}
	_, err = stack.Repair(ctx, e.folder.Backend())
	return stack, err
}

// AWS reaches the emulated account.
func (e *environment) AWS(_ context.Context, region string) (aws.Config, error) {
	config := account(e.state, region)
	if config.Credentials == nil {
		return aws.Config{}, fmt.Errorf("the local cloud in %s does not tell how to reach it", e.cloud.Dir)
	}
	return config, nil
}

// Follow shows the progress of one operation of the engine.
func (e *environment) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	return e.cloud.follow(0, e.log.Name(), operate)
}
