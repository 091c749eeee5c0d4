package testcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

// Cloud is a local cloud, driven as a person would drive it: by the operator's command and, for what that does not offer, by
// the engine's own and AWS's.
type Cloud struct {
	localcloud.State // as Load has read it last

	Dir        string // the local cloud's folder
	Repository string
	run        run
}

func newCloud(t testing.TB, dir string, r run) *Cloud {
	t.Helper()
	Platform(t)
	return &Cloud{Dir: dir, Repository: Repository(t), run: r}
}

// Load reads the local cloud's state file.
func (c *Cloud) Load(t testing.TB) {
	t.Helper()
	state, err := localcloud.Read(c.Dir)
	require.NoError(t, err)
	c.State = state
}

// operator is the operator's command for the local cloud in a folder.
func operator(ctx context.Context, repository, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(repository, "bin", "platform"), append(args, "--dir", dir)...) //nolint:gosec // our own program
	cmd.Dir = repository
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	return cmd
}

// Command is the operator's command for this local cloud, ready to be started. What it prints is not noted: see Note.
func (c *Cloud) Command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	return operator(Context(t), c.Repository, c.Dir, args...)
}

// Context is a context that lasts until the last cleanup of the test, when the test's own has ended.
func Context(t testing.TB) context.Context { return context.WithoutCancel(t.Context()) }

// Platform runs the operator's command, which must end well, and decodes the JSON that it prints into into, unless that is nil.
func (c *Cloud) Platform(t testing.TB, into any, args ...string) {
	t.Helper()
	cmd := c.Command(t, append(args, "--json")...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err := cmd.Run()
	c.Note(t, stdout.Bytes(), stderr.Bytes())
	t.Logf("platform %s: %s", strings.Join(args, " "), time.Since(began).Round(time.Second))
	require.NoError(t, err, "%s\n%s", Tail(stderr.String()), Tail(stdout.String()))
	if into != nil {
		reflect.ValueOf(into).Elem().SetZero() // or the counts of an earlier run would stay
		require.NoError(t, json.Unmarshal(stdout.Bytes(), into), stdout.String())
	}
}

// Fails runs the operator's command, which must end with that code, and returns what it printed.
func (c *Cloud) Fails(t testing.TB, code int, args ...string) string {
	t.Helper()
	cmd := c.Command(t, args...)
	out, err := cmd.CombinedOutput()
	c.Note(t, out)
	require.Error(t, err, Tail(string(out)))
	require.Equal(t, code, cmd.ProcessState.ExitCode(), Tail(string(out)))
	return string(out)
}

// Deploy deploys the environment as the repository's settings have it, with its sample tenants, and notes that for the tests
// that share it.
func (c *Cloud) Deploy(t testing.TB) {
	t.Helper()
	c.deploy(t)
}

func (c *Cloud) deploy(t testing.TB, flags ...string) {
	t.Helper()
	c.Platform(t, nil, append([]string{"local", "up"}, flags...)...)
	require.NoError(t, os.WriteFile(c.run.deployed(), nil, 0o600))
	c.Load(t)
}

// Changed deploys the environment with other settings, and the repository's again when the test ends. The test has taken
// the environment by Exclusive.
func (c *Cloud) Changed(t testing.TB, into any, settings string) {
	t.Helper()
	t.Cleanup(func() { c.Restore(t) })
	c.Discard(t)
	c.Platform(t, into, "local", "up", "--no-tenants", "--settings", settings)
}

// Restore deploys the repository's settings again, unless that is what is deployed.
func (c *Cloud) Restore(t testing.TB) {
	t.Helper()
	if _, err := os.Stat(c.run.deployed()); err != nil {
		c.deploy(t, "--no-tenants")
	}
}

// Discard notes that the environment is not as the repository's settings have it: whoever wants it next deploys it first.
func (c *Cloud) Discard(t testing.TB) {
	t.Helper()
	require.NoError(t, os.RemoveAll(c.run.deployed()))
}

// Workloads is the name of the stack of what runs in the cluster.
const Workloads = "local-workloads"

// Pulumi runs the engine's own command line on the environment's stack and returns all that it printed.
func (c *Cloud) Pulumi(t testing.TB, args ...string) (string, error) {
	t.Helper()
	return c.PulumiOn(t, "local", args...)
}

// PulumiOn runs the engine's own command line on a stack and returns all that it printed.
func (c *Cloud) PulumiOn(t testing.TB, stack string, args ...string) (string, error) {
	t.Helper()
	began := time.Now()
	result := c.Run(t, filepath.Join(c.Dir, "workspace"), []string{
		"PULUMI_BACKEND_URL=file://" + filepath.Join(c.Dir, "backend"),
		"PULUMI_CONFIG_PASSPHRASE_FILE=" + filepath.Join(c.Dir, "passphrase"),
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true", "PULUMI_SKIP_UPDATE_CHECK=true",
	}, "pulumi", append(args, "--stack", stack, "--non-interactive")...)
	t.Logf("pulumi %s: %s", strings.Join(args, " "), time.Since(began).Round(time.Second))
	if result.Code != 0 {
		return result.Stdout + result.Stderr, fmt.Errorf("pulumi %s: exit code %d", strings.Join(args, " "), result.Code)
	}
	return result.Stdout + result.Stderr, nil
}

// Environ is this process's environment with the local cloud in place of every real one.
func (c *Cloud) Environ(more ...string) []string {
	var list []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "PULUMI_") && !strings.HasPrefix(line, "KUBECONFIG=") {
			list = append(list, line)
		}
	}
	return slices.Concat(list, c.State.Environ(), []string{"KUBECONFIG=" + c.Kubeconfig}, more)
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs a program, of the local cloud's own or any other, in dir against the local cloud. Only one that cannot be started
// fails the test.
func (c *Cloud) Run(t testing.TB, dir string, environ []string, name string, args ...string) Result {
	t.Helper()
	result := c.runQuietly(t, dir, environ, name, args...)
	c.Note(t, []byte(result.Stdout), []byte(result.Stderr))
	return result
}

// Quietly is Run for a program that the test itself asks for a secret: what it prints is not noted.
func (c *Cloud) Quietly(t testing.TB, name string, args ...string) Result {
	t.Helper()
	return c.runQuietly(t, c.Repository, nil, name, args...)
}

func (c *Cloud) runQuietly(t testing.TB, dir string, environ []string, name string, args ...string) Result {
	t.Helper()
	cmd := exec.CommandContext(Context(t), c.tool(name), args...) //nolint:gosec // a tool of the local cloud
	cmd.Dir, cmd.Env = dir, c.Environ(environ...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// tool finds a program on the local cloud's PATH; a name with a slash is a path already.
func (c *Cloud) tool(name string) string {
	if strings.Contains(name, "/") {
		return name
	}
	for _, dir := range filepath.SplitList(c.Env["PATH"]) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(file); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return file
		}
	}
	return name
}

// AWS is the configuration of AWS clients that speak to the local cloud.
func (c *Cloud) AWS() aws.Config {
	return aws.Config{
		Region: c.Region, BaseEndpoint: aws.String(c.AWSEndpoint),
		Credentials: credentials.NewStaticCredentialsProvider(c.Env["AWS_ACCESS_KEY_ID"], c.Env["AWS_SECRET_ACCESS_KEY"], ""),
	}
}

// logsOnFailure shows the end of every process's log when the test has failed.
func (c *Cloud) logsOnFailure(t testing.TB) {
	t.Helper()
	t.Cleanup(func() {
		logs, _ := filepath.Glob(filepath.Join(c.Dir, "logs", "*.log"))
		for _, file := range logs {
			if raw, err := os.ReadFile(file); err == nil && t.Failed() {
				t.Logf("--- %s\n%s", filepath.Base(file), lastLines(string(raw), 8))
			}
		}
	})
}

// Tail is the last lines of a long text.
func Tail(text string) string { return lastLines(text, 25) }

func lastLines(text string, most int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-most):], "\n")
}
