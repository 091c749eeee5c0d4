package localcloud

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Serves reports whether a process is the supervisor of the local cloud in the folder. A number that was written down proves nothing:
// after a crash it may have become another program's, so the process must also have been started to serve this folder.
func Serves(pid int, dir string) bool {
	line, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	if err != nil || len(line) == 0 { // gone, or ended and not yet waited for
		return false
	}
	args := strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00")
	want := oneName(dir)
	return slices.Contains(args, "serve") && slices.ContainsFunc(args, func(arg string) bool {
		return oneName(strings.TrimPrefix(arg, "--dir=")) == want
	})
}

// FindSupervisor finds the supervisor of the local cloud in a folder by what it was started for, when the folder with all that was
// written down is gone; 0 means that there is none.
func FindSupervisor(dir string) int {
	folders, _ := filepath.Glob("/proc/[0-9]*") // the pattern is valid
	for _, folder := range folders {
		if pid, err := strconv.Atoi(filepath.Base(folder)); err == nil && pid != os.Getpid() && Serves(pid, dir) {
			return pid
		}
	}
	return 0
}

// oneName is the name of a folder, free of links, whether it is there or not. What is no path of a folder stays as it is.
func oneName(dir string) string {
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	resolved, err := filepath.EvalSymlinks(absolute)
	if errors.Is(err, fs.ErrNotExist) {
		if parent, err := filepath.EvalSymlinks(filepath.Dir(absolute)); err == nil {
			return filepath.Join(parent, filepath.Base(absolute))
		}
	}
	if err != nil {
		return absolute
	}
	return resolved
}
