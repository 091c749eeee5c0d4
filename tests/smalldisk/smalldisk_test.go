package smalldisk_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/smalldisk"
)

// killedVariable makes TestOfAKilledProgram, in a program of its own, leave a disk over that folder.
const killedVariable = "SMALLDISK_TEST_KILLED"

func mounted(t *testing.T, folder string) bool {
	t.Helper()
	mounts, err := os.ReadFile("/proc/self/mounts")
	require.NoError(t, err)
	return strings.Contains(string(mounts), " "+folder+" ")
}

func TestADiskIsAsLargeAsItWasMade(t *testing.T) {
	folder := t.TempDir()
	disk := smalldisk.Over(t, folder)
	disk.Resize(t, "1m")
	require.True(t, mounted(t, folder))
	require.ErrorContains(t, os.WriteFile(folder+"/file", make([]byte, 2<<20), 0o600), "no space left on device")
	disk.Resize(t, "4m")
	require.NoError(t, os.WriteFile(folder+"/file", make([]byte, 2<<20), 0o600))
	disk.Remove(t)
	assert.False(t, mounted(t, folder))
}

// A test that is killed leaves no disk behind.
func TestOfAKilledProgram(t *testing.T) {
	if folder := os.Getenv(killedVariable); folder != "" {
		smalldisk.Over(t, folder).Resize(t, "1m")
		_, _ = os.Stdout.WriteString("it is there\n")
		time.Sleep(time.Hour)
	}
	folder := t.TempDir()
	smalldisk.Over(t, folder).Resize(t, "1m") // or there is nothing to try
	self, err := os.Executable()
	require.NoError(t, err)
	left := t.TempDir()
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^TestOfAKilledProgram$")
	cmd.Env = append(os.Environ(), killedVariable+"="+left)
	said, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	_, err = said.Read(make([]byte, 1))
	require.NoError(t, err)
	assert.True(t, mounted(t, left))
	require.NoError(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	require.Eventually(t, func() bool { return !mounted(t, left) }, 5*time.Minute, 20*time.Millisecond)
}
