package lifecycle

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

// TestDestroy removes what the tests of the run share. It comes last: a test that wants the environment afterwards deploys it
// anew. A part that fails does not keep the others from looking.
func TestDestroy(t *testing.T) {
	c := testcloud.Exclusive(t)
	observe.RememberSecrets(t, c, "")
	c.Discard(t)
	t.Run("every right of a function was used", func(t *testing.T) { everyRightIsUsed(t, c) })
	t.Run("every tenant is removed", func(t *testing.T) { removeTenants(t, c) })
	t.Run("destroy leaves nothing", func(t *testing.T) {
		for _, stack := range []string{testcloud.Workloads, "local"} {
			out, err := c.PulumiOn(t, stack, "destroy", "--yes")
			require.NoError(t, err, testcloud.Tail(out))
		}
		for kind, left := range observe.Everything(t, c) {
			assert.Empty(t, left, "left of %s", kind)
		}
	})
	t.Run("no secret that was ever in use is in the state, the logs or what was printed", func(t *testing.T) { findNoSecret(t, c) })
	t.Run("down leaves no process and no folder", func(t *testing.T) {
		c.Platform(t, nil, "local", "down")
		assert.NoDirExists(t, c.Dir)
		assert.Empty(t, c.Running(), "still running")
		c.RequireNoOrphans(t)
	})
}

func removeTenants(t *testing.T, c *testcloud.Cloud) {
	tenants := observe.Tenants(t, c)
	assert.Equal(t, map[string]string{"acme": "pro active", "birch": "free active"}, tenants, "the tests have left the sample tenants alone")
	for tenant := range tenants {
		c.Platform(t, nil, "tenant", "offboard", tenant, "--archive")
		assert.Empty(t, observe.Role(t, c, tenant))
	}
	assert.Empty(t, observe.Tenants(t, c))
}

// findNoSecret reads every file that the engine wrote, every log and all that the commands printed, for the secrets that were
// ever in use in this run.
func findNoSecret(t *testing.T, c *testcloud.Cloud) {
	observe.RememberSecrets(t, c, "")
	secrets := c.Remembered(t)
	require.Greater(t, len(secrets), 3, "the master's password, the cache's token and the tenants' passwords")
	search := func(where, text string) {
		for secret, name := range secrets {
			assert.False(t, strings.Contains(text, secret), "%s is in clear in %s", name, where)
		}
	}
	search("what the commands printed", c.Noted(t))
	read := 0
	for _, folder := range []string{"backend", "workspace", "logs"} {
		err := filepath.WalkDir(filepath.Join(c.Dir, folder), func(path string, entry fs.DirEntry, err error) error {
			if err != nil || !entry.Type().IsRegular() {
				return err
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			read++
			search(path, string(raw))
			return nil
		})
		require.NoError(t, err)
	}
	assert.Greater(t, read, 5, "files read")
}
