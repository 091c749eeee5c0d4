package nodes

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
)

// daemons kills the daemons of a node one after the other: each is started again, its log says so, and pods go on meanwhile.
func daemons(t *testing.T, c *cluster) {
	t.Helper()
	on := c.jsonpath(t, "{.spec.nodeName}", "--namespace", "demo", "pod", "client")
	node := c.node(t, on)
	began := func() string {
		return c.jsonpath(t, "{.status.containerStatuses[0].containerID} {.status.containerStatuses[0].restartCount}", "--namespace", "demo", "pod", "client")
	}
	before := began()
	for _, name := range []string{"containerd", "kubelet", "kube-proxy"} {
		old := c.daemon(t, node.PID, name)
		require.NotZero(t, old, name)
		require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
		c.eventually(t, name+" runs again", func() bool {
			now := c.daemon(t, node.PID, name)
			return now != 0 && now != old
		})
		log, err := os.ReadFile(filepath.Join(c.Dir, "logs", on+"-"+name+".log"))
		require.NoError(t, err)
		assert.Contains(t, string(log), name+" ended (killed), starting it again")
		fresh := "after-" + name
		c.apply(t, strings.Replace(pod("demo", fresh), "spec:\n", "spec:\n  nodeName: "+on+"\n", 1))
		c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/"+fresh, "--timeout", patience.String())
		assert.Equal(t, before, began(), "a pod that ran before goes on")
		c.eventually(t, "services are reached", func() bool { // a proxy that starts writes all its rules anew
			answer := c.Run(t, c.Repository, nil, "kubectl", "--namespace", "demo", "exec", "client", "--", "/bin/probe", "get", "http://web.demo.svc.cluster.local/")
			return answer.Code == 0 && strings.HasPrefix(answer.Stdout, "web-")
		})
		c.run(t, "", "kubectl", "--namespace", "demo", "delete", "pod", fresh, "--now")
	}
	c.eventually(t, "the node is ready", func() bool { return c.node(t, on).State == "ready" })
}

// controlPlane kills the API server and what asks it: each runs again, nodes and pods go on, and new pods start.
func controlPlane(t *testing.T, c *cluster) {
	t.Helper()
	for _, name := range []string{"kube-apiserver", "kube-controller-manager"} {
		c.Load(t)
		old := c.Process(t, name).PID
		require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
		c.eventually(t, name+" runs again", func() bool {
			c.Load(t)
			return c.Process(t, name).PID != old && c.Run(t, c.Repository, nil, "kubectl", "get", "--raw", "/readyz").Code == 0
		})
	}
	log, err := os.ReadFile(filepath.Join(c.Dir, "logs", "supervisor.log"))
	require.NoError(t, err)
	assert.Contains(t, string(log), "kube-apiserver was started again")
	c.Platform(t, nil, "local", "status")
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "restart", "deployment/web")
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
	for _, n := range c.nodes(t) {
		c.eventually(t, n.Name+" is ready", func() bool { return c.node(t, n.Name).State == "ready" })
	}
}

// daemon is the number of a node's process, or 0.
func (c *cluster) daemon(t *testing.T, node int, name string) int {
	t.Helper()
	for text := range processesBelow(t, []int{node}) {
		line, err := os.ReadFile(filepath.Join("/proc", text, "cmdline"))
		if err != nil {
			continue // it has just ended
		}
		args := strings.Split(string(bytes.TrimRight(line, "\x00")), "\x00")
		if filepath.Base(args[0]) == name || len(args) > 1 && args[1] == name {
			pid, err := strconv.Atoi(text)
			require.NoError(t, err)
			return pid
		}
	}
	return 0
}

// controlGroups are the folders of the cloud's control groups, in every hierarchy: those that a node's process 1 is in are below them.
func (c *cluster) controlGroups(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(c.nodes(t)[0].PID), "cgroup"))
	require.NoError(t, err)
	name := regexp.MustCompile(`genericcorp-[0-9a-f]+`).FindString(string(text))
	require.NotEmpty(t, name, string(text))
	var list []string
	for _, pattern := range []string{"/sys/fs/cgroup/", "/sys/fs/cgroup/*/"} {
		found, err := filepath.Glob(pattern + name)
		require.NoError(t, err)
		list = append(list, found...)
	}
	return list
}

// leftOverNetwork kills the supervisor while a program that is not the local cloud's own is in a node's network, which so outlives it.
// The next start has nodes at the same addresses beside it.
func leftOverNetwork(t *testing.T, c *cluster) {
	t.Helper()
	before, node := c.nodes(t), c.nodes(t)[0]
	networks := networksOf(t, c.PID)
	require.NotEmpty(t, networks, "the supervisor is in the router's")
	for _, n := range before {
		for link := range networksOf(t, n.PID) {
			networks[link] = true
		}
	}
	own, err := os.Readlink("/proc/self/ns/net")
	require.NoError(t, err)
	delete(networks, own)
	held, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/net", node.PID))
	require.NoError(t, err)
	holder := exec.Command("nsenter", "--net=/proc/"+strconv.Itoa(node.PID)+"/ns/net", "sleep", "1h")
	require.NoError(t, holder.Start())
	t.Cleanup(func() { _, _ = holder.Process.Kill(), holder.Wait() })
	c.eventually(t, "a program is in the node's network", func() bool { return networksOf(t, holder.Process.Pid)[held] })

	require.NoError(t, syscall.Kill(c.PID, syscall.SIGKILL))
	c.eventually(t, "the other networks are gone", func() bool {
		left := networksOf(t, allProcesses(t)...)
		for link := range networks {
			if left[link] != (link == held) {
				return false
			}
		}
		return true
	})
	c.Platform(t, nil, "local", "start")
	c.Load(t)
	c.create(t)
	for i, n := range c.nodes(t) {
		assert.Equal(t, before[i].Address, n.Address)
	}
	c.push(t)
	c.apply(t, web)
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
	assert.Contains(t, c.run(t, "", "kubectl", "get", "--raw", "/api/v1/namespaces/demo/services/web:80/proxy/"), "web-")
	require.True(t, networksOf(t, holder.Process.Pid)[held], "or this test shows nothing")
	c.Platform(t, nil, "local", "down", "--abandon")
}

// networksOf are the network namespaces that processes are in, or hold open.
func networksOf(t testing.TB, pids ...int) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, pid := range pids {
		dir := filepath.Join("/proc", strconv.Itoa(pid))
		links, err := filepath.Glob(filepath.Join(dir, "fd", "*"))
		require.NoError(t, err)
		for _, name := range append(links, filepath.Join(dir, "ns/net")) {
			if link, err := os.Readlink(name); err == nil && strings.HasPrefix(link, "net:") {
				found[link] = true
			}
		}
	}
	return found
}

func allProcesses(t testing.TB) (pids []int) {
	t.Helper()
	dirs, err := filepath.Glob("/proc/[0-9]*")
	require.NoError(t, err)
	for _, dir := range dirs {
		pid, err := strconv.Atoi(filepath.Base(dir))
		require.NoError(t, err)
		pids = append(pids, pid)
	}
	return pids
}

// network is the machine's own: interfaces, addresses with their routes, and rules without their counters.
func network(t testing.TB) string {
	t.Helper()
	interfaces, err := net.Interfaces()
	require.NoError(t, err)
	text := ""
	for _, i := range interfaces {
		text += i.Name + "\n"
	}
	addresses, err := os.ReadFile("/proc/net/fib_trie")
	require.NoError(t, err)
	rules, err := exec.Command("nft", "--stateless", "list", "ruleset").CombinedOutput()
	if err != nil {
		required.Missing(t, "only root, with nftables, sees the machine's rules: "+string(rules))
	}
	return text + string(addresses) + string(rules)
}
