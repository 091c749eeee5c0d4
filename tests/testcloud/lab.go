// Package lab gives a test a local cloud and the operator's command, so that tests do what people and pipelines do.
package testcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Cloud is a running local cloud.
type Cloud struct {
	Dir         string
	AWSEndpoint string            `json:"awsEndpoint"`
	AccountID   string            `json:"accountId"`
	Region      string            `json:"region"`
	Kubeconfig  string            `json:"kubeconfig"`
	Env         map[string]string `json:"env"`
}

// Repository is the root of the product's repository.
func Repository(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for dir != filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "Pulumi.yaml")); err == nil {
			return dir
		}
		dir = filepath.Dir(dir)
	}
	require.FailNow(t, "the test does not run inside the repository")
	return ""
}

// Platform builds the operator's command and returns its path.
func Platform(t testing.TB) string {
	t.Helper()
	return build(t, Repository(t), "./cmd/platform", "platform")
}

func build(t testing.TB, module, pkg, name string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), name)
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", out, pkg)
	cmd.Dir = module
	said, err := cmd.CombinedOutput()
	require.NoError(t, err, string(said))
	return out
}

// Start starts an empty local cloud that ends with the test.
func Start(t testing.TB) Cloud {
	t.Helper()
	module := filepath.Join(Repository(t), "tests")
	program := build(t, module, "./localcloud", "localcloud")
	parent, err := os.MkdirTemp("", "platform-lab-")
	require.NoError(t, err)
	dir := filepath.Join(parent, "cloud")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
		defer cancel()
		if said, err := exec.CommandContext(ctx, program, "stop", "--dir", dir).CombinedOutput(); err != nil {
			t.Errorf("stop the local cloud: %v\n%s", err, said)
		}
		_ = os.RemoveAll(parent)
	})
	cmd := exec.CommandContext(t.Context(), program, "start", "--dir", dir)
	cmd.Dir = module
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Run(), stderr.String())
	cloud := Cloud{Dir: dir}
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &cloud))
	return cloud
}

// Environ is this process's environment with the local cloud in place of every real one.
func (c Cloud) Environ(more ...string) []string {
	var list []string
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "AWS_") && !strings.HasPrefix(line, "PULUMI_") && !strings.HasPrefix(line, "KUBECONFIG=") {
			list = append(list, line)
		}
	}
	for key, value := range c.Env {
		list = append(list, key+"="+value)
	}
	return append(append(list, "KUBECONFIG="+c.Kubeconfig), more...)
}

// Result is how a command ended.
type Result struct {
	Stdout, Stderr string
	Code           int
}

// Run runs a command in dir against the local cloud. Only a command that cannot be started fails the test.
func (c Cloud) Run(t testing.TB, dir string, environ []string, name string, args ...string) Result {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), Tool(c, name), args...) //nolint:gosec // a tool of the local cloud
	cmd.Dir, cmd.Env = dir, c.Environ(environ...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// Tool finds a program on the local cloud's PATH; a name with a slash is a path already.
func Tool(c Cloud, name string) string {
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
