package eks

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/nodes"
)

// recorder is Nodes that only takes notes.
type recorder struct {
	service *Service
	group   nodes.Group
	removed string
	status  nodes.Status
}

func (r *recorder) Apply(group nodes.Group) error { r.group = group; return nil }

func (r *recorder) Remove(cluster, group string) { r.removed = cluster + "/" + group }

func (r *recorder) Addon(string, bool) {}

func (r *recorder) Status(string, string) nodes.Status { return r.status }

// withGroup makes a cluster with a node group, as the settings name it.
func withGroup(t *testing.T) (have *recorder, client *api.Client, cluster, group *string) {
	t.Helper()
	emulator := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "<R><subnetSet><item><subnetId>s-1</subnetId><cidrBlock>10.0.0.0/24</cidrBlock><availabilityZone>us-east-1a</availabilityZone>"+
			"<availabilityZoneId>use1-az1</availabilityZoneId></item></subnetSet></R>")
	})
	have, cluster, group = &recorder{}, aws.String("c"), aws.String("workers")
	service := New(Config{Account: awsapitest.Account, Nodes: have}, emulator)
	have.service, client = service, api.NewFromConfig(awsapitest.Config(t, service))
	_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{
		Name: cluster, Version: aws.String("1.35"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{},
	})
	require.NoError(t, err)
	_, err = client.CreateNodegroup(t.Context(), &api.CreateNodegroupInput{
		ClusterName: cluster, NodegroupName: group, NodeRole: aws.String("r"), Subnets: []string{"s-1"}, InstanceTypes: []string{"m7g.large", "m6g.large"},
		CapacityType: types.CapacityTypesSpot, Labels: map[string]string{"genericcorp.example/node-group": "short"},
		Taints:        []types.Taint{{Key: aws.String("k"), Value: aws.String("v"), Effect: types.TaintEffectNoSchedule}},
		ScalingConfig: &types.NodegroupScalingConfig{MinSize: aws.Int32(1), DesiredSize: aws.Int32(1), MaxSize: aws.Int32(2)},
	})
	require.NoError(t, err)
	return have, client, cluster, group
}

// A node group is what it was asked to be, and active when so many nodes are ready.
func TestANodeGroupHasNodes(t *testing.T) {
	t.Parallel()
	have, client, cluster, name := withGroup(t)
	assert.Equal(t, 1, have.group.Desired)
	assert.Equal(t, "m7g.large", have.group.InstanceType)
	assert.Equal(t, "SPOT", have.group.CapacityType)
	assert.Equal(t, map[string]string{"genericcorp.example/node-group": "short"}, have.group.Labels)
	assert.Equal(t, []nodes.Taint{{Key: "k", Value: "v", Effect: "NoSchedule"}}, have.group.Taints)
	require.Len(t, have.group.Subnets, 1)
	assert.Equal(t, "10.0.0.0/24", have.group.Subnets[0].Prefix.String())
	described := func() *types.Nodegroup {
		out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: name})
		require.NoError(t, err)
		return out.Nodegroup
	}
	have.status = nodes.Status{Failure: "no room"}
	assert.Equal(t, types.NodegroupStatusCreateFailed, described().Status, "long ago")
	assert.Contains(t, aws.ToString(described().Health.Issues[0].Message), "no room")

	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", http.NoBody)
	require.NoError(t, err)
	require.NoError(t, have.service.AddNode(request, "short"), "the name in the settings")
	assert.Equal(t, 2, have.group.Desired)
	require.EqualError(t, have.service.AddNode(request, "others"), `node group: got "others", expected one of short`)
	have.status = nodes.Status{}
	_, err = client.DeleteNodegroup(t.Context(), &api.DeleteNodegroupInput{ClusterName: cluster, NodegroupName: name})
	require.NoError(t, err)
	assert.Equal(t, "c/workers", have.removed)
	_, err = client.CreateNodegroup(t.Context(), &api.CreateNodegroupInput{
		ClusterName: cluster, NodegroupName: name, NodeRole: aws.String("r"), Subnets: []string{"s-1"},
		ScalingConfig: &types.NodegroupScalingConfig{MinSize: aws.Int32(1), DesiredSize: aws.Int32(1), MaxSize: aws.Int32(2)},
	})
	require.NoError(t, err)
	have.status = nodes.Status{Ready: 1}
	assert.Equal(t, types.NodegroupStatusActive, described().Status)
	assert.Equal(t, "t3.medium", have.group.InstanceType, "EKS's default")

	require.NoError(t, have.service.AddNode(request, ""))
	assert.Equal(t, 2, have.group.Desired)
	assert.Equal(t, int32(2), aws.ToInt32(described().ScalingConfig.DesiredSize))
	require.EqualError(t, have.service.AddNode(request, "workers"), "node group workers has 2 nodes, its maximum")
	require.EqualError(t, have.service.AddNode(request, "others"), `node group: got "others", expected one of workers`)
}
