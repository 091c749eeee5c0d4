package nodes

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
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
