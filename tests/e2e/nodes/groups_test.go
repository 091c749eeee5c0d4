package nodes

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/localcloud"
)

// config changes the node group.
func (c *cluster) config(t *testing.T, in eks.UpdateNodegroupConfigInput) {
	t.Helper()
	in.ClusterName, in.NodegroupName = aws.String("cluster"), aws.String("workers")
	_, err := eks.NewFromConfig(c.AWS()).UpdateNodegroupConfig(t.Context(), &in)
	require.NoError(t, err)
}

// relabel changes labels and taints of a group, which its nodes then have.
func relabel(t *testing.T, c *cluster) {
	t.Helper()
	want := func(what string) {
		for _, n := range c.nodes(t) {
			c.eventually(t, n.Name+" has "+what, func() bool {
				return what == c.jsonpath(t, `{.metadata.labels.pool} {.metadata.labels.colour} {.spec.taints[?(@.key=="for")].value}`, "node", n.Name)
			})
		}
	}
	taint := ekstypes.Taint{Key: aws.String("for"), Value: aws.String("batch"), Effect: ekstypes.TaintEffectPreferNoSchedule}
	c.config(t, eks.UpdateNodegroupConfigInput{
		Labels: &ekstypes.UpdateLabelsPayload{AddOrUpdateLabels: map[string]string{"colour": "blue"}, RemoveLabels: []string{"pool"}},
		Taints: &ekstypes.UpdateTaintsPayload{AddOrUpdateTaints: []ekstypes.Taint{taint}},
	})
	want(" blue batch")
	c.config(t, eks.UpdateNodegroupConfigInput{
		Labels: &ekstypes.UpdateLabelsPayload{AddOrUpdateLabels: map[string]string{"pool": "workers"}, RemoveLabels: []string{"colour"}},
		Taints: &ekstypes.UpdateTaintsPayload{RemoveTaints: []ekstypes.Taint{taint}},
	})
	want("workers  ")
}

// replaceNodes gives the group another release: its nodes are replaced one by one, and of two replicas one serves at every moment.
func replaceNodes(t *testing.T, c *cluster) {
	t.Helper()
	before := c.nodes(t)
	const release = "1.35.9-20261124"
	client := eks.NewFromConfig(c.AWS())
	out, err := client.UpdateNodegroupVersion(t.Context(), &eks.UpdateNodegroupVersionInput{
		ClusterName: aws.String("cluster"), NodegroupName: aws.String("workers"), ReleaseVersion: aws.String(release),
	})
	require.NoError(t, err)
	seen := map[string]bool{}
	c.eventually(t, "both nodes are replaced", func() bool {
		now := c.nodes(t)
		assert.LessOrEqual(t, len(now), 3, "one by one: %v", now)
		ready := 0
		for _, n := range now {
			seen[n.State] = true
			if n.State == "ready" {
				ready++
			}
		}
		assert.Positive(t, ready)
		assert.NotEqual(t, "0", c.jsonpath(t, "{.status.currentHealthy}", "--namespace", "demo", "poddisruptionbudget", "web"), "a replica serves")
		update, err := client.DescribeUpdate(t.Context(), &eks.DescribeUpdateInput{Name: aws.String("cluster"), NodegroupName: aws.String("workers"), UpdateId: out.Update.Id})
		require.NoError(t, err)
		assert.NotEqual(t, ekstypes.UpdateStatusFailed, update.Update.Status, "%v", update.Update.Errors)
		return update.Update.Status == ekstypes.UpdateStatusSuccessful
	})
	assert.True(t, seen["draining"], "%v", seen)
	after := c.nodes(t)
	require.Len(t, after, 2)
	zones := map[string]bool{}
	for _, n := range after {
		zones[n.Zone] = true
		assert.Equal(t, release, n.Release)
		assert.NotContains(t, []string{before[0].Instance, before[1].Instance}, n.Instance)
	}
	assert.Len(t, zones, 2, "each in the zone of the one that it replaced")
	c.run(t, "", "kubectl", "--namespace", "demo", "rollout", "status", "deployment/web", "--timeout", patience.String())
}

// shrink makes the group desire a node less: it ends when its pods are gone, and not before.
func shrink(t *testing.T, c *cluster) {
	t.Helper()
	var added localcloud.Node
	c.Platform(t, &added, "local", "node", "add", "--group", "workers")
	c.apply(t, strings.Replace(pod("demo", "alone"), "spec:\n", "spec:\n  nodeName: "+added.Name+"\n", 1)+`---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: alone, namespace: demo}
spec: {minAvailable: 1, selector: {matchLabels: {app: alone}}}
`)
	c.run(t, "", "kubectl", "--namespace", "demo", "wait", "--for", "condition=Ready", "pod/alone", "--timeout", patience.String())
	c.config(t, eks.UpdateNodegroupConfigInput{ScalingConfig: &ekstypes.NodegroupScalingConfig{MinSize: aws.Int32(1), DesiredSize: aws.Int32(2), MaxSize: aws.Int32(3)}})
	state := func() string {
		for _, n := range c.nodes(t) {
			if n.Instance == added.Instance {
				return n.State
			}
		}
		return "gone"
	}
	c.eventually(t, "the node is drained", func() bool { return state() == "draining" })
	c.eventually(t, "it takes no new pods", func() bool { return c.jsonpath(t, "{.spec.unschedulable}", "node", added.Name) == "true" })
	assert.Equal(t, "draining", state())
	assert.Equal(t, "Running", c.jsonpath(t, "{.status.phase}", "--namespace", "demo", "pod", "alone"))
	c.run(t, "", "kubectl", "--namespace", "demo", "delete", "poddisruptionbudget", "alone")
	c.eventually(t, "the node is gone", func() bool { return state() == "gone" })
	assert.Empty(t, c.run(t, "", "kubectl", "get", "node", added.Name, "--ignore-not-found"))
}
