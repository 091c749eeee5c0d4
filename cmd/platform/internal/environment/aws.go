package environment

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/prereq"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// awsWorkspace is where the engine works on a stack on AWS: with the person's own backend and credentials. What encrypts the
// stack's secrets is taken from its state when no file says it.
func awsWorkspace(dir string) engine.Workspace {
	return engine.Workspace{Dir: dir, Variables: map[string]string{"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}}
}

// openAWS opens a stack on AWS to preview or deploy it. Nothing is started when a program is missing that providers call later.
func (o *RunOptions) openAWS(ctx context.Context, f *cmdutil.Factory, name string) (stack *engine.Stack, closeStack func(), err error) {
	if err := prereq.Check(prereq.AWS, false); err != nil {
		return nil, nil, err
	}
	project, err := f.Project()
	if err != nil {
		return nil, nil, err
	}
	work, err := o.workdir(project, name)
	if err != nil {
		return nil, nil, err
	}
	stack, err = engine.Open(ctx, awsWorkspace(work.dir), name, engine.Program{
		Run: f.Program, Path: o.Program, Sandbox: o.Sandbox, Runner: f.Runner(), Log: io.Discard,
	})
	if err == nil {
		err = work.redact(ctx, stack)
	}
	if err != nil {
		work.remove()
		return nil, nil, err
	}
	return stack, work.remove, nil
}

// openDeployed opens a stack on AWS to look at what its state says, which needs no file of the project.
func openDeployed(ctx context.Context, f *cmdutil.Factory, name string) (stack *engine.Stack, closeStack func(), err error) {
	dir, remove, err := temporaryDir("stack")
	if err != nil {
		return nil, nil, err
	}
	stack, err = engine.Open(ctx, awsWorkspace(dir), name, engine.Program{Run: f.Program, Runner: f.Runner(), Log: io.Discard})
	if err != nil {
		remove()
		return nil, nil, err
	}
	return stack, remove, nil
}

// temporaryDir makes a folder to open a stack in, with as much of a project as the engine asks for.
func temporaryDir(what string) (dir string, remove func(), err error) {
	dir, err = os.MkdirTemp("", "platform-"+what+"-")
	if err != nil {
		return "", nil, fmt.Errorf("make a folder to work in: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	project := "name: " + engine.Project + "\nruntime: go\nmain: .\n"
	if err := os.WriteFile(filepath.Join(dir, "Pulumi.yaml"), []byte(project), 0o600); err != nil {
		remove()
		return "", nil, fmt.Errorf("write the project's file: %w", err)
	}
	return dir, remove, nil
}

// follow shows the progress of one operation of the engine.
func follow(f *cmdutil.Factory, operate func(progress.Observer) error) (progress.Snapshot, error) {
	tracker := progress.NewTracker(0, time.Now)
	reporter := progress.Report(tracker, f.Err, f.Width)
	err := operate(tracker)
	last := reporter.Close()
	if err != nil {
		err = &progress.Failed{Err: err, Shown: last.Errors()}
	}
	return last, err
}
