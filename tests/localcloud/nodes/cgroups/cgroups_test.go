package cgroups

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
)

func TestParse(t *testing.T) {
	t.Parallel()
	first := []string{
		"31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct",
		"32 24 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset",
		"33 24 0:29 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory",
		"34 24 0:30 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
		"35 24 0:31 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/lib/x,name=systemd",
		"36 24 0:32 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
	}
	host, err := parse(first)
	require.NoError(t, err)
	require.Len(t, host.hierarchies, 5, "version 1, also where version 2 is mounted beside it")
	assert.Equal(t, hierarchy{dir: "/sys/fs/cgroup/systemd", options: "name=systemd"}, host.hierarchies[4])
	assert.True(t, host.hierarchies[0].has("cpuacct"))
	assert.False(t, host.hierarchies[0].has("cpuset"))

	_, err = parse(first[:1])
	require.EqualError(t, err, "control groups without the controllers cpuset, memory, pids")
	_, err = parse(nil)
	require.Error(t, err)
}

// A group goes as soon as its last process has, with all groups below it.
func TestAGroupLivesAndDies(t *testing.T) {
	host, err := Find()
	if err == nil {
		err = host.Writable()
	}
	if err != nil {
		required.OfRoot(t, fmt.Sprintf("this machine has no control groups that this user can change: %v", err))
	}
	top := host.Group("genericcorp-test-" + strconv.Itoa(os.Getpid()))
	group := host.Group(top.path + "/node")
	t.Cleanup(func() { require.NoError(t, top.Remove(time.Minute)) })
	require.NoError(t, group.Create(64<<20))
	process := exec.Command("sleep", "600")
	require.NoError(t, process.Start())
	t.Cleanup(func() { _ = process.Process.Kill() })
	require.NoError(t, group.Add(process.Process.Pid))
	require.Error(t, top.Remove(0), "a process is in it")
	require.NoError(t, process.Process.Kill())
	_ = process.Wait() // killed
	require.NoError(t, top.Remove(time.Minute))
	for _, h := range host.hierarchies {
		assert.NoDirExists(t, filepath.Join(h.dir, top.path))
	}
}
