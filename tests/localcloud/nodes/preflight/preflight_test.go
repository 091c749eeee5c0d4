package preflight_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/localcloud/nodes/preflight"
)

// askVariable makes this program print what the machine lacks.
const askVariable = "PREFLIGHT_TEST_ASK"

// askInotify is the variable's value for what Inotify says.
const askInotify = "inotify"

// askNetfilter is its value for what is missing in a kernel without netfilter.
const askNetfilter = "netfilter"

func TestMain(m *testing.M) {
	if os.Getenv(askVariable) == askInotify {
		fmt.Print(preflight.Inotify())
		return
	}
	if os.Getenv(askVariable) == askNetfilter {
		if err := takeNetfilter(); err != nil {
			fmt.Print(err)
		}
	}
	if os.Getenv(askVariable) != "" {
		fmt.Print(strings.Join(preflight.Missing(), "\n"))
		return
	}
	os.Exit(m.Run())
}

// missing is what this program finds missing when a shell, which may take things away before, runs it in a mount namespace of its own.
func missing(t *testing.T, script string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "bash", "-euc", script, "bash", self)
	cmd.Env = append(os.Environ(), askVariable+"=yes", preflight.Variable+"=on")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

// What a machine lacks is named, and nothing else.
func TestMissing(t *testing.T) {
	if os.Geteuid() != 0 {
		required.OfRoot(t, "only root can take a part of the kernel away from a program")
	}
	if lacks := missing(t, `exec "$1"`); lacks != "" {
		required.Missing(t, "this machine runs no nodes, because it lacks: "+lacks)
	}
	filesystems := filepath.Join(t.TempDir(), "filesystems")
	require.NoError(t, os.WriteFile(filesystems, []byte("nodev\tproc\n"), 0o600))
	for name, c := range map[string]struct{ script, want string }{
		"no overlay file system": {`mount --bind ` + filesystems + ` /proc/filesystems; exec "$1"`,
			`the overlay file system \(load the kernel's module with: modprobe overlay\)$`},
		"no networks": {`exec setpriv --bounding-set=-net_admin --inh-caps=-net_admin "$1"`, `the capability CAP_NET_ADMIN\nnetworks of their own for nodes \([^\n]*$`},
		"control groups to read alone": {`for dir in $(awk '$3 ~ /^cgroup/ { print $2 }' /proc/mounts); do mount -o remount,bind,ro "$dir"; done; exec "$1"`,
			`control groups that can be changed \([^\n]*read-only file system\)$`},
		"no packet rules": {`exec env ` + askVariable + `=` + askNetfilter + ` "$1"`, `networks of their own for nodes \(rules for packets \(the kernel's module nf_tables\): protocol not supported\)$`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Regexp(t, "^"+c.want, missing(t, c.script))
		})
	}
}

// takeNetfilter has the kernel refuse this program what it refuses all where it was built without netfilter (seccomp(2)).
func takeNetfilter() error {
	const (
		load, equal, end     = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
		number, first, third = 0, 16, 32 // where the call and the low halves of its arguments are
	)
	filter := []unix.SockFilter{
		{Code: load, K: number}, {Code: equal, K: unix.SYS_SOCKET, Jf: 5},
		{Code: load, K: first}, {Code: equal, K: unix.AF_NETLINK, Jf: 3},
		{Code: load, K: third}, {Code: equal, K: unix.NETLINK_NETFILTER, Jf: 1},
		{Code: end, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EPROTONOSUPPORT)},
		{Code: end, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

func TestOthersThanRootHaveNoNodes(t *testing.T) {
	if os.Geteuid() != 0 {
		require.Equal(t, []string{fmt.Sprintf("root (this is user %d)", os.Geteuid())}, preflight.Missing())
		return
	}
	cmd := exec.CommandContext(t.Context(), "/proc/self/exe")
	cmd.Dir, cmd.Env = "/", []string{askVariable + "=yes"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Equal(t, "root (this is user 65534)", string(out))
}

// A user whose programs watch as many files as they may gets no node, and is told why. The limit is that of a namespace, so
// that nobody else's programs meet it.
func TestInotify(t *testing.T) {
	if os.Geteuid() != 0 {
		required.OfRoot(t, "only root can give a program another limit")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "unshare", "--user", "--map-root-user", "bash", "-euc",
		`echo 3 >/proc/sys/user/max_inotify_instances; exec "$1"`, "bash", self)
	cmd.Env = append(os.Environ(), askVariable+"="+askInotify)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Regexp(t, `^this user can open [0-3] more inotify instances, and a node needs 9 \(fs\.inotify\.max_user_instances is \d+\): end programs`, string(out))
}
