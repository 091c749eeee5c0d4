// Package cgroups gives each node a part of the machine's control groups: what the node makes below it is bounded by it, and
// goes with it.
package cgroups

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Host is the machine's hierarchies of control groups.
type Host struct{ hierarchies []hierarchy }

// hierarchy is one mount. Version 2 has one with all controllers, version 1 several; a machine with both is used as version 1.
type hierarchy struct {
	dir     string // where it is mounted
	options string // of version 1, for another mount of the same: "cpu,cpuacct"
	unified *unified
}

// has reports whether the hierarchy has the controller.
func (h hierarchy) has(controller string) bool {
	if h.unified != nil {
		return slices.Contains(h.unified.controllers, controller)
	}
	return slices.Contains(strings.Split(h.options, ","), controller)
}

// needed are the controllers without which pods have no limits.
var needed = []string{"cpu", "cpuset", "memory", "pids"}

// Find reads how the machine has them.
func Find() (Host, error) {
	file, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return Host{}, err
	}
	defer file.Close()
	var lines []string
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		lines = append(lines, scanner.Text())
	}
	return parse(lines)
}

// parse reads lines of mountinfo (proc_pid_mountinfo(5)).
func parse(lines []string) (Host, error) {
	var host Host
	second := ""
	for _, line := range lines {
		before, after, _ := strings.Cut(line, " - ")
		mount, kind := strings.Fields(before), strings.Fields(after)
		if len(mount) < 5 || len(kind) < 3 || mount[3] != "/" {
			continue
		}
		switch kind[0] {
		case "cgroup2":
			second = mount[4]
		case "cgroup":
			var options []string
			for _, option := range strings.Split(kind[2], ",") {
				if option != "rw" && option != "ro" && option != "xattr" && !strings.HasPrefix(option, "release_agent=") {
					options = append(options, option)
				}
			}
			host.hierarchies = append(host.hierarchies, hierarchy{dir: mount[4], options: strings.Join(options, ",")})
		}
	}
	if len(host.hierarchies) == 0 && second != "" {
		read, err := readUnified(second)
		if err != nil {
			return Host{}, err
		}
		host.hierarchies = []hierarchy{{dir: second, unified: read}}
	}
	return host, host.requireControllers()
}

func (h Host) requireControllers() error {
	var missing []string
	for _, controller := range needed {
		if !slices.ContainsFunc(h.hierarchies, func(one hierarchy) bool { return one.has(controller) }) {
			missing = append(missing, controller)
		}
	}
	if len(missing) > 0 {
		return fmt.Errorf("control groups without the controllers %s", strings.Join(missing, ", "))
	}
	return nil
}

// Writable says why no groups can be made, if so.
func (h Host) Writable() error {
	for _, one := range h.hierarchies {
		probe, err := os.MkdirTemp(one.dir, "genericcorp-probe-")
		if err != nil {
			return err
		}
		if err := os.Remove(probe); err != nil {
			return err
		}
		if one.unified != nil {
			if err := one.unified.handsOn(one.dir); err != nil {
				return err
			}
		}
	}
	return nil
}

// Group is one path in every hierarchy.
type Group struct {
	host Host
	path string
}

// Group names a group, which need not exist. Nested ones have slashes.
func (h Host) Group(path string) Group { return Group{host: h, path: path} }

// Create makes the group, with a limit of memory in bytes for all in it.
func (g Group) Create(memory int64) error {
	for _, h := range g.host.hierarchies {
		if err := g.createIn(h); err != nil {
			return fmt.Errorf("make the control group %s in %s: %w", g.path, h.dir, err)
		}
		limit := "memory.limit_in_bytes"
		if h.unified != nil {
			limit = "memory.max"
		}
		if !h.has("memory") {
			continue
		}
		if err := os.WriteFile(filepath.Join(h.dir, g.path, limit), []byte(strconv.FormatInt(memory, 10)), 0); err != nil {
			return fmt.Errorf("limit the memory of %s: %w", g.path, err)
		}
	}
	return nil
}

// createIn makes each folder of the path ready for those below it.
func (g Group) createIn(h hierarchy) error {
	dir := h.dir
	for _, name := range strings.Split(g.path, "/") {
		parent := dir
		dir = filepath.Join(dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // as the kernel makes them
			return err
		}
		var err error
		switch {
		case h.unified != nil:
			err = h.unified.enable(parent)
		case h.has("cpuset"): // of version 1: a group begins with no processor and no memory
			err = errors.Join(inherit(parent, dir, "cpuset.cpus"), inherit(parent, dir, "cpuset.mems"))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func inherit(parent, dir, name string) error {
	value, err := os.ReadFile(filepath.Join(parent, name))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), value, 0) //nolint:gosec // a file of the kernel in a group that was made here
}

// Add moves a process into the group.
func (g Group) Add(pid int) error {
	for _, h := range g.host.hierarchies {
		if err := os.WriteFile(filepath.Join(h.dir, g.path, "cgroup.procs"), []byte(strconv.Itoa(pid)), 0); err != nil {
			return fmt.Errorf("move process %d into the control group %s of %s: %w", pid, g.path, h.dir, err)
		}
	}
	return nil
}

// Remove removes the group and all below it, as soon as their last processes are gone; it gives up after limit.
func (g Group) Remove(limit time.Duration) error {
	deadline := time.Now().Add(limit)
	for {
		var left error
		for _, h := range g.host.hierarchies {
			left = errors.Join(left, removeTree(filepath.Join(h.dir, g.path)))
		}
		if left == nil || time.Now().After(deadline) {
			return left
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// removeTree removes folders from the innermost outwards; the files in them are the kernel's.
func removeTree(dir string) error {
	var dirs []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // it has just gone
		}
		if err == nil && entry.IsDir() {
			dirs = append(dirs, path)
		}
		return err
	})
	for _, dir := range slices.Backward(dirs) {
		if removed := unix.Rmdir(dir); removed != nil && !errors.Is(removed, unix.ENOENT) {
			err = errors.Join(err, fmt.Errorf("remove the control group %s: %w", dir, removed))
		}
	}
	return err
}

// Mount mounts, for a process in a namespace of control groups of its own, its part of every hierarchy below dir.
func (h Host) Mount(dir string) error {
	const flags = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if h.hierarchies[0].unified != nil {
		return unix.Mount("cgroup2", dir, "cgroup2", flags, "")
	}
	if err := unix.Mount("tmpfs", dir, "tmpfs", flags, "mode=755"); err != nil {
		return err
	}
	for _, one := range h.hierarchies {
		name := filepath.Base(one.dir)
		target := filepath.Join(dir, name)
		if err := os.Mkdir(target, 0o755); err != nil { //nolint:gosec // as on every machine
			return err
		}
		options := one.options
		if strings.HasPrefix(options, "name=") {
			options = "none," + options
		}
		if err := unix.Mount("cgroup", target, "cgroup", flags, options); err != nil {
			return fmt.Errorf("mount the control groups %s: %w", one.options, err)
		}
		for _, controller := range strings.Split(one.options, ",") { // "cpu" leads to "cpu,cpuacct", too
			if controller == name || strings.Contains(controller, "=") {
				continue
			}
			if err := os.Symlink(name, filepath.Join(dir, controller)); err != nil {
				return err
			}
		}
	}
	return nil
}
