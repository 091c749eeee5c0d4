package nodes

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/smalldisk"
)

// TestASecondCloud has its nodes beside those of the first, at the same addresses. Their disk gets full and empty again, an interrupt
// ends it, and nothing of it is left; the first notices nothing. It is killed in the end, which a program in a node's network outlives.
func TestASecondCloud(t *testing.T) {
	machine := network(t)
	first := newCluster(t, nil)
	first.apply(t, web)
	var disk *smalldisk.Disk
	second := newCluster(t, func(c *cluster) {
		folder := filepath.Join(c.Dir, "nodes")
		require.NoError(t, os.MkdirAll(folder, 0o700))
		disk = smalldisk.Over(t, folder)
		disk.Resize(t, "1500m")
	})
	second.apply(t, web)
	for _, c := range []*cluster{first, second} {
		c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
		c.run(t, "", "kubectl", "--namespace", "kube-system", "rollout", "status", "deployment/coredns", "--timeout", patience.String())
	}
	t.Run("apart", func(t *testing.T) {
		assert.Equal(t, addresses(t, first), addresses(t, second), "or this test shows less than it could")
		for _, c := range []*cluster{first, second} {
			names := c.jsonpath(t, "{.items[*].metadata.name}", "--namespace", "demo", "pods", "--selector", "app=web")
			for range 6 {
				answer := c.run(t, "", "kubectl", "get", "--raw", "/api/v1/namespaces/demo/services/web:80/proxy/")
				assert.Contains(t, names, strings.TrimSpace(answer), "an answer of its own pods")
			}
		}
	})
	t.Run("a full disk", func(t *testing.T) { fillDisk(t, second) })
	t.Run("an interrupt", func(t *testing.T) {
		disk.Remove(t) // the nodes keep it, in their own mount namespaces
		interrupt(t, second)
	})
	assert.Equal(t, "2", first.jsonpath(t, "{.status.readyReplicas}", "--namespace", "demo", "deployment", "web"))
	for _, n := range first.nodes(t) {
		assert.Equal(t, "ready", n.State)
	}
	t.Run("a network that is left over", func(t *testing.T) { leftOverNetwork(t, first) })
	assert.Equal(t, machine, network(t), "the machine's own network is as it was")
}

func addresses(t *testing.T, c *cluster) (list []string) {
	t.Helper()
	for _, n := range c.nodes(t) {
		list = append(list, n.Address)
	}
	return list
}

// fillDisk fills the disk of the nodes: Kubernetes says so, evicts and lets no pod onto them, and a group that grows says that its
// node cannot start. With room again all of that mends itself.
func fillDisk(t *testing.T, c *cluster) {
	t.Helper()
	filler := filepath.Join(c.Dir, "nodes", "filler")
	var free syscall.Statfs_t
	require.NoError(t, syscall.Statfs(filepath.Dir(filler), &free))
	room := int64(free.Bavail) * free.Bsize
	require.NoError(t, os.WriteFile(filler, make([]byte, room-200<<20), 0o600))
	name := c.nodes(t)[0].Name
	pressure := func() string {
		return c.jsonpath(t, `{.status.conditions[?(@.type=="DiskPressure")].status}`, "node", name)
	}
	c.eventually(t, "the disk is told to be full", func() bool { return pressure() == "True" })
	c.apply(t, pod("demo", "late"))
	c.eventually(t, "no pod gets onto it", func() bool {
		return strings.Contains(c.jsonpath(t, `{.status.conditions[?(@.type=="PodScheduled")].message}`, "--namespace", "demo", "pod", "late"), "2 node(s) had untolerated taint(s)") &&
			strings.Contains(c.jsonpath(t, "{.spec.taints[*].key}", "node", name), "node.kubernetes.io/disk-pressure")
	})
	require.NoError(t, os.WriteFile(filler+"-too", make([]byte, 100<<20), 0o600))
	rest, err := os.Create(filler + "-rest")
	require.NoError(t, err)
	for chunk := make([]byte, 1<<20); err == nil; {
		_, err = rest.Write(chunk)
	}
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.NoError(t, rest.Close())
	c.run(t, "", "aws", "eks", "update-nodegroup-config", "--cluster-name", "cluster", "--nodegroup-name", "workers", "--scaling-config", "minSize=1,desiredSize=3,maxSize=3")
	c.eventually(t, "it is said why no node starts", func() bool {
		log, err := os.ReadFile(filepath.Join(c.Dir, "logs", "supervisor.log"))
		require.NoError(t, err)
		return strings.Contains(string(log), "a node of group cluster/workers did not start: write the node's files: ") &&
			strings.Contains(string(log), "no space left on device")
	})

	for _, file := range []string{filler, filler + "-too", filler + "-rest"} {
		require.NoError(t, os.Remove(file))
	}
	c.eventually(t, "there is room", func() bool { return pressure() == "False" })
	c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/late", "--timeout", patience.String())
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
	c.eventually(t, "the third node is ready", func() bool {
		out, err := eks.NewFromConfig(c.AWS()).DescribeNodegroup(t.Context(), &eks.DescribeNodegroupInput{ClusterName: aws.String("cluster"), NodegroupName: aws.String("workers")})
		require.NoError(t, err)
		ready := 0
		for _, n := range c.nodes(t) {
			if n.State == "ready" {
				ready++
			}
		}
		return ready == 3 && out.Nodegroup.Status == "ACTIVE"
	})
}

// interrupt ends the supervisor as Ctrl-C does. Nothing is left: no process, mount, namespace or control group.
func interrupt(t *testing.T, c *cluster) {
	t.Helper()
	var pids []int
	for _, n := range c.nodes(t) {
		pids = append(pids, n.PID)
	}
	inside := processesBelow(t, pids)
	require.Greater(t, len(inside), len(pids))
	groups := c.controlGroups(t)
	require.NotEmpty(t, groups, "or the end of this test shows nothing")
	require.NoError(t, syscall.Kill(c.PID, syscall.SIGINT))
	c.eventually(t, "the supervisor has ended", func() bool { return len(c.Running()) == 0 })
	for pid := range inside {
		assert.NoDirExists(t, filepath.Join("/proc", pid))
	}
	for _, dir := range groups {
		assert.NoDirExists(t, dir)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	require.NoError(t, err)
	assert.NotContains(t, string(mounts), c.Dir)
	assert.NoFileExists(t, filepath.Join(c.Dir, "state.json"))
	assert.NoDirExists(t, filepath.Join(c.Dir, "nodes"))
}
