package engine

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optpreview"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/printable"
)

// Stack is one opened stack.
type Stack struct {
	auto     auto.Stack
	log      io.Writer
	parallel int // operations at once; 0 is the engine's default
}

// Name is the stack's.
func (s *Stack) Name() string { return s.auto.Name() }

// Up deploys. What it does goes to the observer, from one goroutine.
func (s *Stack) Up(ctx context.Context, operation Operation, observer progress.Observer) error {
	var said bytes.Buffer
	events, stop := follow(operation.observe(translate(observer)))
	_, err := s.auto.Up(unasked(ctx), append(operation.up(), optup.EventStreams(events), optup.SuppressProgress(), optup.Parallel(s.parallel),
		optup.ProgressStreams(s.log), optup.ErrorProgressStreams(s.log, &said))...)
	stop()
	return s.failure(ctx, "deploy stack "+s.Name(), err, said.String())
}

// Preview tells the observer what Up would do.
func (s *Stack) Preview(ctx context.Context, operation Operation, observer progress.Observer) error {
	var said bytes.Buffer
	events, stop := follow(operation.observe(translate(observer)))
	_, err := s.auto.Preview(ctx, append(operation.preview(), optpreview.EventStreams(events), optpreview.SuppressProgress(),
		optpreview.Parallel(s.parallel), optpreview.ProgressStreams(s.log), optpreview.ErrorProgressStreams(s.log, &said))...)
	stop()
	return s.failure(ctx, "preview stack "+s.Name(), err, said.String())
}

// Destroy removes every resource and, when nothing is left, the stack itself.
func (s *Stack) Destroy(ctx context.Context, observer progress.Observer) error {
	var said bytes.Buffer
	events, stop := follow(translate(observer))
	_, err := s.auto.Destroy(unasked(ctx), optdestroy.EventStreams(events), optdestroy.SuppressProgress(),
		optdestroy.Parallel(s.parallel), optdestroy.ProgressStreams(s.log), optdestroy.ErrorProgressStreams(s.log, &said))
	stop()
	if err != nil {
		return s.failure(ctx, "destroy stack "+s.Name(), err, said.String())
	}
	left, err := s.Resources(ctx)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		//page:failed-or-stuck-deploy
		return fmt.Errorf("destroy stack %s: %s left in its state, such as %s", s.Name(), printable.Count(len(left), "resource"), left[0].URN)
	}
	return s.Remove(ctx)
}

// Remove forgets a stack that has no resources.
func (s *Stack) Remove(ctx context.Context) error {
	return s.failure(ctx, "remove stack "+s.Name(), s.auto.Workspace().RemoveStack(ctx, s.Name()), "")
}

// SetSecret writes a secret into the settings of the opened stack; path is as in `pulumi config set --path`.
func (s *Stack) SetSecret(ctx context.Context, path, value string) error {
	if _, err := s.run(ctx, "config", "set", "--secret", "--path", path, value); err != nil {
		return fmt.Errorf("set the secret %s of stack %s: %w", path, s.Name(), err)
	}
	return nil
}

// Resources are all that the stack's state holds, with secrets encrypted.
func (s *Stack) Resources(ctx context.Context) ([]apitype.ResourceV3, error) {
	state, err := s.export(ctx)
	if err != nil {
		return nil, err
	}
	var deployment apitype.DeploymentV3
	if err := json.Unmarshal(state.Deployment, &deployment); err != nil {
		return nil, fmt.Errorf("read the state of stack %s: %w", s.Name(), err)
	}
	return deployment.Resources, nil
}

// Commit is the commit of the checkout that the stack was deployed from last, 40 hexadecimal digits; empty: no update among the last 50
// names one, as those of a release do not.
func (s *Stack) Commit(ctx context.Context) (string, error) {
	text, err := s.run(ctx, "stack", "history", "--json", "--page-size", "50")
	if err != nil {
		return "", fmt.Errorf("read the history of stack %s: %w", s.Name(), err)
	}
	return lastCommit(text)
}

func lastCommit(history string) (string, error) {
	var newestFirst []struct {
		Kind        string            `json:"kind"`
		Environment map[string]string `json:"environment"`
	}
	if err := json.Unmarshal([]byte(history), &newestFirst); err != nil {
		return "", fmt.Errorf("read the history: %w", err)
	}
	for _, u := range newestFirst {
		if commit := u.Environment["git.head"]; u.Kind == "update" && commit != "" {
			return commit, nil
		}
	}
	return "", nil
}

// export reads the state with secrets left encrypted, which the Automation API's own Export does not.
func (s *Stack) export(ctx context.Context) (apitype.UntypedDeployment, error) {
	var state apitype.UntypedDeployment
	text, err := s.run(ctx, "stack", "export")
	if err != nil {
		return state, fmt.Errorf("read the state of stack %s: %w", s.Name(), err)
	}
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return state, fmt.Errorf("read the state of stack %s: %w", s.Name(), err)
	}
	return state, nil
}

// run runs one engine command on the stack and returns what it printed.
func (s *Stack) run(ctx context.Context, args ...string) (string, error) {
	workspace := s.auto.Workspace()
	var environ []string
	for key, value := range workspace.GetEnvVars() {
		environ = append(environ, key+"="+value)
	}
	stdout, stderr, _, err := workspace.PulumiCommand().Run(ctx, workspace.WorkDir(), nil, nil, nil, environ,
		append(args, "--stack", s.Name())...)
	return stdout, s.failure(ctx, "run the engine", err, stderr)
}
