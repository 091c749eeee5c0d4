package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
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
	e.hear(text.Bytes())
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
	e.checkNoStray(t)
	out, err := e.pulumi(t, "stack", "export")
	require.NoError(t, err, out)
	assert.Contains(t, out, "aws:kms/key:Key", "what was made is known")
}

// TestToolsThatCannotBeMade starts with a cache that lacks the local cloud's program, and a broken way to make it: each
// time one clear error, and nothing runs afterwards. At the end nothing is broken any more, and the same cache serves.
func TestToolsThatCannotBeMade(t *testing.T) {
	e := newEnvironment(t)
	cache := filepath.Join(t.TempDir(), "cache")
	require.NoError(t, os.Mkdir(cache, 0o755))
	t.Run("a missing program", func(t *testing.T) {
		said := e.refused(t, "PLATFORM_CACHE="+cache, "PATH="+t.TempDir())
		assert.Contains(t, said, "programs are missing")
		assert.Contains(t, said, "https://go.dev/dl", "it says where to get it")
	})
	t.Run("no network", func(t *testing.T) {
		const nowhere = "http://127.0.0.1:9"
		said := e.refused(t, "PLATFORM_CACHE="+cache, "HTTPS_PROXY="+nowhere, "HTTP_PROXY="+nowhere, "NO_PROXY=", "no_proxy=",
			"https_proxy="+nowhere, "http_proxy="+nowhere, "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw")
		assert.Contains(t, said, "There is no network")
	})
	disk := func(flags uintptr, size string) error {
		return syscall.Mount("tmpfs", cache, "tmpfs", flags, "size="+size)
	}
	t.Run("a full disk", func(t *testing.T) {
		if os.Geteuid() != 0 {
			t.Skip("only root can mount a small disk")
		}
		require.NoError(t, disk(0, "100m"))
		for _, folder := range []string{"go", "tmp"} {
			require.NoError(t, os.Mkdir(filepath.Join(cache, folder), 0o700))
		}
		// The build gets some way, and no further.
		require.NoError(t, os.WriteFile(filepath.Join(cache, "filler"), make([]byte, 80<<20), 0o600))
		said := e.refused(t, "PLATFORM_CACHE="+cache, "GOCACHE="+filepath.Join(cache, "go"), "TMPDIR="+filepath.Join(cache, "tmp"))
		assert.Contains(t, said, "no space left on device")
		assert.Contains(t, said, "The disk is full")
		assert.Contains(t, said, cache, "the error names the folder")
		require.NoError(t, disk(syscall.MS_REMOUNT, "2g"))
	})
	defer func() { _ = syscall.Unmount(cache, 0) }() // refused where nothing is mounted
	t.Run("the next run completes", func(t *testing.T) {
		t.Setenv("PLATFORM_CACHE", cache)
		e.linkTools(t, cache)
		e.run(t, nil, "local", "start")
		e.load(t)
		e.checkHungIsTold(t)
		e.run(t, nil, "local", "down", "--abandon")
	})
}

// linkTools takes what needs a quarter of an hour to make from where it is kept otherwise.
func (e *environment) linkTools(t *testing.T, cache string) {
	t.Helper()
	kept := filepath.Join(e.cache, "tools")
	require.NoError(t, os.MkdirAll(kept, 0o755))
	require.NoError(t, os.Symlink(kept, filepath.Join(cache, "tools")))
}

// refused starts a local cloud in a changed environment and expects it to fail soon and to leave no process.
func (e *environment) refused(t *testing.T, env ...string) string {
	t.Helper()
	cmd := e.command(t.Context(), "local", "start")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, string(out))
	assert.NoFileExists(t, filepath.Join(e.dir, "state.json"), "nothing was started")
	e.checkNoStray(t)
	return string(out)
}

// checkHungIsTold stops processes as a debugger would: each still exists and accepts connections, and is told to be sick.
func (e *environment) checkHungIsTold(t *testing.T) {
	t.Helper()
	hung := map[string]int{}
	for _, p := range e.state.Processes {
		if p.Name == "moto" || p.Name == "redis" || p.Name == "postgres" {
			hung[p.Name] = p.PID
		}
	}
	require.Len(t, hung, 3)
	for _, pid := range hung {
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	}
	healthy := e.health(t)
	for _, pid := range hung {
		require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	}
	require.Greater(t, len(healthy), len(hung))
	for name, well := range healthy {
		_, stopped := hung[name]
		assert.Equal(t, !stopped, well, "%s is told to be healthy", name)
	}
	e.run(t, nil, "local", "status")
}

// health is what the operator's command tells of each process, whether it ends well or not.
func (e *environment) health(t *testing.T) map[string]bool {
	t.Helper()
	out, err := e.command(t.Context(), "local", "status", "--json").Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "a sick local cloud is a failure")
	var status struct {
		Processes []struct {
			Name    string `json:"name"`
			Healthy bool   `json:"healthy"`
		} `json:"processes"`
	}
	require.NoError(t, json.Unmarshal(out, &status), string(out))
	healthy := map[string]bool{}
	for _, p := range status.Processes {
		healthy[p.Name] = p.Healthy
	}
	return healthy
}
