package machine

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/tests/localcloud/nodes/cgroups"
)

// Programs is the folder in which a node finds the programs of the local cloud.
const Programs = "/programs"

// devices are what a node has of the machine's /dev.
var devices = []string{"null", "zero", "full", "random", "urandom", "tty", "kmsg"}

// machineWide are the settings of the kernel that a kubelet wants for the whole machine. It finds what it wants, and writes it, in
// files of the node (setupKernelTunables in pkg/kubelet/cm/container_manager_linux.go).
var machineWide = map[string]string{
	"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10", "kernel/panic_on_oops": "1",
	"kernel/keys/root_maxkeys": "1000000", "kernel/keys/root_maxbytes": "25000000",
}

// layOut makes a root of the node's own: the machine's programs and libraries to read, the node's own files to write, and
// nothing else of the machine.
func layOut(config Config, host cgroups.Host) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to itself: %w", err)
	}
	root := filepath.Join(config.Dir, "root")
	if err := mountNew("tmpfs", root, 0, "mode=755"); err != nil {
		return err
	}
	steps := []func() error{
		func() error { return bindSystem(root) },
		func() error { return bindPrograms(root, config.Programs) },
		func() error {
			for _, name := range []string{"etc", "var"} {
				if err := bind(filepath.Join(config.Dir, name), filepath.Join(root, name), 0); err != nil {
					return err
				}
			}
			return nil
		},
		func() error { return makeDevices(filepath.Join(root, "dev")) },
		func() error { return mountNew("proc", filepath.Join(root, "proc"), 0, "") },
		func() error { return mountNew("sysfs", filepath.Join(root, "sys"), 0, "") },
		func() error { return mountNew("tmpfs", filepath.Join(root, "run"), 0, "mode=755") },
		func() error { return mountNew("tmpfs", filepath.Join(root, "tmp"), 0, "mode=1777") },
		func() error { return host.Mount(filepath.Join(root, "sys/fs/cgroup")) },
		func() error { return enter(root) },
		func() error { return host.MakeRoom("/sys/fs/cgroup") },
		func() error { return unix.Sethostname([]byte(config.Name)) },
		func() error { return os.WriteFile("/proc/sys/net/ipv4/ip_forward", []byte("1"), 0) },
		func() error { return pretend(config.Memory) },
		// Mounts of volumes reach pods, and those of the node's daemons each other.
		func() error { return unix.Mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "") },
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// bindSystem shows the machine's programs and libraries. Where the top folders are links into /usr they are here, too.
func bindSystem(root string) error {
	for _, name := range []string{"usr", "bin", "sbin", "lib", "lib32", "lib64"} {
		target := filepath.Join(root, name)
		link, err := os.Readlink("/" + name)
		switch {
		case err == nil:
			err = os.Symlink(link, target)
		case exists("/" + name):
			err = bind("/"+name, target, unix.MS_RDONLY)
		default:
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func bindPrograms(root string, programs map[string]string) error {
	for _, name := range slices.Sorted(maps.Keys(programs)) {
		if err := bind(programs[name], filepath.Join(root, Programs, name), unix.MS_RDONLY); err != nil {
			return err
		}
	}
	return nil
}

func makeDevices(dir string) error {
	if err := mountNew("tmpfs", dir, unix.MS_NOSUID, "mode=755"); err != nil {
		return err
	}
	for _, name := range devices {
		if !exists("/dev/" + name) {
			continue
		}
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			return err
		}
		if err := unix.Mount("/dev/"+name, filepath.Join(dir, name), "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("bind /dev/%s: %w", name, err)
		}
	}
	return errors.Join(
		mountNew("devpts", filepath.Join(dir, "pts"), unix.MS_NOSUID|unix.MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620"),
		mountNew("tmpfs", filepath.Join(dir, "shm"), unix.MS_NOSUID|unix.MS_NODEV, "mode=1777"),
		mountNew("mqueue", filepath.Join(dir, "mqueue"), unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""),
		os.Symlink("pts/ptmx", filepath.Join(dir, "ptmx")),
		os.Symlink("/proc/self/fd", filepath.Join(dir, "fd")),
	)
}

// enter makes the folder the root, and lets the machine's go.
func enter(root string) error {
	if err := os.Chdir(root); err != nil {
		return err
	}
	if err := unix.PivotRoot(".", "."); err != nil { // the old root comes to lie on the new one (pivot_root(2))
		return fmt.Errorf("change the root: %w", err)
	}
	if err := unix.Unmount(".", unix.MNT_DETACH); err != nil {
		return fmt.Errorf("let the old root go: %w", err)
	}
	return os.Chdir("/")
}

// pretend shows the node the memory that it has, and settings that are not the machine's.
func pretend(memory int64) error {
	files := map[string]string{}
	for name, value := range machineWide {
		files["/proc/sys/"+name] = value + "\n"
	}
	meminfo, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return err
	}
	lines := strings.SplitAfter(string(meminfo), "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, "MemTotal:") {
			lines[i] = fmt.Sprintf("MemTotal: %d kB\n", memory/1024)
		}
	}
	files["/proc/meminfo"] = strings.Join(lines, "")
	if err := os.Mkdir("/run/pretended", 0o700); err != nil {
		return err
	}
	for path, content := range files {
		if !exists(path) {
			continue
		}
		instead := filepath.Join("/run/pretended", strings.ReplaceAll(path, "/", "."))
		if err := os.WriteFile(instead, []byte(content), 0o644); err != nil { //nolint:gosec // as in /proc
			return err
		}
		if err := bind(instead, path, 0); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// mountNew mounts a new file system at a folder, which it makes.
func mountNew(kind, target string, flags uintptr, options string) error {
	if err := os.MkdirAll(target, 0o755); err != nil { //nolint:gosec // as on every machine
		return err
	}
	if err := unix.Mount(kind, target, kind, flags, options); err != nil {
		return fmt.Errorf("mount %s at %s: %w", kind, target, err)
	}
	return nil
}

// bind shows a folder or file of the machine at a place in the node. A folder is made.
func bind(source, target string, flags uintptr) error {
	if info, err := os.Stat(source); err != nil {
		return err
	} else if info.IsDir() {
		if err := os.MkdirAll(target, 0o755); err != nil { //nolint:gosec // as on every machine
			return err
		}
	}
	if err := unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("bind %s at %s: %w", source, target, err)
	}
	if flags == 0 {
		return nil
	}
	if err := unix.Mount("", target, "", unix.MS_BIND|unix.MS_REMOUNT|flags, ""); err != nil {
		return fmt.Errorf("protect %s: %w", target, err)
	}
	return nil
}
