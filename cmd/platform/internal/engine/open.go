package engine

import (
	"context"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/cmd/platform/internal/localcloud"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// Project is the name in Pulumi.yaml.
const Project = "platform"

// Program is what is deployed and how.
type Program struct {
	Run     pulumi.RunFunc
	Path    string         // when not empty: a compiled program that is run in place of Run, in a process of its own
	Confine string         // with Path: a program that runs its arguments as a user who owns nothing; may be empty
	Runner  process.Runner // how the engine is stopped
	Log     io.Writer      // all that the engine says
}

// OpenLocal opens the named stack on a running local cloud, and makes it when there is none. Nothing of the
// user's own AWS, Kubernetes or Pulumi environment reaches the engine: a local deployment cannot touch a
// real account.
func OpenLocal(ctx context.Context, h localdir.Home, cloud localcloud.State, name string, p Program) (*Stack, error) {
	environ := append(withoutClouds(os.Environ()), cloud.Environ()...)
	passphrase, err := h.Passphrase()
	if err != nil {
		return nil, fmt.Errorf("make the passphrase: %w", err)
	}
	if err := os.MkdirAll(h.Backend(), 0o700); err != nil {
		return nil, fmt.Errorf("make the backend: %w", err)
	}
	engine, err := newCommand(ctx, environ, p.Runner)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{
		"PULUMI_BACKEND_URL":                            "file://" + h.Backend(),
		"PULUMI_CONFIG_PASSPHRASE_FILE":                 passphrase,
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION":   "true",
		"PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
	}
	maps.Copy(variables, cloud.Env)
	options := []auto.LocalWorkspaceOption{auto.Pulumi(engine), auto.EnvVars(variables), auto.SecretsProvider("passphrase")}
	var stack auto.Stack
	if p.Path == "" {
		stack, err = auto.UpsertStackInlineSource(ctx, name, Project, p.Run, append(options, auto.WorkDir(h.Workspace()))...)
	} else if engine.client, err = p.serve(ctx); err == nil {
		stack, err = auto.UpsertStackLocalSource(ctx, name, h.Workspace(), options...)
	}
	if err != nil {
		return nil, failure(ctx, "open stack "+name, err, "")
	}
	return &Stack{auto: stack, log: p.Log, parallel: localParallel}, nil
}

// localParallel is high because a local deployment mostly waits.
const localParallel = 64

// serve offers the compiled program to the engine, until the context ends.
func (p Program) serve(ctx context.Context) (string, error) {
	x := &external{path: p.Path, confine: p.Confine, runner: p.Runner, log: p.Log}
	return x.serve(ctx)
}

// OpenRemote opens an existing stack with the user's own engine, backend and credentials. In dir are the files of the
// project and, unless the caller writes them, of the stack's settings: what encrypts the stack's secrets is also kept in
// its state, and taken from there when no file tells it.
func OpenRemote(ctx context.Context, dir, name string, p Program) (*Stack, error) {
	engine, err := newCommand(ctx, os.Environ(), p.Runner)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}
	var stack auto.Stack
	if p.Path == "" {
		stack, err = auto.SelectStackInlineSource(ctx, name, Project, p.Run, auto.WorkDir(dir), auto.Pulumi(engine), auto.EnvVars(variables))
	} else if engine.client, err = p.serve(ctx); err == nil {
		variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true" // which plugins run is not the program's choice
		stack, err = auto.SelectStackLocalSource(ctx, name, dir, auto.Pulumi(engine), auto.EnvVars(variables))
	}
	if auto.IsSelectStack404Error(err) {
		return nil, &NoStackError{Name: name}
	}
	if err != nil {
		return nil, failure(ctx, "open stack "+name, err, "")
	}
	return &Stack{auto: stack, log: p.Log}, nil
}

// NoStackError says that the user's backend has no such stack.
type NoStackError struct{ Name string }

func (e *NoStackError) Error() string {
	return fmt.Sprintf("there is no stack %s in your backend: make it with `pulumi stack init %s`", e.Name, e.Name)
}

// CreateRemote makes a stack in the user's own backend, and opens it. Its secrets are encrypted by secretsProvider, as
// `pulumi stack init --secrets-provider` takes it; empty is the backend's own.
func CreateRemote(ctx context.Context, dir, name, secretsProvider string, p Program) (*Stack, error) {
	engine, err := newCommand(ctx, os.Environ(), p.Runner)
	if err != nil {
		return nil, err
	}
	options := []auto.LocalWorkspaceOption{auto.WorkDir(dir), auto.Pulumi(engine)}
	if secretsProvider != "" {
		options = append(options, auto.SecretsProvider(secretsProvider))
	}
	stack, err := auto.NewStackInlineSource(ctx, name, Project, p.Run, options...)
	if err != nil {
		return nil, failure(ctx, "make stack "+name, err, "")
	}
	return &Stack{auto: stack, log: p.Log}, nil
}

// withoutClouds drops every variable that could lead the engine or a provider to a real cloud.
func withoutClouds(environ []string) []string {
	var kept []string
	for _, line := range environ {
		key, _, _ := strings.Cut(line, "=")
		if !strings.HasPrefix(key, "AWS_") && !strings.HasPrefix(key, "PULUMI_") && key != "KUBECONFIG" {
			kept = append(kept, line)
		}
	}
	return kept
}
