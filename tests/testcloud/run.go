package testcloud

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
)

// Variable names the environment variable with the folder of the run: the tests of all packages that have it share one
// local cloud. Who sets it makes the folder, and takes down at the end what its folders "cloud" and "*/cloud" still hold.
const Variable = "PLATFORM_TEST_CLOUD"

// run is the folder of one run of tests.
type run string

// ownRun is the run of a package whose tests run without a shared one; empty until Main has made it.
var ownRun run

func (r run) cloud() string { return filepath.Join(string(r), "cloud") }
func (r run) lock() string  { return filepath.Join(string(r), "lock") }

// withNodes is where the run has its environment with nodes.
func (r run) withNodes() run { return run(filepath.Join(string(r), "nodes")) }

// deployed is the file that says: the environment on the shared local cloud is as the repository's settings have it.
func (r run) deployed() string { return filepath.Join(string(r), "deployed") }

// nodesVariable names the environment variable that says whether a local cloud has nodes. Tests have none unless it is set before:
// what needs no nodes does not wait for them.
const nodesVariable = "PLATFORM_LOCAL_NODES"

// Main runs a package's tests. Without a run that it could join it makes one for the package and removes it at the end.
// It returns the exit code.
func Main(m *testing.M) (code int) {
	if os.Getenv(nodesVariable) == "" {
		_ = os.Setenv(nodesVariable, "off") // never fails for such a name
	}
	if os.Getenv(Variable) != "" {
		return m.Run()
	}
	dir, err := os.MkdirTemp("", "platform-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ownRun = run(dir)
	code = m.Run()
	for _, r := range []run{ownRun, ownRun.withNodes()} {
		if err := takeDown(r.cloud()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	_ = os.RemoveAll(dir)
	return code
}

// current is the run that this process's tests belong to.
func current(t testing.TB) run {
	t.Helper()
	r := ownRun
	if dir := os.Getenv(Variable); dir != "" {
		r = run(dir)
	}
	require.DirExists(t, string(r), "the run's folder: set %s, or let the package's TestMain call testcloud.Main", Variable)
	return r
}

// Shared is the run's environment, deployed as the repository's settings have it. Other tests use it at the same time: this
// one changes nothing that it has not made itself, and leaves nothing behind. Subtests take it from their test.
func Shared(t testing.TB) *Cloud {
	t.Helper()
	return deployed(t, current(t), shared)
}

// Exclusive is the run's environment as Shared has it, while no other test uses it. This one may change it, and brings it
// back before it ends.
func Exclusive(t testing.TB) *Cloud {
	t.Helper()
	return deployed(t, current(t), exclusive)
}

// WithNodes is Exclusive for another environment of the run, which has nodes. A machine that can run none leaves the test out, and
// fails it in CI.
func WithNodes(t testing.TB) *Cloud {
	t.Helper()
	t.Setenv(nodesVariable, "on")
	r := current(t).withNodes()
	require.NoError(t, os.MkdirAll(string(r), 0o700))
	c := newCloud(t, r.cloud(), r)
	c.Platform(t, nil, "local", "start")
	c.RequireNodes(t, required.OfRoot)
	return deployed(t, r, exclusive)
}

// deployed takes a run's environment until the test ends, and deploys it first unless somebody has.
func deployed(t testing.TB, r run, kind int) *Cloud {
	t.Helper()
	c := newCloud(t, r.cloud(), r)
	for {
		unlock := lockFile(t, r.lock(), kind)
		if _, err := os.Stat(r.deployed()); err == nil {
			t.Cleanup(unlock)
			break
		}
		unlock()
		c.deployFirst(t)
	}
	c.logsOnFailure(t)
	c.Load(t)
	return c
}

// deployFirst deploys the environment, unless somebody has who was faster.
func (c *Cloud) deployFirst(t testing.TB) {
	t.Helper()
	defer lockFile(t, c.run.lock(), exclusive)()
	if _, err := os.Stat(c.run.deployed()); err != nil {
		c.Deploy(t)
	}
}

// Fresh is a local cloud that was never started, to be started by the test: the run's, if no test has used it, else one of
// the test's own.
func Fresh(t testing.TB) *Cloud {
	t.Helper()
	r := current(t)
	t.Cleanup(lockFile(t, r.lock(), exclusive))
	if _, err := os.Stat(r.cloud()); err == nil {
		return Stopped(t)
	}
	c := newCloud(t, r.cloud(), r)
	c.logsOnFailure(t)
	return c
}

// Empty is a running local cloud of the test's own with nothing deployed.
func Empty(t testing.TB) *Cloud {
	t.Helper()
	c := Stopped(t)
	c.Platform(t, nil, "local", "start")
	c.Load(t)
	return c
}

// At is a local cloud that runs in that folder, and stays.
func At(t testing.TB, dir string) *Cloud {
	t.Helper()
	c := newCloud(t, dir, run(t.TempDir()))
	c.Load(t)
	return c
}

// Stopped is a local cloud of the test's own that was not started yet. It is taken down when the test ends.
func Stopped(t testing.TB) *Cloud {
	t.Helper()
	dir, err := os.MkdirTemp(string(current(t)), "own-")
	require.NoError(t, err)
	c := newCloud(t, filepath.Join(dir, "cloud"), run(dir))
	t.Cleanup(func() {
		if err := takeDown(c.Dir); err != nil {
			t.Error(err)
		}
		_ = os.RemoveAll(dir)
	})
	c.logsOnFailure(t)
	return c
}

// takeDown throws a local cloud away, with all that is deployed on it.
func takeDown(dir string) error {
	if _, err := os.Stat(dir); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	root, err := repository()
	if err != nil {
		return err
	}
	if text, err := operator(ctx, root, dir, "local", "down", "--abandon").CombinedOutput(); err != nil {
		return fmt.Errorf("take down the local cloud in %s: %w\n%s", dir, err, text)
	}
	return nil
}

// How a lock is taken.
const (
	shared    = syscall.LOCK_SH
	exclusive = syscall.LOCK_EX
)

// lockFile waits for a lock, in whatever process it is held. The kernel gives it back when the process ends.
func lockFile(t testing.TB, name string, kind int) (unlock func()) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	require.NoError(t, err)
	require.NoError(t, flock(file, kind))
	return func() { _ = file.Close() }
}

func flock(file *os.File, kind int) error {
	for {
		if err := syscall.Flock(int(file.Fd()), kind); err != syscall.EINTR {
			return err
		}
	}
}
