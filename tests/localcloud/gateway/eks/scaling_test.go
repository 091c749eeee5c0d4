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

// What a change of a group's size does not name stays, and what contradicts itself is refused and changes nothing.
func TestANodeGroupKeepsTheSizeThatAChangeDoesNotName(t *testing.T) {
	t.Parallel()
	have, client, cluster, name := withGroup(t) // one node, at least one and at most two
	have.status = nodes.Status{Ready: 1}
	change := func(size *types.NodegroupScalingConfig, update *types.NodegroupUpdateConfig) error {
		_, err := client.UpdateNodegroupConfig(t.Context(), &api.UpdateNodegroupConfigInput{
			ClusterName: cluster, NodegroupName: name, ScalingConfig: size, UpdateConfig: update,
		})
		return err
	}
	size := func() []int32 {
		out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: name})
		require.NoError(t, err)
		s := out.Nodegroup.ScalingConfig
		return []int32{aws.ToInt32(s.MinSize), aws.ToInt32(s.DesiredSize), aws.ToInt32(s.MaxSize)}
	}
	require.NoError(t, change(&types.NodegroupScalingConfig{MaxSize: aws.Int32(4)}, nil))
	assert.Equal(t, []int32{1, 1, 4}, size())
	refused := change(&types.NodegroupScalingConfig{MinSize: aws.Int32(3)}, nil)
	require.ErrorContains(t, refused, "Minimum capacity 3 can't be greater than desired size 1")
	refused = change(&types.NodegroupScalingConfig{DesiredSize: aws.Int32(5)}, nil)
	require.ErrorContains(t, refused, "desired capacity 5 can't be greater than max size 4")
	refused = change(nil, &types.NodegroupUpdateConfig{MaxUnavailable: aws.Int32(5)})
	require.ErrorContains(t, refused, "max-unavailable must be within the range 1 and max size of the node group")
	_, refused = client.CreateNodegroup(t.Context(), &api.CreateNodegroupInput{
		ClusterName: cluster, NodegroupName: aws.String("others"), NodeRole: aws.String("r"), Subnets: []string{"s-1"},
		ScalingConfig: &types.NodegroupScalingConfig{MinSize: aws.Int32(1)},
	})
	require.ErrorContains(t, refused, "scalingConfig: got 1 of minSize, maxSize and desiredSize, expected all or none")
	assert.Equal(t, []int32{1, 1, 4}, size())
}
