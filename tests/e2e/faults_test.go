package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The operator's command ends with these codes; its help says so.
const (
	exitFailed      = 1
	exitInterrupted = 130
)

// midway is how many resources exist when a deployment is disturbed: some are made, and many wait.
const midway = 25

var progressLine = regexp.MustCompile(`^\d\d:\d\d\s+(\d+) (?:of about \d+ )?done`)

// disturb runs the operator's command, does something to it in the middle, and returns its exit code and all it said.
func (e *environment) disturb(t *testing.T, do func(command *exec.Cmd), args ...string) (code int, said string) {
	t.Helper()
	cmd := e.command(t.Context(), args...)
	cmd.Stdout = new(bytes.Buffer)
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	var text bytes.Buffer
	done := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		text.Write(append(lines.Bytes(), '\n'))
		if found := progressLine.FindSubmatch(lines.Bytes()); found != nil && !done {
			if made, _ := strconv.Atoi(string(found[1])); made >= midway {
				done = true
				do(cmd)
			}
		}
	}
	_ = cmd.Wait() // the exit code is looked at by the caller
	require.True(t, done, "the deployment ended before its middle:\n%s", text.String())
	return cmd.ProcessState.ExitCode(), text.String()
}

// killEmulator ends the API emulator as a crash would, in the middle of an up.
func (e *environment) killEmulator(t *testing.T) {
	code, said := e.disturb(t, func(*exec.Cmd) {
		e.load(t)
		for _, p := range e.state.Processes {
			if p.Name == "moto" {
				require.NoError(t, syscall.Kill(p.PID, syscall.SIGKILL))
				return
			}
		}
		t.Error("no emulator among the processes")
	}, "local", "up")
	assert.Equal(t, exitFailed, code, said)
	assert.Contains(t, said, "moto", "the error names what died")
	assert.Contains(t, said, "platform local up", "the error says what to do")
}

// interrupt presses Ctrl-C in the middle of an up. What was made stays known, and nothing is locked.
func (e *environment) interrupt(t *testing.T) {
	var pressed time.Time
	code, said := e.disturb(t, func(command *exec.Cmd) {
		pressed = time.Now()
		require.NoError(t, command.Process.Signal(os.Interrupt))
	}, "local", "up")
	t.Logf("ended %s after Ctrl-C", time.Since(pressed).Round(time.Second))
	assert.Equal(t, exitInterrupted, code, said)
	locks, err := filepath.Glob(filepath.Join(e.dir, "backend", ".pulumi", "locks", "*", "*", "*", "*"))
	require.NoError(t, err)
	assert.Empty(t, locks, "the stack is not locked")
	e.load(t)
	out, err := e.pulumi(t, "stack", "export")
	require.NoError(t, err, out)
	assert.Contains(t, out, "aws:kms/key:Key", "what was made is known")
}

// TestToolsThatCannotBeMade starts with an empty cache and a broken way to fill it: each time one clear error, and
// nothing runs afterwards.
func TestToolsThatCannotBeMade(t *testing.T) {
	e := newEnvironment(t)
	t.Run("no network", func(t *testing.T) {
		said := e.refused(t, "PLATFORM_CACHE="+t.TempDir(), "GOPROXY=off", "GOMODCACHE="+t.TempDir(), "GOFLAGS=-mod=mod -modcacherw")
		assert.Regexp(t, `module lookup disabled|network|GOPROXY`, said)
	})
	t.Run("a full disk", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can mount a small disk")
		}
		disk := t.TempDir()
		require.NoError(t, syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=64k"))
		t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
		said := e.refused(t, "PLATFORM_CACHE="+disk)
		assert.Contains(t, said, "no space left on device")
		assert.Contains(t, said, disk, "the error names the folder")
	})
	t.Run("a missing program", func(t *testing.T) {
		said := e.refused(t, "PATH="+t.TempDir())
		assert.Contains(t, said, "programs are missing")
		assert.Contains(t, said, "https://go.dev/dl", "it says where to get it")
	})
}

// refused runs an up in a changed environment and expects it to fail soon and to leave no process.
func (e *environment) refused(t *testing.T, env ...string) string {
	t.Helper()
	cmd := e.command(t.Context(), "local", "up")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, string(out))
	assert.NoFileExists(t, filepath.Join(e.dir, "state.json"), "nothing was started")
	return string(out)
}
