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
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/testcloud"
)

// emptyCloud is the folder of a local cloud with nothing deployed to it, which ends with the test.
func emptyCloud(t *testing.T) string {
	t.Helper()
	parent, err := os.MkdirTemp("", "platform-delivery-")
	require.NoError(t, err)
	dir := filepath.Join(parent, "cloud")
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		defer cancel()
		_ = operator(ctx, testcloud.Repository(t), "local", "down", "--abandon", "--dir", dir).Run()
		_ = os.RemoveAll(parent)
	})
	said, err := operator(t.Context(), testcloud.Repository(t), "local", "start", "--dir", dir).CombinedOutput()
	require.NoError(t, err, string(said))
	return dir
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

// operator is the operator's command, as .ci/programs compiled it.
func operator(ctx context.Context, repository string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(repository, "bin", "platform"), args...)
	cmd.Dir = repository
	return cmd
}

// variablesOf are the variables that lead to a running local cloud, as `platform local env` tells them.
func variablesOf(t *testing.T, cloud string) map[string]string {
	t.Helper()
	said, err := operator(t.Context(), testcloud.Repository(t), "local", "env", "--dir", cloud).Output()
	require.NoError(t, err)
	found := map[string]string{"HOME": os.Getenv("HOME")}
	for line := range strings.Lines(string(said)) {
		name, value, ok := strings.Cut(strings.TrimPrefix(strings.TrimSuffix(line, "\n"), "export "), "=")
		require.True(t, ok, line)
		found[name] = strings.Trim(value, "'")
	}
	return found
}
