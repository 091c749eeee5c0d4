package bridged

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestStoppingLeavesNoProcess(t *testing.T) {
	t.Parallel()
	shell := exec.CommandContext(t.Context(), "sh", "-c", "sleep 60 & echo started; wait")
	stdout, err := shell.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, shell.Start())
	_, err = stdout.Read(make([]byte, 1))
	require.NoError(t, err)
	children := childrenOf(shell.Process.Pid)
	require.Len(t, children, 1)

	(&inner{process: shell}).stop()

	assert.Eventually(t, func() bool {
		for _, pid := range append(children, shell.Process.Pid) {
			if running(pid) {
				return false
			}
		}
		return true
	}, time.Minute, 10*time.Millisecond)
}

// running reports whether a process lives: a zombie does not.
func running(pid int) bool {
	command, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && len(command) > 0
}
