package process

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killTree kills a process and all its descendants. The engine puts each plugin into a process group of its
// own, so killing the group alone would leave them behind.
func killTree(pid int) {
	for _, p := range append(Descendants(pid), pid) {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
}

// Descendants lists the ids of all processes below pid, parents first, as /proc shows them now.
func Descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is constant and well formed
	for _, path := range stats {
		if child, parent, ok := readStat(path); ok {
			children[parent] = append(children[parent], child)
		}
	}
	found := append([]int(nil), children[pid]...)
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// readStat reads the process id and its parent's from a /proc/<pid>/stat file. The second field, the command
// in parentheses, may itself hold spaces and parentheses.
func readStat(path string) (pid, parent int, ok bool) {
	raw, err := os.ReadFile(path) //nolint:gosec // a path below /proc
	if err != nil {
		return 0, 0, false // it has ended meanwhile
	}
	text := string(raw)
	open, closing := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || closing < open {
		return 0, 0, false
	}
	rest := strings.Fields(text[closing+1:])
	if len(rest) < 2 {
		return 0, 0, false
	}
	pid, err = strconv.Atoi(strings.TrimSpace(text[:open]))
	if err != nil {
		return 0, 0, false
	}
	parent, err = strconv.Atoi(rest[1])
	return pid, parent, err == nil
}
