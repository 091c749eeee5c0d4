// Package delivery tries what leads from a pull request to production: the workflows, and their steps on a local cloud.
package delivery

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/testcloud"
)

// runFolder is for what the tests of this package share.
var runFolder string

func TestMain(m *testing.M) {
	var err error
	if runFolder, err = os.MkdirTemp("", "platform-delivery-"); err != nil {
		panic(err)
	}
	code := testcloud.Main(m)
	_ = os.RemoveAll(runFolder)
	os.Exit(code)
}

var compiled sync.Once

// programs compiles what the workflows' steps use, once, with authorities that no database has: AWS's own are fetched.
func programs(t *testing.T) {
	t.Helper()
	compiled.Do(func() {
		authority, err := pki.NewAuthority("authorities of databases")
		require.NoError(t, err)
		file := filepath.Join(t.TempDir(), "ca.pem")
		require.NoError(t, os.WriteFile(file, authority.PEM, 0o600))
		built := script(t, []string{"RDS_AUTHORITIES=" + file}, ".ci/programs")
		require.Zero(t, built.Code, built.Stderr)
	})
	require.FileExists(t, filepath.Join(testcloud.Repository(t), "bin", "platform-policies"))
}

// script runs one of the workflows' steps as a job does, with no other variables than those given.
func script(t *testing.T, environ []string, args ...string) testcloud.Result {
	t.Helper()
	repository := testcloud.Repository(t)
	cmd := exec.CommandContext(t.Context(), filepath.Join(repository, args[0]), args[1:]...)
	cmd.Dir = repository
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, environ...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if cmd.ProcessState == nil {
		require.NoError(t, err)
	}
	return testcloud.Result{Stdout: stdout.String(), Stderr: stderr.String(), Code: cmd.ProcessState.ExitCode()}
}

// operator is the operator's command, as .ci/programs compiled it.
func operator(ctx context.Context, repository string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(repository, "bin", "platform"), args...)
	cmd.Dir = repository
	return cmd
}

// variablesOf are the variables that lead to a running local cloud, as `platform local env` tells them.
func variablesOf(t *testing.T, cloud *testcloud.Cloud) map[string]string {
	t.Helper()
	var found map[string]string
	cloud.Platform(t, &found, "local", "env")
	found["HOME"] = os.Getenv("HOME")
	return found
}
