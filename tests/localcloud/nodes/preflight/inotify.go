package preflight

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// inotifyInstances is how many a node keeps open: a kubelet six, containerd two, kube-proxy one.
const inotifyInstances = 9

// Inotify says why a node that starts now could watch no files. Linux counts the instances of a user over all of its programs, and gives
// 128 (inotify(7)); containerd then goes on without what a kubelet asks it for.
func Inotify() error {
	var open []int
	defer func() {
		for _, fd := range open {
			_ = unix.Close(fd) // nothing was written to it
		}
	}()
	for len(open) < inotifyInstances {
		fd, err := unix.InotifyInit1(unix.IN_CLOEXEC)
		if err != nil {
			if !errors.Is(err, unix.EMFILE) {
				return fmt.Errorf("open an inotify instance: %w", err)
			}
			limit, _ := os.ReadFile("/proc/sys/fs/inotify/max_user_instances") // without it the message says less
			return fmt.Errorf("this user can open %d more inotify instances, and a node needs %d (fs.inotify.max_user_instances is %s): "+
				"end programs that watch files, such as another local cloud with nodes, or raise it with sysctl -w fs.inotify.max_user_instances=1024",
				len(open), inotifyInstances, strings.TrimSpace(string(limit)))
		}
		open = append(open, fd)
	}
	return nil
}
