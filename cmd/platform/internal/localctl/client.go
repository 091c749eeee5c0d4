package localctl

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/gobuild"
	"github.com/genericcorp/platform/internal/localcloud"
)

// Client runs the local cloud's program for the local cloud in one folder.
type Client struct {
	Binary string         // the program; Build makes it
	Source string         // the folder of the module that it is built from and whose tools it pins
	Dir    string         // the local cloud's folder
	Port   int            // of the AWS API, when it is started; 0 is any free one
	Log    io.Writer      // progress and messages of the program, passed through
	Runner process.Runner // how children are stopped
}

// BinaryIn is where Build puts the program in a cache folder. Each source has its own, so that two checkouts of different
// versions do not replace each other's while it runs; without a source it is what was built last.
func BinaryIn(cache, source string) string {
	last := filepath.Join(cache, "bin", "localcloud")
	if source == "" {
		return last
	}
	return fmt.Sprintf("%s-%.6x", last, sha256.Sum256([]byte(source)))
}

// Build compiles the program. It takes a second when nothing changed.
func (c Client) Build(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(c.Binary), 0o700); err != nil {
		return fmt.Errorf("make the cache of tools: %w", err)
	}
	if err := c.compile(ctx); err != nil {
		return err
	}
	last := BinaryIn(filepath.Dir(filepath.Dir(c.Binary)), "")
	temporary := fmt.Sprintf("%s.%d", last, os.Getpid())
	if err := errors.Join(os.Symlink(c.Binary, temporary), os.Rename(temporary, last)); err != nil {
		return fmt.Errorf("note which local cloud was built last: %w", err)
	}
	return nil
}

func (c Client) compile(ctx context.Context) error {
	cmd := exec.Command("go", "build", "-o", c.Binary, "./localcloud") //nolint:gosec // arguments are our own
	cmd.Env = gobuild.Env()
	_, err := c.run(ctx, cmd)
	return describe("build the local cloud's program "+c.Binary, err)
}

// Built says whether the program exists.
func (c Client) Built() bool {
	_, err := os.Stat(c.Binary)
	return err == nil
}

// program is what asks and stops a local cloud that another checkout may have started: where this one has built none, what was
// built last.
func (c Client) program() string {
	if c.Built() {
		return c.Binary
	}
	return BinaryIn(filepath.Dir(filepath.Dir(c.Binary)), "")
}

// Tools makes every tool available in the cache: minutes the first time, a moment afterwards.
func (c Client) Tools(ctx context.Context) error {
	_, err := c.run(ctx, exec.Command(c.Binary, "tools")) //nolint:gosec // our own program
	return describe("build the local cloud's tools", err)
}

// OptionalTools makes the programs of other projects' images available, those of "temporal" or of "edge", and gives their paths.
func (c Client) OptionalTools(ctx context.Context, which string) (paths map[string]string, err error) {
	out, err := c.run(ctx, exec.Command(c.Binary, "tools", "--"+which)) //nolint:gosec // our own program
	if err == nil {
		err = json.Unmarshal(out, &paths)
	}
	return paths, describe("build the programs of "+which, err)
}

// Start starts the local cloud unless it runs, and waits until all of it answers.
func (c Client) Start(ctx context.Context) (localcloud.State, error) {
	out, err := c.run(ctx, exec.Command(c.Binary, "start", "--dir", c.Dir, "--port", strconv.Itoa(c.Port))) //nolint:gosec // our own program
	if err != nil {
		return localcloud.State{}, describe("start the local cloud", err)
	}
	return localcloud.Decode(out)
}

// Stop stops every process of the local cloud. It is no error when none runs.
func (c Client) Stop(ctx context.Context) error {
	_, err := c.run(ctx, exec.Command(c.program(), "stop", "--dir", c.Dir)) //nolint:gosec // our own program
	return describe("stop the local cloud", err)
}

// Status asks the running local cloud for its state with the health of each process. The error is
// localcloud.ErrNotRunning when there is none.
func (c Client) Status(ctx context.Context) (localcloud.State, error) {
	last, err := c.LastState()
	if err != nil {
		return last, err
	}
	if !process.Alive(last.PID) {
		return last, localcloud.ErrNotRunning
	}
	out, err := c.run(ctx, exec.Command(c.program(), "status", "--dir", c.Dir)) //nolint:gosec // our own program
	if state, decodeErr := localcloud.Decode(out); decodeErr == nil {
		return state, nil // an unhealthy local cloud prints its state too, and fails
	}
	if err == nil {
		err = localcloud.ErrNotRunning
	}
	return last, describe("ask the local cloud for its state", err)
}

// LastState reads what the local cloud wrote down when it started; it may have ended since.
func (c Client) LastState() (localcloud.State, error) {
	return localcloud.Read(c.Dir)
}

// CommandError is a program that failed. What it said was passed through already: the message repeats its
// last line alone.
type CommandError struct {
	Err  error
	Said string // the end of what it said
}

func (e *CommandError) Error() string {
	last := e.Said[strings.LastIndexByte(e.Said, '\n')+1:]
	if last == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + last
}

// Output is the end of what the program said.
func (e *CommandError) Output() string { return e.Said }

// Unwrap returns the failure without the program's words.
func (e *CommandError) Unwrap() error { return e.Err }

// run returns what the command printed; its messages pass through to the log, and their end is kept for
// the error.
func (c Client) run(ctx context.Context, cmd *exec.Cmd) ([]byte, error) {
	var out bytes.Buffer
	said := tail{limit: 4096}
	cmd.Dir = c.Source
	cmd.Stdout, cmd.Stderr = &out, io.MultiWriter(c.Log, &said)
	err := c.Runner.Run(ctx, cmd)
	if err != nil && ctx.Err() == nil {
		err = &CommandError{Err: err, Said: strings.TrimSpace(said.String())}
	}
	return out.Bytes(), err
}

func describe(action string, err error) error {
	if err == nil || errors.Is(err, localcloud.ErrNotRunning) {
		return err
	}
	return fmt.Errorf("%s: %w", action, err)
}
