package cgroups

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/internal/required"
)

// write makes a folder with the files that the kernel shows in a group of version 2.
func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(dir, 0o700))
	for name, text := range files {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return strings.TrimSpace(string(text))
}

const controllers = "cpuset cpu io memory hugetlb pids rdma misc\n"

func TestParseVersionTwo(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	lines := []string{"30 24 0:26 / " + root + " rw - cgroup2 cgroup rw,nsdelegate"}
	_, err := parse(lines)
	require.ErrorIs(t, err, os.ErrNotExist)
	write(t, root, map[string]string{"cgroup.controllers": "cpu pids\n"})
	_, err = parse(lines)
	require.EqualError(t, err, "control groups without the controllers cpuset, memory", "as where the memory's is off by default")
	write(t, root, map[string]string{"cgroup.controllers": controllers})
	host, err := parse(lines)
	require.NoError(t, err)
	assert.True(t, host.hierarchies[0].has("memory"))
	assert.False(t, host.hierarchies[0].has("devices"))
}

// Controllers that are wanted and not yet handed on are, level by level, and no others: one that cannot be would keep the rest from it.
func TestVersionTwoHandsControllersOn(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"cgroup.controllers": controllers, "cgroup.subtree_control": "cpu memory pids\n"})
	write(t, filepath.Join(root, "cloud"), map[string]string{"cgroup.controllers": controllers, "cgroup.subtree_control": ""})
	write(t, filepath.Join(root, "cloud/node"), map[string]string{"cgroup.controllers": "cpuset cpu memory pids\n", "cgroup.subtree_control": ""})
	host, err := parse([]string{"30 24 0:26 / " + root + " rw - cgroup2 cgroup rw"})
	require.NoError(t, err)
	require.NoError(t, host.Writable())
	require.NoError(t, host.Group("cloud/node").Create(64<<20))
	assert.Equal(t, "+cpuset +io +hugetlb", read(t, filepath.Join(root, "cgroup.subtree_control")))
	assert.Equal(t, "+cpuset +cpu +io +memory +hugetlb +pids", read(t, filepath.Join(root, "cloud/cgroup.subtree_control")))
	assert.Empty(t, read(t, filepath.Join(root, "cloud/node/cgroup.subtree_control")), "process 1 hands them on, when it has made room")
	assert.Equal(t, "67108864", read(t, filepath.Join(root, "cloud/node/memory.max")))

	require.NoError(t, host.MakeRoom(filepath.Join(root, "cloud/node")))
	assert.Equal(t, "0", read(t, filepath.Join(root, "cloud/node/node/cgroup.procs")), "itself")
	assert.Equal(t, "+cpuset +cpu +memory +pids", read(t, filepath.Join(root, "cloud/node/cgroup.subtree_control")))
}

// The root of a container is no root to the kernel.
func TestVersionTwoInAContainer(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, map[string]string{"cgroup.controllers": controllers, "cgroup.subtree_control": "", "cgroup.procs": "1\n17\n"})
	host, err := parse([]string{"30 24 0:26 / " + root + " rw - cgroup2 cgroup rw"})
	require.NoError(t, err)
	require.NoError(t, host.Writable(), "the machine's own root may have processes")
	write(t, root, map[string]string{"cgroup.type": "domain\n"})
	require.ErrorContains(t, host.Writable(), "belongs to a container and has 2 processes")
	write(t, root, map[string]string{"cgroup.subtree_control": "cpuset cpu memory pids\n"})
	require.NoError(t, host.Writable(), "somebody has made room")
	write(t, root, map[string]string{"cgroup.subtree_control": "", "cgroup.procs": ""})
	require.NoError(t, host.Writable())
}

// asNode makes this program the first process of a node: it has the mount of version 2 that follows.
const asNode = "CGROUPS_TEST_NODE"

func TestMain(m *testing.M) {
	if root := os.Getenv(asNode); root != "" {
		if err := beNode(root); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// beNode does what a node's process 1 does with the machine's groups, in a namespace of mounts of its own, with the controllers that version 2
// has on this machine: all, or on one that uses version 1 those that nobody else uses.
func beNode(root string) (err error) {
	runtime.LockOSThread()
	if err := unix.Mount("cgroup2", root, "cgroup2", 0, ""); err != nil {
		return err
	}
	read, err := readUnified(root)
	if err != nil {
		return err
	}
	host := Host{hierarchies: []hierarchy{{dir: root, unified: read}}}
	if err := read.handsOn(root); err != nil {
		fmt.Println("missing", err)
		return nil
	}
	before, err := fields(root, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	top := host.Group("genericcorp-test-" + strconv.Itoa(os.Getpid()))
	group := host.Group(top.path + "/node")
	defer func() {
		leave := os.WriteFile(filepath.Join(root, "cgroup.procs"), []byte("0"), 0)
		err = errors.Join(err, leave, top.Remove(time.Minute), putBack(root, before))
	}()
	if err := group.Create(1 << 30); err != nil {
		return err
	}
	if err := group.Add(os.Getpid()); err != nil {
		return err
	}
	if err := unix.Unshare(unix.CLONE_NEWCGROUP); err != nil {
		return err
	}
	inner := root + "-inner"
	if err := os.Mkdir(inner, 0o700); err != nil {
		return err
	}
	if err := host.Mount(inner); err != nil {
		return err
	}
	if err := host.MakeRoom(inner); err != nil {
		return err
	}
	own, err := os.ReadFile("/proc/self/cgroup")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(own)) {
		if place, ok := strings.CutPrefix(line, "0::"); ok {
			fmt.Print("in ", place)
		}
	}
	// A pod's group gets what the node has.
	if err := os.Mkdir(filepath.Join(inner, "pod"), 0o700); err != nil {
		return err
	}
	pod, err := fields(filepath.Join(inner, "pod"), "cgroup.controllers")
	if err != nil {
		return err
	}
	node, err := fields(inner, "cgroup.controllers")
	if err != nil {
		return err
	}
	fmt.Println("pod", pod, "node", node)
	return nil
}

// putBack takes back what the test has handed on.
func putBack(root string, before []string) error {
	now, err := fields(root, "cgroup.subtree_control")
	if err != nil {
		return err
	}
	for _, controller := range now {
		if strings.Contains(" "+strings.Join(before, " ")+" ", " "+controller+" ") {
			continue
		}
		err := os.WriteFile(filepath.Join(root, "cgroup.subtree_control"), []byte("-"+controller), 0)
		if err != nil && !errors.Is(err, unix.EBUSY) { // somebody else wants it meanwhile
			return err
		}
	}
	return nil
}

// The kernel takes what is done on version 2, also where nodes use version 1.
func TestVersionTwoOfThisKernel(t *testing.T) {
	if os.Geteuid() != 0 {
		required.OfRoot(t, "only root can mount control groups")
	}
	root := filepath.Join(t.TempDir(), "groups")
	require.NoError(t, os.Mkdir(root, 0o700))
	process := exec.CommandContext(t.Context(), "/proc/self/exe")
	process.Env = append(os.Environ(), asNode+"="+root)
	process.SysProcAttr = &syscall.SysProcAttr{Unshareflags: unix.CLONE_NEWNS} // which also keeps its mounts to itself
	said, err := process.CombinedOutput()
	require.NoError(t, err, string(said))
	if lacks, ok := strings.CutPrefix(string(said), "missing "); ok {
		required.Missing(t, "this machine runs no nodes, because it lacks: "+lacks)
	}
	assert.Contains(t, string(said), "in /node\n")
	assert.Regexp(t, `pod (\[.*\]) node (\[.*\])`, string(said))
	_, both, _ := strings.Cut(string(said), "pod ")
	pod, node, _ := strings.Cut(strings.TrimSpace(both), " node ")
	assert.Equal(t, node, pod)
}
