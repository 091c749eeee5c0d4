// Package smalldisk gives tests a disk that they can fill.
package smalldisk

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/genericcorp/platform/internal/required"
)

// Disk is one over a folder.
type Disk struct {
	folder string
	keeper *exec.Cmd      // nil before there is a disk
	hold   io.WriteCloser // what the keeper waits for the end of
}

// Over is a disk that the first Resize puts over the folder, and the end of the test removes, or of the program, however it ends.
func Over(t testing.TB, folder string) *Disk {
	d := &Disk{folder: folder}
	t.Cleanup(func() { d.Remove(t) })
	return d
}

// Resize makes the disk as large as that ("8m"). It needs root, or sudo that asks for no password, as on a hosted runner.
func (d *Disk) Resize(t testing.TB, size string) {
	t.Helper()
	options := "size=" + size
	if d.keeper != nil {
		options = "remount," + options
	}
	if out, err := asRoot("mount", "-t", "tmpfs", "-o", options, "tmpfs", d.folder).CombinedOutput(); err != nil {
		required.Missing(t, fmt.Sprintf("only root, or sudo without a password, can mount a small disk: %v: %s", err, out))
	}
	if d.keeper == nil {
		d.keep(t)
	}
}

// keep starts a program that removes the disk when this one has ended: of one that is killed nothing else would.
func (d *Disk) keep(t testing.TB) {
	t.Helper()
	d.keeper = asRoot("sh", "-c", `trap "" INT TERM HUP; cat >/dev/null; exec umount --lazy "$0"`, d.folder)
	d.keeper.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // an interrupt at the terminal is not for it
	var err error
	if d.hold, err = d.keeper.StdinPipe(); err == nil {
		err = d.keeper.Start()
	}
	if err != nil {
		t.Fatalf("keep the disk over %s: %v", d.folder, err)
	}
}

// Remove removes the disk, if there is one.
func (d *Disk) Remove(t testing.TB) {
	t.Helper()
	if d.keeper == nil {
		return
	}
	_ = d.hold.Close() // the end of the keeper shows an error
	if err := d.keeper.Wait(); err != nil {
		t.Errorf("remove the disk over %s: %v", d.folder, err)
	}
	d.keeper = nil
}

func asRoot(command ...string) *exec.Cmd {
	if os.Geteuid() != 0 {
		command = append([]string{"sudo", "--non-interactive"}, command...)
	}
	return exec.Command(command[0], command[1:]...) //nolint:gosec // what the callers here say
}
