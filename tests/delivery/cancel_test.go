package delivery

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// slow is an engine in the middle of something that takes longer than GitHub waits for a step that it cancels. It notes how
// often it is told to end.
const slow = `#!/bin/bash
trap 'echo told >>"$TOLD"' TERM INT
echo held >"$LOCK"
echo '00:00  1 done' >&2
for i in $(seq 150); do sleep 0.1; done
rm "$LOCK"
echo 'saved what is made' >&2
exit 130
`

// TestCancelledStep cancels a deployment in the middle of something long: the step is killed, the engine ends all the same,
// and the step that follows waits for it.
func TestCancelledStep(t *testing.T) {
	t.Parallel()
	checkout, machine := t.TempDir(), t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(checkout, ".ci"), os.DirFS(filepath.Join(testcloud.Repository(t), ".ci"))))
	for _, dir := range []string{"bin", "plan"} {
		require.NoError(t, os.Mkdir(filepath.Join(checkout, dir), 0o700))
	}
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "bin", "platform"), []byte(slow), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(checkout, "plan", "dev.json"), []byte("{}"), 0o600))
	fake(t, machine, "pulumi", `{"deployment": {}}`)
	told, lock := filepath.Join(machine, "told"), filepath.Join(machine, "lock")
	r := newRunner(t, checkout, map[string]string{
		"PATH": machine + ":" + os.Getenv("PATH"), "PULUMI_BACKEND_URL": "file:///nowhere", "TOLD": told, "LOCK": lock,
	}, map[string]string{
		"vars.AWS_REGION": "us-east-1", "vars.DEV_ACCOUNT": "123456789012", "vars.DEV_BACKEND": "file:///nowhere",
		"vars.PROD_ACCOUNT": "123456789012", "vars.PROD_BACKEND": "file:///nowhere",
	})
	cmd := r.command(t, "deploy.yml", "deploy-dev", ".ci/deploy apply ")
	said := &watched{}
	cmd.Stdout, cmd.Stderr = said, said
	cmd.WaitDelay = time.Second // the engine's log is followed until the engine ends
	require.NoError(t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // it is killed
		close(ended)
	}()
	require.Eventually(t, func() bool {
		_, err := os.Stat(lock)
		return err == nil
	}, time.Minute, 10*time.Millisecond, "%s", said)
	cancel(t, cmd, ended)
	assert.FileExists(t, lock, "the engine goes on when its step is killed")
	assert.Contains(t, said.String(), "cancelled: waiting for what is in flight")

	r.must(t, "deploy.yml", "deploy-dev", ".ci/settle ")
	assert.NoFileExists(t, lock, "the step that follows has waited for the engine")
	raw, err := os.ReadFile(told)
	require.NoError(t, err)
	assert.Equal(t, "told\n", string(raw), "once: a second time would stop it at once")
	assert.Contains(t, r.page(t), "not locked and no operation is pending")
}
