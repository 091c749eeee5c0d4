package ci

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/internal/environments"
)

// platformVariable makes the test's program a step of a job, whose operator's command is the one that it names.
const platformVariable = "CI_TEST_PLATFORM"

func TestMain(m *testing.M) {
	if platform := os.Getenv(platformVariable); platform != "" {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		h := NewHost()
		h.Platform = platform
		cmd := NewCommand(h)
		cmd.SetArgs(os.Args[1:])
		err := cmd.ExecuteContext(ctx)
		stop()
		os.Exit(int(exit.Of(err)))
	}
	os.Exit(m.Run())
}

// call is one program that a step ran.
type call struct {
	args  []string
	env   []string
	dir   string
	stdin string
}

func (c call) line() string { return filepath.Base(c.args[0]) + " " + strings.Join(c.args[1:], " ") }

func (c call) variable(name string) string { return (&Host{Environ: c.env}).getenv(name) }

// machine is a Host on which nothing runs: programs are noted, and answered by a function.
type machine struct {
	*Host
	out, err bytes.Buffer
	mutex    sync.Mutex
	calls    []call
	answer   func(call) (stdout string, code int)
}

// ended is how a program ends that fails.
type ended int

func (e ended) Error() string { return "exit status" }
func (e ended) ExitCode() int { return int(e) }

func newMachine(t *testing.T, environ ...string) *machine {
	t.Helper()
	m := &machine{answer: func(call) (string, int) { return "", 0 }}
	m.Host = &Host{
		Dir: t.TempDir(), Platform: "platform", Environ: environ, Out: &m.out, Err: &m.err,
		Environments: environments.Registry{{Name: "dev"}, {Name: "prod", Production: true}}, Run: m.run,
	}
	return m
}

func (m *machine) run(cmd *exec.Cmd) error {
	c := call{args: cmd.Args, env: cmd.Env, dir: cmd.Dir}
	if cmd.Stdin != nil {
		text, err := io.ReadAll(cmd.Stdin)
		if err != nil {
			return err
		}
		c.stdin = string(text)
	}
	m.mutex.Lock()
	m.calls = append(m.calls, c)
	m.mutex.Unlock()
	stdout, code := m.answer(c)
	to := cmd.Stdout
	if code != 0 && !strings.HasPrefix(stdout, "{") {
		to = cmd.Stderr
	}
	if to != nil {
		if _, err := io.WriteString(to, stdout); err != nil {
			return err
		}
	}
	if code != 0 {
		return ended(code)
	}
	return nil
}

// step runs a step as the workflow does.
func (m *machine) step(t *testing.T, args ...string) error {
	t.Helper()
	cmd := NewCommand(m.Host)
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	cmd.SetOut(io.Discard)
	cmd.SetErr(io.Discard)
	return cmd.ExecuteContext(t.Context())
}

// find is the one call that begins so.
func (m *machine) find(t *testing.T, words string) call {
	t.Helper()
	for _, c := range m.calls {
		if strings.HasPrefix(c.line(), words) {
			return c
		}
	}
	require.FailNow(t, "no such call", "%q among %v", words, m.calls)
	return call{}
}

// file writes a file below the machine's folder and returns its path.
func (m *machine) file(t *testing.T, name, text string) string {
	t.Helper()
	path := m.path(name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	return path
}

// runnerFile makes one of the files by which the runner hears from a step, and returns what is in it.
func (m *machine) runnerFile(t *testing.T, variable string) func() string {
	t.Helper()
	path := filepath.Join(t.TempDir(), variable)
	m.Environ = append(m.Environ, variable+"="+path)
	return func() string { return readText(path) }
}

func requireUsage(t *testing.T, err error) {
	t.Helper()
	require.Error(t, err)
	require.Equal(t, exit.Usage, exit.Of(err), err.Error())
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	for want, err := range map[exit.Code]error{exit.OK: nil, exit.Failed: errors.New("not found"), exit.Changes: ended(3)} {
		require.Equal(t, want, exitCode(err))
	}
}
