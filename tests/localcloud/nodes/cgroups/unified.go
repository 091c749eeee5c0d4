package cgroups

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// unified is what version 2 (https://docs.kernel.org/admin-guide/cgroup-v2.html) needs to know that version 1 does not: a group
// has the controllers alone that the one above hands on, and that one, unless it is the machine's root, has no processes of its own.
type unified struct{ controllers []string } // that its root can hand on

// wanted are handed on where the machine has them. The kubelet wants hugetlb, too, where there is such a controller (pkg/kubelet/cm's
// cgroup_manager_linux.go of Kubernetes), and io bounds nothing here, but is counted. Others stay as they are: one that cannot be handed on
// would keep the rest from it.
var wanted = append([]string{"hugetlb", "io"}, needed...)

// readUnified reads what the root of a hierarchy, the machine's or that of a container, can hand on.
func readUnified(dir string) (*unified, error) {
	controllers, err := fields(dir, "cgroup.controllers")
	return &unified{controllers: controllers}, err
}

// fields are the words in a file of a group.
func fields(dir, name string) ([]string, error) {
	text, err := os.ReadFile(filepath.Join(dir, name)) //nolint:gosec // a file of the kernel
	return strings.Fields(string(text)), err
}

// handsOn says why the root does not hand on what nodes need, if so, and changes nothing.
func (u *unified) handsOn(root string) error {
	on, err := fields(root, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(needed, func(controller string) bool { return !slices.Contains(on, controller) }) {
		return nil
	}
	// The machine's own root has no type, and may have processes.
	if _, err := os.Stat(filepath.Join(root, "cgroup.type")); errors.Is(err, fs.ErrNotExist) { //nolint:gosec // a file of the kernel
		return nil
	}
	processes, err := fields(root, "cgroup.procs")
	if err != nil || len(processes) == 0 {
		return err
	}
	return fmt.Errorf("%s belongs to a container and has %d processes, so that it cannot hand on the controllers %s: move them to a group below it first, "+
		"as the entry points of Docker-in-Docker images do", root, len(processes), strings.Join(needed, ", "))
}

// enable hands controllers of a group on to those below it.
func (u *unified) enable(dir string) error {
	available, err := fields(dir, "cgroup.controllers")
	if err != nil {
		return err
	}
	on, err := fields(dir, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	var missing []string
	for _, controller := range available {
		if slices.Contains(wanted, controller) && !slices.Contains(on, controller) {
			missing = append(missing, "+"+controller)
		}
	}
	if len(missing) == 0 {
		return nil // who may not write need not
	}
	err = os.WriteFile(filepath.Join(dir, "cgroup.subtree_control"), []byte(strings.Join(missing, " ")), 0) //nolint:gosec // a file of the kernel
	if err != nil {
		return fmt.Errorf("hand on the controllers %s: %w", strings.Join(missing, " "), err)
	}
	return nil
}

// MakeRoom moves the calling process, the first of a namespace of version 2, into a group below the root: a group that hands
// its controllers on has no processes of its own. mounted is where Mount put them.
func (h Host) MakeRoom(mounted string) error {
	one := h.hierarchies[0].unified
	if one == nil {
		return nil
	}
	inner := filepath.Join(mounted, "node")
	if err := os.Mkdir(inner, 0o755); err != nil { //nolint:gosec // as the kernel makes them
		return err
	}
	if err := os.WriteFile(filepath.Join(inner, "cgroup.procs"), []byte("0"), 0); err != nil { //nolint:gosec // a file of the kernel
		return err
	}
	return one.enable(mounted)
}
