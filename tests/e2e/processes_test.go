package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// stat is a process's state and parent; running is false for one that is gone, or has ended and waits for its parent to
// notice.
func stat(pid int) (parent int, running bool) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:])) // behind the program's name
	parent, err = strconv.Atoi(fields[1])
	return parent, err == nil && fields[0] != "Z"
}

// runs says whether a process exists and has not ended.
func runs(pid int) bool {
	_, running := stat(pid)
	return running
}

// checkNoStray sees that nothing runs for this local cloud but what its supervisor started: no engine, no plugin, and
// nothing that those started. Each has the local cloud's folder among its arguments or variables.
func (e *environment) checkNoStray(t *testing.T) {
	t.Helper()
	var strays []string
	require.Eventually(t, func() bool {
		strays = e.strays(t)
		return len(strays) == 0
	}, 10*time.Second, 200*time.Millisecond, "still running: %v", &strays)
}

func (e *environment) strays(t *testing.T) []string {
	t.Helper()
	folders, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	var found []string
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		arguments, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil {
			continue // it has ended meanwhile
		}
		variables, _ := os.ReadFile(filepath.Join(folder, "environ")) // another user's cannot be read, and is no engine
		if strings.Contains(string(arguments)+string(variables), e.dir) && runs(pid) && !e.supervises(pid) {
			found = append(found, strconv.Itoa(pid)+" "+strings.ReplaceAll(string(arguments), "\x00", " "))
		}
	}
	return found
}

// supervises says whether a process is the local cloud's supervisor, or below it.
func (e *environment) supervises(pid int) bool {
	for pid > 1 {
		if pid == e.state.PID {
			return true
		}
		parent, running := stat(pid)
		if !running {
			return true // it has just ended
		}
		pid = parent
	}
	return false
}
