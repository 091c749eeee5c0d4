package testcloud

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

// stat is a process's parent; running is false for one that is gone, or has ended and waits for its parent to notice.
func stat(pid int) (parent int, running bool) {
	raw, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
	if err != nil {
		return 0, false
	}
	fields := strings.Fields(string(raw[strings.LastIndexByte(string(raw), ')')+1:])) // behind the program's name
	parent, err = strconv.Atoi(fields[1])
	return parent, err == nil && fields[0] != "Z"
}

func running(pid int) bool {
	_, running := stat(pid)
	return running
}

// Running are the names of the local cloud's processes that have not ended, its supervisor's among them.
func (c *Cloud) Running() []string {
	var names []string
	for _, p := range append(slices.Clone(c.Processes), localcloud.Process{Name: "supervisor", PID: c.PID}) {
		if running(p.PID) {
			names = append(names, p.Name)
		}
	}
	return names
}

// Process is the local cloud's process of that name.
func (c *Cloud) Process(t testing.TB, name string) localcloud.Process {
	t.Helper()
	at := slices.IndexFunc(c.Processes, func(p localcloud.Process) bool { return p.Name == name })
	require.GreaterOrEqual(t, at, 0, "no process %s in %v", name, c.Processes)
	return c.Processes[at]
}

// RequireNoOrphans fails when anything runs for this local cloud but what its supervisor started: an engine, a plugin, or
// what those have started. Each has the local cloud's folder among its arguments or variables.
func (c *Cloud) RequireNoOrphans(t testing.TB) {
	t.Helper()
	var orphans []string
	require.Eventually(t, func() bool {
		orphans = c.orphans()
		return len(orphans) == 0
	}, 10*time.Second, 200*time.Millisecond, "still running: %v", &orphans)
}

func (c *Cloud) orphans() []string {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	var found []string
	for _, folder := range folders {
		pid, _ := strconv.Atoi(filepath.Base(folder))
		arguments, err := os.ReadFile(filepath.Join(folder, "cmdline"))
		if err != nil {
			continue // it has ended meanwhile
		}
		variables, _ := os.ReadFile(filepath.Join(folder, "environ")) // another user's cannot be read, and is no engine
		if strings.Contains(string(arguments)+string(variables), c.Dir) && running(pid) && !c.supervises(pid) {
			found = append(found, strconv.Itoa(pid)+" "+strings.ReplaceAll(string(arguments), "\x00", " "))
		}
	}
	return found
}

// supervises says whether a process is the local cloud's supervisor, or below it.
func (c *Cloud) supervises(pid int) bool {
	for pid > 1 {
		if pid == c.PID {
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
