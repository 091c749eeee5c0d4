package ci

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// followed is how often the log of a detached command is looked at.
const followed = 200 * time.Millisecond

// detached is where a command that changes a stack is noted, for the step that follows: .pid, its process; .json and .log,
// what it printed.
type detached string

func (h *Host) detached(stack string) detached {
	dir := h.getenv("RUNNER_TEMP")
	if dir == "" {
		dir = os.TempDir()
	}
	return detached(filepath.Join(dir, "platform-running-"+stack))
}

func (d detached) pidFile() string { return string(d) + ".pid" }
func (d detached) result() string  { return readText(string(d) + ".json") }
func (d detached) log() string     { return readText(string(d) + ".log") }

// pid is the command's process, and 0 when it has ended or never began.
func (d detached) pid() int {
	pid, err := strconv.Atoi(strings.TrimSpace(readText(d.pidFile())))
	if err != nil {
		return 0
	}
	return pid
}

// runDetached runs a command that changes a stack. Who cancels a job on GitHub ends the step ten seconds later, while the
// engine needs minutes to finish what is in flight and to release the lock. So the command has a session and files of its
// own, is told of the first signal only, and goes on when this process is killed: `platform ci status` waits for it.
func (h *Host) runDetached(ctx context.Context, stack string, args ...string) (detached, exit.Code, error) {
	d := h.detached(stack)
	stdout, err := os.Create(string(d) + ".json")
	if err != nil {
		return d, exit.Failed, err
	}
	defer func() { _ = stdout.Close() }()
	stderr, err := os.Create(string(d) + ".log")
	if err != nil {
		return d, exit.Failed, err
	}
	defer func() { _ = stderr.Close() }()
	cmd := h.command(context.WithoutCancel(ctx), h.Platform, args...)
	cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = stdout, stderr, &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return d, exit.Failed, fmt.Errorf("start %s: %w", h.Platform, err)
	}
	if err := os.WriteFile(d.pidFile(), []byte(strconv.Itoa(cmd.Process.Pid)), 0o600); err != nil {
		h.say("the step that follows a cancellation will not find this one: %v", err)
	}
	failure := h.follow(ctx, cmd, string(d)+".log")
	_ = os.Remove(d.pidFile())
	var ended *exec.ExitError
	if failure != nil && !errors.As(failure, &ended) {
		return d, exit.Failed, failure
	}
	return d, exitCode(failure), nil
}

// follow waits for a command, shows its log meanwhile, and tells it once when the context ends.
func (h *Host) follow(ctx context.Context, cmd *exec.Cmd, log string) error {
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	to := &logWriter{to: h.Err}
	defer func() { _ = to.Close() }()
	source, err := os.Open(log)
	if err != nil {
		return errors.Join(err, <-ended)
	}
	defer func() { _ = source.Close() }()
	cancelled := ctx.Done()
	for {
		_, _ = io.Copy(to, source) // what the log has so far
		select {
		case failure := <-ended:
			_, _ = io.Copy(to, source)
			return failure
		case <-cancelled:
			cancelled = nil
			signal.Ignore(os.Interrupt, syscall.SIGTERM) // the second one must not stop the engine at once
			h.say("cancelled: waiting for what is in flight")
			_ = cmd.Process.Signal(syscall.SIGTERM)
		case <-time.After(followed):
		}
	}
}
