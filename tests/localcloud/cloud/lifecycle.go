package cloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/genericcorp/platform/internal/localcloud"
)

const (
	supervisorLog = "supervisor"
	startLimit    = 5 * time.Minute  // for all processes together, once the tools are there
	stopLimit     = 90 * time.Second // before the supervisor is killed; the kernel then ends its children
	pollInterval  = 100 * time.Millisecond
)

// Start starts a local cloud that outlives this program and returns its state once it serves. A healthy one that runs
// already is left alone, unless its endpoint should have another port; an unhealthy one is replaced. Port 0 is any.
func Start(ctx context.Context, dir string, port int, progress io.Writer) (*localcloud.State, error) {
	layout, err := newLayout(dir)
	if err != nil {
		return nil, err
	}
	if state, err := Status(ctx, dir); err == nil {
		unhealthy := state.Unhealthy()
		if len(unhealthy) == 0 {
			return state, requirePort(*state, port)
		}
		fmt.Fprintf(progress, "%s no longer serves (its log is %s): starting a new local cloud\n", unhealthy[0].Name, unhealthy[0].Log)
		if err := Stop(ctx, dir); err != nil {
			return nil, err
		}
	}
	if pid := localcloud.FindSupervisor(layout.dir); pid != 0 {
		if _, err := os.Stat(layout.path("serve.lock")); errors.Is(err, fs.ErrNotExist) {
			fmt.Fprintf(progress, "the folder of a local cloud that runs was removed: stopping it (process %d)\n", pid)
			if err := Stop(ctx, dir); err != nil {
				return nil, err
			}
		}
	}
	if err := layout.create(); err != nil {
		return nil, err
	}
	// Here rather than in the background, where nobody sees the minutes go by.
	if _, _, err := ensureTools(ctx, progress); err != nil {
		return nil, err
	}
	if layout, err = newLayout(dir); err != nil { // the folder exists now, and may be reached through a link
		return nil, err
	}
	return launch(ctx, layout, port, progress)
}

// launch runs "serve" in a session of its own and follows its log until it serves or ends.
func launch(ctx context.Context, layout layout, port int, progress io.Writer) (*localcloud.State, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(layout.logs(), 0o755); err != nil { //nolint:gosec // the logs themselves are private
		return nil, explain("make the logs' folder", layout.logs(), err)
	}
	path := layout.log(supervisorLog)
	log, err := os.OpenFile(path, os.O_CREATE|os.O_TRUNC|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, explain("open the supervisor's log", path, err)
	}
	defer log.Close()
	command := exec.Command(self, "serve", "--dir", layout.dir, "--port", strconv.Itoa(port))
	command.Dir = "/"
	command.Stdout, command.Stderr = log, log
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	// The working directory may be how the pins of the tools were found.
	if working, err := os.Getwd(); err == nil {
		command.Dir = working
	}
	if err := command.Start(); err != nil {
		return nil, fmt.Errorf("start the supervisor: %w", err)
	}
	ended := make(chan struct{})
	go func() {
		_ = command.Wait() // the end of its log explains more than its exit code
		close(ended)
	}()

	follower := &follower{path: path, out: progress}
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("it does not serve after %s", startLimit))
	defer cancel()
	for {
		follower.copy()
		if state, err := localcloud.Read(layout.dir); err == nil && state.PID == command.Process.Pid {
			refresh(ctx, &state)
			return &state, nil
		}
		select {
		case <-ended:
			follower.copy()
			return nil, fmt.Errorf("the local cloud did not start: %s (its logs are in %s)", follower.last(), layout.logs())
		case <-ctx.Done():
			// It was started for nobody any more.
			_ = command.Process.Signal(syscall.SIGTERM)
			return nil, fmt.Errorf("the local cloud did not start: %w (its logs are in %s)", context.Cause(ctx), layout.logs())
		case <-time.After(pollInterval):
		}
	}
}

// Stop ends the local cloud of the folder. It is not an error when none runs.
func Stop(ctx context.Context, dir string) error {
	layout, err := newLayout(dir)
	if err != nil {
		return err
	}
	pid := layout.supervisor()
	if pid == 0 {
		return layout.removeData() // left by one that was killed
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("stop the local cloud (process %d): %w", pid, err)
	}
	deadline := time.Now().Add(stopLimit)
	for layout.supervisor() == pid {
		if time.Now().After(deadline) {
			if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
				return fmt.Errorf("kill the local cloud (process %d): %w", pid, err)
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(pollInterval):
		}
	}
	return layout.removeOwn()
}

// Status returns the state with the health of each process as it is now, or localcloud.ErrNotRunning.
func Status(ctx context.Context, dir string) (*localcloud.State, error) {
	layout, err := newLayout(dir)
	if err != nil {
		return nil, err
	}
	pid := layout.supervisor()
	if pid == 0 {
		return nil, fmt.Errorf("%w in %s", localcloud.ErrNotRunning, layout.dir)
	}
	state, err := localcloud.Read(layout.dir)
	if err != nil && !errors.Is(err, localcloud.ErrNotRunning) {
		return nil, err
	}
	if state.PID != pid {
		return nil, fmt.Errorf("the local cloud in %s is still starting; its log is %s", layout.dir, layout.log(supervisorLog))
	}
	refresh(ctx, &state)
	return &state, nil
}

// supervisor is the process that serves this folder, or 0. One whose folder was removed is known by what it was started for.
func (l layout) supervisor() int {
	content, err := os.ReadFile(l.path("serve.lock"))
	if errors.Is(err, fs.ErrNotExist) {
		return localcloud.FindSupervisor(l.dir)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(content)))
	if err != nil || pid <= 0 || !localcloud.Serves(pid, l.dir) {
		return 0
	}
	return pid
}

// follower copies what is added to a log.
type follower struct {
	path   string
	out    io.Writer
	copied []byte
}

func (f *follower) copy() {
	content, err := os.ReadFile(f.path)
	if err != nil || len(content) <= len(f.copied) {
		return
	}
	_, _ = f.out.Write(content[len(f.copied):]) // progress is a courtesy
	f.copied = content
}

// last is the last line of the log, which names the reason when the supervisor has ended.
func (f *follower) last() string {
	lines := strings.Split(strings.TrimSpace(string(f.copied)), "\n")
	return lines[len(lines)-1]
}
