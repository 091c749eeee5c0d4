package environment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// Tenants does work on the tenants of an environment. Its context ends when a local cloud dies.
func (t *Target) Tenants(ctx context.Context, f *cmdutil.Factory, o RunOptions, dryRun bool, work func(context.Context, *tenant.Tenants) error) error {
	on := func(ctx context.Context, environment tenant.Environment) error {
		return work(ctx, &tenant.Tenants{Environment: environment, Operation: o.operation(), DryRun: dryRun})
	}
	if !t.Local() {
		return on(ctx, &onAWS{factory: f, name: t.Name})
	}
	cloud, err := t.Cloud(f)
	if err != nil {
		return err
	}
	return cloud.Tenants(ctx, on)
}

// onAWS is an environment on AWS, with the user's own engine, backend and credentials.
type onAWS struct {
	factory *cmdutil.Factory
	name    string
	own     []apitype.ResourceV3 // the environment's, once they are read
}

// Name is the environment's.
func (e *onAWS) Name() string { return e.name }

// Outputs are what the environment's own stack tells. They are in its state: no file of the project is needed.
func (e *onAWS) Outputs(ctx context.Context) (map[string]any, error) {
	resources, err := e.resources(ctx)
	return engine.OutputsOf(resources), err
}

// resources are what the environment's own stack consists of, read once.
func (e *onAWS) resources(ctx context.Context) ([]apitype.ResourceV3, error) {
	if e.own != nil {
		return e.own, nil
	}
	stack, closeStack, err := openDeployed(ctx, e.factory, e.name)
	if err != nil {
		return nil, err
	}
	defer closeStack()
	e.own, err = stack.Resources(ctx)
	return e.own, err
}

// Open opens a tenant's stack in a folder of its own: its settings are kept in its outputs, not in the project.
func (e *onAWS) Open(ctx context.Context, name string, create bool) (*tenant.Opened, error) {
	dir, remove, err := temporaryDir("tenant")
	if err != nil {
		return nil, err
	}
	stack, isNew, err := e.open(ctx, dir, name, create)
	if err != nil {
		remove()
		return nil, err
	}
	file := filepath.Join(dir, SettingsName(name))
	configure := func(settings []byte) error { return merge(file, settings) }
	return &tenant.Opened{Stack: stack, New: isNew, Configure: configure, Close: remove}, nil
}

func (e *onAWS) open(ctx context.Context, dir, name string, create bool) (stack *engine.Stack, isNew bool, err error) {
	workspace, program := awsWorkspace(dir), engine.Program{Run: e.factory.Program, Runner: e.factory.Runner(), Log: io.Discard}
	stack, err = engine.Open(ctx, workspace, name, program)
	var missing *engine.NoStackError
	if !errors.As(err, &missing) {
		return stack, false, err
	}
	if !create {
		return nil, false, tenant.ErrNoStack
	}
	settings, err := SettingsFile(e.factory, e.name)
	if err != nil {
		return nil, false, err
	}
	if workspace.SecretsProvider, err = secretsProvider(settings); err != nil {
		return nil, false, err
	}
	stack, err = engine.Create(ctx, workspace, name, program)
	return stack, true, err
}

// secretsProvider is what encrypts the secrets of an environment's stack, and so of its tenants'.
func secretsProvider(settingsFile string) (string, error) {
	text, err := os.ReadFile(settingsFile)
	if err != nil {
		return "", fmt.Errorf("read the settings: %w", err)
	}
	var settings struct {
		SecretsProvider string `yaml:"secretsprovider"`
	}
	if err := yaml.Unmarshal(text, &settings); err != nil {
		return "", fmt.Errorf("read the settings in %s: %w", settingsFile, err)
	}
	return settings.SecretsProvider, nil
}

// merge writes the settings into a stack's file, beside what the engine keeps there.
func merge(file string, settings []byte) error {
	all := map[string]any{}
	old, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("read the stack's file: %w", err)
	}
	for _, text := range [][]byte{old, settings} {
		if err := yaml.Unmarshal(text, &all); err != nil {
			return fmt.Errorf("read the stack's file: %w", err)
		}
	}
	text, err := yaml.Marshal(all)
	if err != nil {
		return fmt.Errorf("write the stack's file: %w", err)
	}
	return os.WriteFile(file, text, 0o600)
}

// Afford goes by the environment's state and its settings in the project, where a new tenant's stack takes its encryption from, too.
func (e *onAWS) Afford(ctx context.Context, tenants int) error {
	resources, err := e.resources(ctx)
	if err != nil {
		return err
	}
	settings, err := SettingsFile(e.factory, e.name)
	if err != nil {
		return err
	}
	return cost.Afford(resources, settings, tenants, time.Now().UTC())
}

// AWS is the user's own configuration, in the environment's region.
func (e *onAWS) AWS(ctx context.Context, region string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region))
}

// Follow shows the progress of one operation of the engine.
func (e *onAWS) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	return follow(e.factory, operate)
}
