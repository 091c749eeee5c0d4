package ci

import (
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestStatus looks at what a deployment left that was killed before it could end.
func TestStatus(t *testing.T) {
	t.Parallel()
	const held = `{"pid": 12, "username": "runner", "hostname": "machine", "timestamp": "2026-11-28T10:00:00Z"}`
	status := func(t *testing.T, m *machine, backend, pending, bucket string, flags ...string) string {
		t.Helper()
		page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
		m.Environ = append(m.Environ, "PULUMI_BACKEND_URL="+backend, "GITHUB_ACTIONS=true")
		m.answer = func(c call) (string, int) {
			switch {
			case strings.HasPrefix(c.line(), "aws s3 cp "):
				return held, 0
			case strings.HasPrefix(c.line(), "aws "):
				return bucket, 0
			}
			if pending == "" {
				return "error: no such stack\n", 255
			}
			return `{"deployment": {"pending_operations": ` + pending + `}}`, 0
		}
		require.NoError(t, m.step(t, append([]string{"status", "dev"}, flags...)...))
		assert.Contains(t, page(), "runbooks/failed-or-stuck-deploy.md")
		if strings.Contains(page(), "no operation is pending") {
			assert.Empty(t, m.out.String())
		} else {
			assert.Contains(t, m.out.String(), "::error::dev: ", "GitHub shows it on top of the job")
		}
		return page()
	}
	t.Run("nothing is left", func(t *testing.T) {
		t.Parallel()
		assert.Contains(t, status(t, newMachine(t, "RUNNER_TEMP="+t.TempDir()), "file:///nowhere", "[]", ""), "not locked and no operation is pending")
	})
	t.Run("a lock and pending operations", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, "RUNNER_TEMP="+t.TempDir())
		for _, stack := range []string{"dev", "prod", "dev-tenant-acme"} {
			m.file(t, filepath.Join(".pulumi/locks/organization/platform", stack, stack+"-lock.json"), held)
		}
		page := status(t, m, "file://"+m.Dir, `[{"type": "creating", "resource": {"urn": "urn:a"}}, {"type": "updating", "resource": {"urn": "urn:b"}}]`, "")
		assert.Contains(t, page, "- the stack is locked: by runner@machine (pid 12) since 2026-11-28T10:00:00Z, "+
			m.path(".pulumi/locks/organization/platform/dev/dev-lock.json")+"\n", "and no other stack's lock")
		assert.Contains(t, page, "- pending: creating urn:a, which may exist without being in the state\n- pending: updating urn:b\n")
	})
	t.Run("a lock that cannot be read", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, "RUNNER_TEMP="+t.TempDir())
		file := m.file(t, ".pulumi/locks/organization/platform/dev/x.json", "")
		assert.Contains(t, status(t, m, "file://"+m.Dir, "[]", ""), "- the stack is locked: "+file+" (whose it is cannot be read: ")
	})
	t.Run("a lock in a bucket", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, "RUNNER_TEMP="+t.TempDir())
		page := status(t, m, "s3://state/below?region=us-east-1", "[]", `["below/.pulumi/locks/organization/platform/dev/x.json"]`)
		assert.Contains(t, page, "- the stack is locked: by runner@machine (pid 12) since 2026-11-28T10:00:00Z, below/.pulumi/locks/organization/platform/dev/x.json\n")
		assert.Contains(t, m.find(t, "aws").line(), "list-objects-v2 --bucket state --prefix below/.pulumi/locks/ --query Contents[?contains(Key, '/dev/')].Key")
	})
	t.Run("no lock in a bucket", func(t *testing.T) {
		t.Parallel()
		assert.Contains(t, status(t, newMachine(t, "RUNNER_TEMP="+t.TempDir()), "s3://state", "[]", "null\n"), "not locked")
	})
	t.Run("what cannot be looked at", func(t *testing.T) {
		t.Parallel()
		page := status(t, newMachine(t, "RUNNER_TEMP="+t.TempDir()), "s3://state", "", "<html>")
		assert.Contains(t, page, "- whether the stack is locked is unknown: ")
		assert.Contains(t, page, "- the state cannot be read: ")
		assert.Contains(t, page, "no such stack")
	})
	t.Run("the engine outlives the patience", func(t *testing.T) {
		t.Parallel()
		m := newMachine(t, "RUNNER_TEMP="+t.TempDir())
		alive := exec.CommandContext(t.Context(), "sleep", "60")
		require.NoError(t, alive.Start())
		defer func() { _ = alive.Process.Kill(); _ = alive.Wait() }()
		m.file(t, "x", "")
		d := m.detached("dev")
		require.NoError(t, copyFile(m.file(t, "pid", strconv.Itoa(alive.Process.Pid)), d.pidFile()))
		assert.Contains(t, status(t, m, "file:///nowhere", "[]", "", "--patience", "300ms"), "- the engine still works (process "+strconv.Itoa(alive.Process.Pid)+")")
	})
}
