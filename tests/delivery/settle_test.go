package delivery

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// fake puts a program on the PATH that prints this.
func fake(t *testing.T, dir, name, prints string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".out"), []byte(prints), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\ncat \"$0.out\"\n"), 0o700))
}

// TestSettle looks at what a deployment left that was killed before it could end.
func TestSettle(t *testing.T) {
	settle := func(t *testing.T, backend, pending, bucket string, seconds ...string) (page string) {
		t.Helper()
		dir := t.TempDir()
		fake(t, dir, "pulumi", `{"deployment": {"pending_operations": `+pending+`}}`)
		fake(t, dir, "aws", bucket)
		file := filepath.Join(dir, "page.md")
		if len(seconds) > 0 {
			alive := exec.CommandContext(t.Context(), "sleep", "60")
			require.NoError(t, alive.Start())
			defer func() { _ = alive.Process.Kill(); _ = alive.Wait() }()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "platform-running-dev.pid"), []byte(strconv.Itoa(alive.Process.Pid)), 0o600))
		}
		environ := []string{
			"PATH=" + dir + ":" + os.Getenv("PATH"), "PULUMI_BACKEND_URL=" + backend, "GITHUB_STEP_SUMMARY=" + file,
			"GITHUB_ACTIONS=true", "RUNNER_TEMP=" + dir,
		}
		result := script(t, environ, append([]string{".ci/settle", "dev"}, seconds...)...)
		require.Zero(t, result.Code, result.Stderr)
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Contains(t, string(raw), "runbooks/failed-or-stuck-deploy.md")
		if left := !strings.Contains(string(raw), "no operation is pending"); left {
			assert.Contains(t, result.Stdout, "::error::dev: ", "GitHub shows it on top of the job")
		} else {
			assert.Empty(t, result.Stdout)
		}
		return string(raw)
	}
	t.Run("nothing is left", func(t *testing.T) {
		assert.Contains(t, settle(t, "file:///nowhere", "[]", ""), "not locked and no operation is pending")
	})
	t.Run("a lock and pending operations", func(t *testing.T) {
		state := t.TempDir()
		locks := filepath.Join(state, ".pulumi", "locks", "organization", "platform")
		for _, stack := range []string{"dev", "prod"} {
			require.NoError(t, os.MkdirAll(filepath.Join(locks, stack), 0o700))
			require.NoError(t, os.WriteFile(filepath.Join(locks, stack, stack+"-lock.json"), []byte("{}"), 0o600))
		}
		page := settle(t, "file://"+state, "[{}, {}]", "")
		assert.Contains(t, page, "- the stack is locked: "+locks+"/dev/dev-lock.json")
		assert.NotContains(t, page, "prod-lock.json", "another stack's lock")
		assert.Contains(t, page, "- 2 operations are pending")
	})
	t.Run("a lock in a bucket", func(t *testing.T) {
		page := settle(t, "s3://state?region=us-east-1", "[]", ".pulumi/locks/organization/platform/dev/x.json\n")
		assert.Contains(t, page, "- the stack is locked: .pulumi/locks/organization/platform/dev/x.json")
	})
	t.Run("the engine outlives the patience", func(t *testing.T) {
		assert.Contains(t, settle(t, "file:///nowhere", "[]", "", "1"), "- the engine still works (process ")
	})
}
