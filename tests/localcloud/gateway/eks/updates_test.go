package eks

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/nodes"
)

// A new release is over when every node has it. One whose pods cannot be moved makes the update fail, and the group has its old release.
func TestAnUpdateOfNodesTakesItsTime(t *testing.T) {
	t.Parallel()
	have, client, cluster, group := withGroup(t)
	have.status = nodes.Status{Ready: 1, Nodes: 1}
	describe := func() *types.Nodegroup {
		out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: group})
		require.NoError(t, err)
		return out.Nodegroup
	}
	old := aws.ToString(describe().ReleaseVersion)
	assert.Equal(t, old, have.group.Release)
	begin := func(release string) *string {
		out, err := client.UpdateNodegroupVersion(t.Context(), &api.UpdateNodegroupVersionInput{ClusterName: cluster, NodegroupName: group, ReleaseVersion: aws.String(release)})
		require.NoError(t, err)
		assert.Equal(t, types.UpdateStatusInProgress, out.Update.Status)
		return out.Update.Id
	}
	update := func(id *string) *types.Update {
		out, err := client.DescribeUpdate(t.Context(), &api.DescribeUpdateInput{Name: cluster, NodegroupName: group, UpdateId: id})
		require.NoError(t, err)
		return out.Update
	}

	id := begin("1.35.9-20261201")
	assert.Equal(t, "1.35.9-20261201", have.group.Release)
	have.status = nodes.Status{Ready: 1, Nodes: 2, Outdated: 1}
	assert.Equal(t, types.NodegroupStatusUpdating, describe().Status)
	assert.Equal(t, types.UpdateStatusInProgress, update(id).Status)
	_, err := client.UpdateNodegroupConfig(t.Context(), &api.UpdateNodegroupConfigInput{ClusterName: cluster, NodegroupName: group})
	var inUse *types.ResourceInUseException
	require.ErrorAs(t, err, &inUse)
	have.status = nodes.Status{Ready: 1, Nodes: 1, Outdated: 1, Stuck: "pod x stays"}
	failed := update(id)
	assert.Equal(t, types.UpdateStatusFailed, failed.Status)
	require.Len(t, failed.Errors, 1)
	assert.Equal(t, types.ErrorCodePodEvictionFailure, failed.Errors[0].ErrorCode)
	assert.Equal(t, "pod x stays", aws.ToString(failed.Errors[0].ErrorMessage))
	assert.Equal(t, types.NodegroupStatusActive, describe().Status)
	assert.Equal(t, old, aws.ToString(describe().ReleaseVersion))

	again := begin("1.35.9-20261201")
	have.status = nodes.Status{Ready: 1, Nodes: 1}
	assert.Equal(t, types.UpdateStatusSuccessful, update(again).Status)
	assert.Equal(t, types.UpdateStatusFailed, update(id).Status)
	assert.Equal(t, "1.35.9-20261201", aws.ToString(describe().ReleaseVersion))
	listed, err := client.ListUpdates(t.Context(), &api.ListUpdatesInput{Name: cluster, NodegroupName: group})
	require.NoError(t, err)
	assert.Equal(t, []string{aws.ToString(id), aws.ToString(again)}, listed.UpdateIds)
}

// A group is there until its nodes are gone, and the cluster as long.
func TestAGroupIsDeletedWhenItsNodesAreGone(t *testing.T) {
	t.Parallel()
	have, client, cluster, group := withGroup(t)
	have.status = nodes.Status{Ready: 1, Nodes: 1}
	_, err := client.DeleteNodegroup(t.Context(), &api.DeleteNodegroupInput{ClusterName: cluster, NodegroupName: group})
	require.NoError(t, err)
	assert.Equal(t, "c/workers", have.removed)
	out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: group})
	require.NoError(t, err)
	assert.Equal(t, types.NodegroupStatusDeleting, out.Nodegroup.Status)
	_, err = client.DeleteCluster(t.Context(), &api.DeleteClusterInput{Name: cluster})
	var inUse *types.ResourceInUseException
	require.ErrorAs(t, err, &inUse)
	have.status = nodes.Status{}
	var gone *types.ResourceNotFoundException
	_, err = client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: group})
	require.ErrorAs(t, err, &gone)
	_, err = client.DeleteCluster(t.Context(), &api.DeleteClusterInput{Name: cluster})
	require.NoError(t, err)
}
