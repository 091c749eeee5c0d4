package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// environment is one local cloud with the environment stack in it, driven as a person would: by the
// operator's command and, for what that does not offer, by the engine's own.
type environment struct {
	repository string
	dir        string
	platform   string // the operator's command
	cache      string // of built tools
	state      state
	secrets    map[string]string // what each secret that was ever in use is, by its value
	said       bytes.Buffer      // by all commands
}

// state is the part of the local cloud's own description that the tests need.
type state struct {
	PID         int               `json:"pid"`
	Generation  string            `json:"generation"`
	AWSEndpoint string            `json:"awsEndpoint"`
	AccountID   string            `json:"accountId"`
	Region      string            `json:"region"`
	Kubeconfig  string            `json:"kubeconfig"`
	Postgres    postgres          `json:"postgres"`
	Env         map[string]string `json:"env"`
	Processes   []process         `json:"processes"`
}

type postgres struct {
	Host   string `json:"host"`
	Port   int    `json:"port"`
	CAFile string `json:"caFile"`
}

type process struct {
	Name    string `json:"name"`
	PID     int    `json:"pid"`
	Address string `json:"address"`
}

// newEnvironment builds the operator's command and gives it a folder of its own. Whatever the test leaves
// behind is removed at its end.
func newEnvironment(t *testing.T) *environment {
	t.Helper()
	repository, err := filepath.Abs("../..")
	require.NoError(t, err)
	bin := filepath.Join(t.TempDir(), "platform")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin, "./cmd/platform")
	build.Dir = repository
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	dir, err := os.MkdirTemp("", "platform-e2e-")
	require.NoError(t, err)
	cache := os.Getenv("PLATFORM_CACHE")
	if cache == "" {
		user, err := os.UserCacheDir()
		require.NoError(t, err)
		cache = filepath.Join(user, "genericcorp-platform")
	}
	e := &environment{repository: repository, dir: filepath.Join(dir, "cloud"), platform: bin, cache: cache, secrets: map[string]string{}}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
		defer cancel()
		e.keepLogs(t)
		if out, err := e.command(ctx, "local", "down").CombinedOutput(); err != nil && !t.Failed() {
			t.Errorf("platform local down: %v\n%s", err, out)
		}
		_ = os.RemoveAll(dir)
	})
	return e
}

func (e *environment) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, e.platform, append(args, "--dir", e.dir)...)
	cmd.Dir = e.repository
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	return cmd
}

// run runs the operator's command and decodes the JSON that it prints; its progress goes to the test's log.
func (e *environment) run(t *testing.T, into any, args ...string) {
	t.Helper()
	cmd := e.command(t.Context(), append(args, "--json")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	started := time.Now()
	err := cmd.Run()
	e.hear(stdout.Bytes(), stderr.Bytes())
	t.Logf("platform %s: %s", strings.Join(args, " "), time.Since(started).Round(time.Second))
	require.NoError(t, err, "%s\n%s", tail(stderr.String()), tail(stdout.String()))
	if into != nil {
		reflect.ValueOf(into).Elem().SetZero() // or the counts of an earlier run would stay
		require.NoError(t, json.Unmarshal(stdout.Bytes(), into), stdout.String())
	}
}

// fails runs the operator's command, which must end with that code, and returns what it said.
func (e *environment) fails(t *testing.T, code int, args ...string) string {
	t.Helper()
	cmd := e.command(t.Context(), args...)
	out, err := cmd.CombinedOutput()
	e.hear(out)
	require.Error(t, err, tail(string(out)))
	require.Equal(t, code, cmd.ProcessState.ExitCode(), tail(string(out)))
	return string(out)
}

// hear keeps what a command said.
func (e *environment) hear(texts ...[]byte) {
	for _, text := range texts {
		e.said.Write(text)
	}
}

// load reads the local cloud's state file.
func (e *environment) load(t *testing.T) {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(e.dir, "state.json"))
	require.NoError(t, err)
	e.state = state{}
	require.NoError(t, json.Unmarshal(raw, &e.state))
}

// pulumi runs the engine's own command line on the local stack and returns all it printed.
func (e *environment) pulumi(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), e.tool(t, "pulumi"), append(args, "--stack", "local", "--non-interactive")...)
	cmd.Dir = filepath.Join(e.dir, "workspace")
	cmd.Env = append(os.Environ(),
		"PULUMI_BACKEND_URL=file://"+filepath.Join(e.dir, "backend"),
		"PULUMI_CONFIG_PASSPHRASE_FILE="+filepath.Join(e.dir, "passphrase"),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "PULUMI_SKIP_UPDATE_CHECK=true")
	for key, value := range e.state.Env {
		cmd.Env = append(cmd.Env, key+"="+value)
	}
	started := time.Now()
	out, err := cmd.CombinedOutput()
	e.hear(out)
	t.Logf("pulumi %s: %s", strings.Join(args, " "), time.Since(started).Round(time.Second))
	return string(out), err
}

// tool finds a program in the local cloud's own PATH.
func (e *environment) tool(t *testing.T, name string) string {
	t.Helper()
	for _, dir := range filepath.SplitList(e.state.Env["PATH"]) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() {
			return file
		}
	}
	require.FailNow(t, "no "+name+" in the PATH of the local cloud")
	return ""
}

// keepLogs shows the end of every process's log when the test failed, before the folder is removed.
func (e *environment) keepLogs(t *testing.T) {
	if !t.Failed() {
		return
	}
	logs, _ := filepath.Glob(filepath.Join(e.dir, "logs", "*.log"))
	for _, file := range logs {
		if raw, err := os.ReadFile(file); err == nil {
			t.Logf("--- %s\n%s", filepath.Base(file), tail(string(raw)))
		}
	}
}

// tail keeps the last lines of a long text.
func tail(text string) string {
	const most = 25
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	if len(lines) > most {
		lines = lines[len(lines)-most:]
	}
	return strings.Join(lines, "\n")
}
