package localcloud_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

// A supervisor is found by the folder that it serves, whether that is there or not, under any of its names.
func TestFindSupervisor(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		t.Skip("only Linux shows what other programs were started for")
	}
	parent := t.TempDir()
	dir, link := filepath.Join(parent, "cloud"), filepath.Join(t.TempDir(), "link")
	require.NoError(t, os.Symlink(parent, link))
	assert.Zero(t, localcloud.FindSupervisor(dir))
	supervisor := exec.Command("sh", "-c", "read line", "localcloud", "serve", "--dir", dir)
	in, err := supervisor.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, supervisor.Start())
	for _, name := range []string{dir, dir + "/", filepath.Join(link, "cloud")} {
		assert.Equal(t, supervisor.Process.Pid, localcloud.FindSupervisor(name), name)
	}
	require.NoError(t, os.Mkdir(dir, 0o700))
	assert.True(t, localcloud.Serves(supervisor.Process.Pid, dir))
	assert.False(t, localcloud.Serves(os.Getpid(), dir))
	assert.Zero(t, localcloud.FindSupervisor(parent))
	require.NoError(t, in.Close())
	_ = supervisor.Wait() // at the end of its input
	assert.Zero(t, localcloud.FindSupervisor(dir))
}
