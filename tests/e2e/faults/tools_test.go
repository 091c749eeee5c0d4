// Package faults starts local clouds that cannot start, hang, or lose their supervisor, and several at once. On another one
// AWS refuses in the middle of deployments.
package faults

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/toolcache"
	"github.com/genericcorp/platform/tests/smalldisk"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) { os.Exit(testcloud.Main(m)) }

// TestToolsThatCannotBeMade starts with a cache that lacks the local cloud's program, and a broken way to make it: each
// time one clear error, and nothing runs afterwards. At the end nothing is broken any more, and the same cache serves.
func TestToolsThatCannotBeMade(t *testing.T) {
	c := testcloud.Stopped(t)
	cache := filepath.Join(t.TempDir(), "cache")
	require.NoError(t, os.Mkdir(cache, 0o755))
	t.Run("a missing program", func(t *testing.T) {
		said := refused(t, c, toolcache.Variable+"="+cache, "PATH="+t.TempDir())
		assert.Contains(t, said, "programs are missing")
		assert.Contains(t, said, "https://go.dev/dl", "it says where to get it")
	})
	t.Run("no network", func(t *testing.T) {
		const nowhere = "http://127.0.0.1:9"
		said := refused(t, c, toolcache.Variable+"="+cache, "HTTPS_PROXY="+nowhere, "HTTP_PROXY="+nowhere, "NO_PROXY=", "no_proxy=",
			"https_proxy="+nowhere, "http_proxy="+nowhere, "GOMODCACHE="+t.TempDir(), "GOFLAGS=-modcacherw")
		assert.Contains(t, said, "There is no network")
	})
	disk := smalldisk.Over(t, cache) // stays for the next run
	t.Run("a full disk", func(t *testing.T) {
		disk.Resize(t, "100m")
		for _, folder := range []string{"go", "tmp"} {
			require.NoError(t, os.Mkdir(filepath.Join(cache, folder), 0o700))
		}
		// The build gets some way, and no further.
		require.NoError(t, os.WriteFile(filepath.Join(cache, "filler"), make([]byte, 80<<20), 0o600))
		said := refused(t, c, toolcache.Variable+"="+cache, "GOCACHE="+filepath.Join(cache, "go"), "TMPDIR="+filepath.Join(cache, "tmp"))
		assert.Contains(t, said, "no space left on device")
		assert.Contains(t, said, "The disk is full")
		assert.Contains(t, said, cache, "the error names the folder")
		disk.Resize(t, "2g")
	})
	t.Run("the next run completes", func(t *testing.T) {
		kept, err := toolcache.Dir()
		require.NoError(t, err)
		t.Setenv(toolcache.Variable, cache)
		linkTools(t, kept, cache)
		c.Platform(t, nil, "local", "start")
		c.Load(t)
		checkHungIsTold(t, c)
		c.Platform(t, nil, "local", "down", "--abandon")
	})
}

// linkTools takes what needs a quarter of an hour to make from where it is kept otherwise.
func linkTools(t *testing.T, kept, cache string) {
	t.Helper()
	tools := filepath.Join(kept, "tools")
	require.NoError(t, os.MkdirAll(tools, 0o755))
	require.NoError(t, os.Symlink(tools, filepath.Join(cache, "tools")))
}

// refused starts a local cloud in a changed environment and expects it to fail soon and to leave no process.
func refused(t *testing.T, c *testcloud.Cloud, env ...string) string {
	t.Helper()
	cmd := c.Command(t, "local", "start")
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.CombinedOutput()
	require.Error(t, err, string(out))
	assert.NoFileExists(t, filepath.Join(c.Dir, "state.json"), "nothing was started")
	c.RequireNoOrphans(t)
	return string(out)
}

// checkHungIsTold stops processes as a debugger would: each still exists and accepts connections, and is told to be sick.
func checkHungIsTold(t *testing.T, c *testcloud.Cloud) {
	t.Helper()
	hung := map[string]int{}
	for _, name := range []string{"moto", "redis", "postgres"} {
		hung[name] = c.Process(t, name).PID
	}
	for _, pid := range hung {
		require.NoError(t, syscall.Kill(pid, syscall.SIGSTOP))
	}
	healthy := health(t, c)
	for _, pid := range hung {
		require.NoError(t, syscall.Kill(pid, syscall.SIGCONT))
	}
	require.Greater(t, len(healthy), len(hung))
	for name, well := range healthy {
		_, stopped := hung[name]
		assert.Equal(t, !stopped, well, "%s is told to be healthy", name)
	}
	c.Platform(t, nil, "local", "status")
}

// health is what the operator's command tells of each process, whether it ends well or not.
func health(t *testing.T, c *testcloud.Cloud) map[string]bool {
	t.Helper()
	out, err := c.Command(t, "local", "status", "--json").Output()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit, "a sick local cloud is a failure")
	var status struct {
		Processes []struct {
			Name    string `json:"name"`
			Healthy bool   `json:"healthy"`
		} `json:"processes"`
	}
	require.NoError(t, json.Unmarshal(out, &status), string(out))
	healthy := map[string]bool{}
	for _, p := range status.Processes {
		healthy[p.Name] = p.Healthy
	}
	return healthy
}
