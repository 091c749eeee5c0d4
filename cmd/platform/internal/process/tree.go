package process

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// killTree kills a process and all its descendants. The engine puts each plugin into a process group of its
// own, so killing the group alone would leave them behind.
func killTree(pid int) {
	for _, p := range append(descendants(pid), pid) {
		_ = syscall.Kill(p, syscall.SIGKILL)
	}
}

// descendants lists the ids of all processes below pid, parents first, as /proc shows them now.
func descendants(pid int) []int {
	children := map[int][]int{}
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is constant and well formed
	for _, path := range stats {
		child, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			continue
		}
		if s, err := readStat(child); err == nil { // else it has ended meanwhile
			children[s.parent] = append(children[s.parent], child)
		}
	}
	found := append([]int(nil), children[pid]...)
	for i := 0; i < len(found); i++ {
		found = append(found, children[found[i]]...)
	}
	return found
}

// stat is a part of /proc/<pid>/stat.
type stat struct {
	state   string // R, S, D, Z ...
	parent  int
	started string // in ticks since the machine's start
}

// Which fields these are, counted from the one after the command's name (proc_pid_stat(5)).
const (
	fieldState   = 0
	fieldParent  = 1
	fieldStarted = 19
)

// readStat reads the fields after the command's name, which itself may hold spaces and parentheses.
func readStat(pid int) (stat, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	text := string(raw)
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	if len(fields) <= fieldStarted {
		//page:none the kernel writes that file
		return stat{}, errors.New("too few fields in /proc/<pid>/stat")
	}
	parent, err := strconv.Atoi(fields[fieldParent])
	return stat{fields[fieldState], parent, fields[fieldStarted]}, err
}
