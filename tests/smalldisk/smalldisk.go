// Package smalldisk gives tests a disk that they can fill.
package smalldisk

import (
	"fmt"
	"os"
	"os/exec"
	"testing"

	"github.com/genericcorp/platform/internal/required"
)

// Disk is one over a folder.
type Disk struct {
	folder  string
	mounted bool
}

// Over is a disk that the first Resize puts over the folder, and the end of the test removes.
func Over(t *testing.T, folder string) *Disk {
	d := &Disk{folder: folder}
	t.Cleanup(func() {
		if !d.mounted {
			return
		}
		if out, err := asRoot("umount", "--lazy", folder).CombinedOutput(); err != nil {
			t.Errorf("remove the disk over %s: %v: %s", folder, err, out)
		}
	})
	return d
}

// Resize makes the disk as large as that ("8m"). It needs root, or sudo that asks for no password, as on a hosted runner.
func (d *Disk) Resize(t *testing.T, size string) {
	t.Helper()
	options := "size=" + size
	if d.mounted {
		options = "remount," + options
	}
	if out, err := asRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", d.folder).CombinedOutput(); err != nil {
		required.Missing(t, fmt.Sprintf("only root, or sudo without a password, can mount a small disk: %v: %s", err, out))
	}
	d.mounted = true
}

func asRoot(command ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		command = append([]string{"sudo", "--non-interactive"}, command...)
	}
	return exec.Command(command[0], command[1:]...) //nolint:gosec // what the callers here say
}
