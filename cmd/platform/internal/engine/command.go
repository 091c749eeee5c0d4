// Package engine runs the Pulumi engine through the Automation API, with the program inline: no language
// host, no compilation at deployment time.
//
//page:none the engine's own words follow
package engine

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/blang/semver"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// command is the engine's program as the Automation API requires it (auto.PulumiCommand). Unlike the API's own
// it gives an interrupted engine all the time it needs to finish what is in flight and to save its state.
type command struct {
	path    string
	version semver.Version
	environ []string
	runner  process.Runner
	client  string // the address of the program, unless the Automation API serves it
}

// newCommand finds the engine on the PATH of environ and asks its version.
func newCommand(ctx context.Context, environ []string, runner process.Runner) (*command, error) {
	path, err := lookUp("pulumi", environ)
	if err != nil {
		return nil, err
	}
	c := &command{path: path, environ: environ, runner: runner}
	if known, ok := versions.Load(path); ok {
		c.version = known.(semver.Version) //nolint:errcheck // nothing else is stored
		return c, nil
	}
	out, said, _, err := c.Run(ctx, "", nil, nil, nil, nil, "version")
	if err != nil {
		return nil, fmt.Errorf("ask %s for its version: %w\n%s", path, err, said)
	}
	c.version, err = semver.ParseTolerant(strings.TrimSpace(out))
	if err != nil {
		return nil, fmt.Errorf("read the version of %s: %w", path, err)
	}
	versions.Store(path, c.version)
	return c, nil
}

// versions are those of the engines, by their paths, that this process has asked: an answer takes a start of the engine.
var versions sync.Map

type withoutSummary struct{}

// unasked is a context for an operation whose outputs and history nobody reads. The Automation API asks for them after each, in three more
// starts of the engine, and has no option against it (Up and Destroy in github.com/pulumi/pulumi/sdk/v3/go/auto/stack.go).
func unasked(ctx context.Context) context.Context {
	return context.WithValue(ctx, withoutSummary{}, true)
}

// emptySummary is what is answered in the engine's place where unasked says so.
func emptySummary(ctx context.Context, args []string) (answer string, ok bool) {
	if ctx.Value(withoutSummary{}) == nil || len(args) < 2 || args[0] != "stack" {
		return "", false
	}
	answer, ok = map[string]string{"output": "{}", "history": "[]"}[args[1]]
	return answer, ok
}

// Version is the engine's.
func (c *command) Version() semver.Version { return c.version }

// Run runs the engine once; see auto.PulumiCommand.
func (c *command) Run(ctx context.Context, dir string, stdin io.Reader, moreOut, moreErr []io.Writer,
	environ []string, args ...string,
) (stdout, stderr string, code int, err error) {
	if answer, ok := emptySummary(ctx, args); ok {
		return answer, "", 0, nil
	}
	if c.client != "" && len(args) > 0 && (args[0] == "preview" || args[0] == "up") {
		args = append(slices.Clone(args), "--client="+c.client)
	}
	cmd := exec.Command(c.path, append([]string{"--non-interactive"}, args...)...) //nolint:gosec // the engine
	cmd.Dir, cmd.Stdin = dir, stdin
	cmd.Env = slices.Concat(c.environ, environ, []string{"PULUMI_AUTOMATION_API=true", "PULUMI_SKIP_UPDATE_CHECK=true"})
	var out, said bytes.Buffer
	cmd.Stdout = io.MultiWriter(append(slices.Clone(moreOut), &out)...)
	cmd.Stderr = io.MultiWriter(append(slices.Clone(moreErr), &said)...)
	err = c.runner.Run(ctx, cmd)
	if err != nil {
		code = -1
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	}
	return out.String(), said.String(), code, err
}

// lookUp finds a program on the PATH of environ, which need not be this process's.
func lookUp(name string, environ []string) (string, error) {
	for _, dir := range filepath.SplitList(variable(environ, "PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, nil
		}
	}
	return "", fmt.Errorf("the Pulumi engine (%s) is not on the PATH: install it, see https://www.pulumi.com/docs/install", name)
}

// variable returns the value of a variable in KEY=value lines, of which the last wins.
func variable(environ []string, key string) string {
	for _, line := range slices.Backward(environ) {
		if value, ok := strings.CutPrefix(line, key+"="); ok {
			return value
		}
	}
	return ""
}
