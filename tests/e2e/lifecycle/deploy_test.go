// Package lifecycle begins and ends the environment that the tests of a run share: TestFirstDeployment deploys it for the
// first time, with what may go wrong meanwhile, and TestDestroy removes it and looks for what is left.
package lifecycle

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

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) { os.Exit(testcloud.Main(m)) }

// The operator's command ends with these codes; its help says so.
const (
	exitFailed      = 1
	exitInterrupted = 130
)

// TestFirstDeployment deploys the environment for the first time. It is the one that the tests of the run share, unless there
// is one already. The parts build on each other; a deployment that was disturbed is continued by the next.
func TestFirstDeployment(t *testing.T) {
	c := testcloud.Fresh(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, *testcloud.Cloud)
	}{
		{"a preview makes nothing", previewMakesNothing},
		{"the emulator dies in the middle of an up", killEmulator},
		{"Ctrl-C in the middle of the next", interrupt},
		{"the third completes", func(t *testing.T, c *testcloud.Cloud) { c.Deploy(t) }},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, c) }) {
			t.FailNow()
		}
	}
}

func previewMakesNothing(t *testing.T, c *testcloud.Cloud) {
	var preview struct {
		Changes map[string]int `json:"counts"`
	}
	c.Platform(t, &preview, "preview", "--stack", "local")
	c.Load(t)
	assert.Greater(t, preview.Changes["create"], 100)
	assert.Empty(t, observe.VPCs(t, c))
}

// midway is how many resources exist when a deployment is disturbed: some are made, and many wait.
const midway = 25

var progressLine = regexp.MustCompile(`^\d\d:\d\d\s+(\d+) (?:of about \d+ )?done`)

// disturb runs the operator's command, does something to it in the middle, and returns its exit code and all it printed.
func disturb(t *testing.T, c *testcloud.Cloud, do func(command *exec.Cmd), args ...string) (code int, printed string) {
	t.Helper()
	cmd := c.Command(t, args...)
	var stdout bytes.Buffer
	cmd.Stdout = &stdout
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
	c.Note(t, stdout.Bytes(), text.Bytes())
	require.True(t, done, "the deployment ended before its middle:\n%s", text.String())
	return cmd.ProcessState.ExitCode(), text.String()
}

// killEmulator ends the API emulator as a crash would, in the middle of an up.
func killEmulator(t *testing.T, c *testcloud.Cloud) {
	code, printed := disturb(t, c, func(*exec.Cmd) {
		c.Load(t)
		require.NoError(t, syscall.Kill(c.Process(t, "moto").PID, syscall.SIGKILL))
	}, "local", "up")
	assert.Equal(t, exitFailed, code, printed)
	assert.Contains(t, printed, "moto", "the error names what died")
	assert.Contains(t, printed, "platform local up", "the error says what to do")
}

// interrupt presses Ctrl-C in the middle of an up. What was made stays known, and nothing is locked.
func interrupt(t *testing.T, c *testcloud.Cloud) {
	var pressed time.Time
	code, printed := disturb(t, c, func(command *exec.Cmd) {
		pressed = time.Now()
		require.NoError(t, command.Process.Signal(os.Interrupt))
	}, "local", "up")
	t.Logf("ended %s after Ctrl-C", time.Since(pressed).Round(time.Second))
	assert.Equal(t, exitInterrupted, code, printed)
	locks, err := filepath.Glob(filepath.Join(c.Dir, "backend", ".pulumi", "locks", "*", "*", "*", "*"))
	require.NoError(t, err)
	assert.Empty(t, locks, "the stack is not locked")
	c.Load(t)
	c.RequireNoOrphans(t)
	out, err := c.Pulumi(t, "stack", "export")
	require.NoError(t, err, out)
	assert.Contains(t, out, "aws:kms/key:Key", "what was made is known")
}
