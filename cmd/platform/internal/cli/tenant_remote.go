package cli

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
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/policypack"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/toolcache"
)

// prepareTenant builds the policy pack, unless one was named: no tenant is deployed unjudged.
func (a *app) prepareTenant(ctx context.Context, f *tenantFlags) error {
	if f.pack != "" {
		return f.check(f.environment)
	}
	root, err := a.Project()
	if err != nil {
		return err
	}
	cache, err := toolcache.Dir()
	if err != nil {
		return err
	}
	f.pack, err = policypack.Build(ctx, root, cache, process.Runner{Hard: a.Hard})
	return err
}

// remoteEnvironment is an environment on AWS, with the user's own engine, backend and credentials.
type remoteEnvironment struct {
	app  *app
	name string
}

// Name is the environment's.
func (e *remoteEnvironment) Name() string { return e.name }

// Outputs are what the environment's own stack tells.
func (e *remoteEnvironment) Outputs(ctx context.Context) (map[string]any, error) {
	stack, closeStack, err := e.app.remote(ctx, e.name, judged{})
	if err != nil {
		return nil, err
	}
	defer closeStack()
	return stack.Outputs(ctx)
}

// Open opens a tenant's stack in a folder of its own: its settings are kept in its outputs, not in the repository.
func (e *remoteEnvironment) Open(ctx context.Context, name string, create bool) (opened *tenant.Opened, err error) {
	root, err := e.app.Project()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "platform-tenant-")
	if err != nil {
		return nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	remove := func() { _ = os.RemoveAll(dir) }
	defer func() {
		if err != nil {
			remove()
		}
	}()
	project, err := os.ReadFile(filepath.Join(root, "Pulumi.yaml"))
	if err != nil {
		return nil, fmt.Errorf("read the project: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), project, 0o600); err != nil { //nolint:gosec // a folder of our own
		return nil, fmt.Errorf("copy the project: %w", err)
	}
	secrets, err := secretsProvider(filepath.Join(root, settingsName(e.name)))
	if err != nil {
		return nil, err
	}
	program := engine.Program{Run: e.app.Program, Runner: process.Runner{Hard: e.app.Hard}, Log: io.Discard}
	workspace := awsWorkspace(dir)
	workspace.SecretsProvider = secrets
	stack, err := engine.Open(ctx, workspace, name, program)
	var missing *engine.NoStackError
	isNew := errors.As(err, &missing)
	if isNew && !create {
		return nil, tenant.ErrNoStack
	}
	if isNew {
		stack, err = engine.Create(ctx, workspace, name, program)
	}
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, settingsName(name))
	configure := func(settings []byte) error { return merge(file, settings) }
	return &tenant.Opened{Stack: stack, New: isNew, Configure: configure, Close: remove}, nil
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

// AWS is the user's own configuration, in the environment's region.
func (e *remoteEnvironment) AWS(ctx context.Context, region string) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx, config.WithRegion(region))
}

// Follow shows the progress of one operation of the engine.
func (e *remoteEnvironment) Follow(operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(0, time.Now)
	reporter := progress.Report(tracker, e.app.Err, e.app.Width)
	err := operate(tracker)
	return reporter.Close(), err
}
