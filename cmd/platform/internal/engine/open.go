package engine

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"maps"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// Project is the name in Pulumi.yaml.
const Project = "platform"

// Workspace is where the engine works, and as whom. The zero value is the person's own engine, backend and credentials, in
// the current folder.
type Workspace struct {
	// Dir has the files of the project and, unless the caller writes them, of the stack's settings.
	Dir string
	// Environ is all that the engine inherits; nil is all of this process.
	Environ []string
	// Variables are set besides, such as the backend and the passphrase.
	Variables map[string]string
	// SecretsProvider encrypts the secrets of a stack that is made, as `pulumi stack init --secrets-provider` takes it; empty
	// is the backend's own.
	SecretsProvider string
	// Parallel is how many operations run at once; 0 is the engine's default.
	Parallel int
}

// Program is what is deployed and how.
type Program struct {
	Run     pulumi.RunFunc
	Path    string         // when not empty: a compiled program that is run in place of Run, in a process of its own
	Sandbox string         // with Path: a program that runs its arguments as a user who owns nothing; may be empty
	Runner  process.Runner // how the engine is stopped
	Log     io.Writer      // all that the engine says
}

// Open opens a stack that exists; the error is a *NoStackError when it does not.
func Open(ctx context.Context, w Workspace, name string, p Program) (*Stack, error) {
	return open(ctx, w, name, p, "open", auto.SelectStackInlineSource, auto.SelectStackLocalSource)
}

// Create makes a stack and opens it.
func Create(ctx context.Context, w Workspace, name string, p Program) (*Stack, error) {
	return open(ctx, w, name, p, "make", auto.NewStackInlineSource, auto.NewStackLocalSource)
}

// OpenOrCreate opens a stack, and makes it when there is none.
func OpenOrCreate(ctx context.Context, w Workspace, name string, p Program) (*Stack, error) {
	return open(ctx, w, name, p, "open", auto.UpsertStackInlineSource, auto.UpsertStackLocalSource)
}

type (
	inlineSource func(context.Context, string, string, pulumi.RunFunc, ...auto.LocalWorkspaceOption) (auto.Stack, error)
	localSource  func(context.Context, string, string, ...auto.LocalWorkspaceOption) (auto.Stack, error)
)

func open(ctx context.Context, w Workspace, name string, p Program, verb string, inline inlineSource, local localSource) (*Stack, error) {
	environ := w.Environ
	if environ == nil {
		environ = os.Environ()
	}
	engine, err := newCommand(ctx, environ, p.Runner)
	if err != nil {
		return nil, err
	}
	variables := map[string]string{}
	maps.Copy(variables, w.Variables)
	if variables["PATH"], err = withOwnProvider(cmp.Or(variables["PATH"], variable(environ, "PATH"))); err != nil {
		return nil, err
	}
	options := []auto.LocalWorkspaceOption{auto.Pulumi(engine), auto.EnvVars(variables)}
	if w.SecretsProvider != "" {
		options = append(options, auto.SecretsProvider(w.SecretsProvider))
	}
	var stack auto.Stack
	if p.Path == "" {
		stack, err = inline(ctx, name, Project, p.Run, append(options, auto.WorkDir(w.Dir))...)
	} else if engine.client, err = p.serve(ctx); err == nil {
		variables["PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION"] = "true" // which plugins run is not the program's choice
		stack, err = local(ctx, name, w.Dir, options...)
	}
	if auto.IsSelectStack404Error(err) {
		return nil, &NoStackError{Name: name}
	}
	if err != nil {
		return nil, failure(ctx, verb+" stack "+name, err, "")
	}
	return &Stack{auto: stack, log: p.Log, parallel: w.Parallel}, nil
}

// serve offers the compiled program to the engine, until the context ends.
func (p Program) serve(ctx context.Context) (string, error) {
	x := &external{path: p.Path, sandbox: p.Sandbox, runner: p.Runner, log: p.Log}
	return x.serve(ctx)
}

// NoStackError says that the backend has no such stack.
type NoStackError struct{ Name string }

func (e *NoStackError) Error() string {
	return fmt.Sprintf("there is no stack %s in your backend: make it with `pulumi stack init %s`", e.Name, e.Name)
}
