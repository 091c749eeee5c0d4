package eks

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// newCluster makes the cluster c.
func newCluster(t *testing.T) (client *api.Client, cluster *string) {
	t.Helper()
	client = api.NewFromConfig(awsapitest.Config(t, New(Config{Account: awsapitest.Account}, awsapitest.Unreachable(t))))
	cluster = aws.String("c")
	_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{
		Name: cluster, Version: aws.String("1.35"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{},
	})
	require.NoError(t, err)
	return client, cluster
}

func TestNodeGroupLivesAndDies(t *testing.T) {
	t.Parallel()
	client, cluster := newCluster(t)
	name := aws.String("workers")
	_, err := client.CreateNodegroup(t.Context(), &api.CreateNodegroupInput{ClusterName: cluster, NodegroupName: name, NodeRole: aws.String("r"),
		Subnets: []string{"s"}, Labels: map[string]string{"a": "1", "b": "2"}, Tags: map[string]string{"owner": "platform"},
		Taints: []types.Taint{{Key: aws.String("old"), Effect: types.TaintEffectNoSchedule}}})
	require.NoError(t, err)
	_, err = client.UpdateNodegroupConfig(t.Context(), &api.UpdateNodegroupConfigInput{ClusterName: cluster, NodegroupName: name,
		Labels: &types.UpdateLabelsPayload{AddOrUpdateLabels: map[string]string{"a": "3"}, RemoveLabels: []string{"b"}},
		Taints: &types.UpdateTaintsPayload{
			AddOrUpdateTaints: []types.Taint{{Key: aws.String("new"), Effect: types.TaintEffectNoSchedule}},
			RemoveTaints:      []types.Taint{{Key: aws.String("old"), Effect: types.TaintEffectNoSchedule}},
		}})
	require.NoError(t, err)
	out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: name})
	require.NoError(t, err)
	assert.Equal(t, "1.35", aws.ToString(out.Nodegroup.Version), "the cluster's")
	assert.Equal(t, map[string]string{"a": "3"}, out.Nodegroup.Labels)
	require.Len(t, out.Nodegroup.Taints, 1)
	assert.Equal(t, "new", aws.ToString(out.Nodegroup.Taints[0].Key))
	assert.Equal(t, map[string]string{"owner": "platform"}, out.Nodegroup.Tags)

	_, err = client.DeleteCluster(t.Context(), &api.DeleteClusterInput{Name: cluster})
	var inUse *types.ResourceInUseException
	require.ErrorAs(t, err, &inUse)
	_, err = client.DeleteNodegroup(t.Context(), &api.DeleteNodegroupInput{ClusterName: cluster, NodegroupName: name})
	require.NoError(t, err)
	_, err = client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: name})
	requireMissing(t, err)
	list, err := client.ListNodegroups(t.Context(), &api.ListNodegroupsInput{ClusterName: cluster})
	require.NoError(t, err)
	assert.Empty(t, list.Nodegroups)
	_, err = client.DeleteCluster(t.Context(), &api.DeleteClusterInput{Name: cluster})
	require.NoError(t, err)
	_, err = client.ListNodegroups(t.Context(), &api.ListNodegroupsInput{ClusterName: cluster})
	requireMissing(t, err)
}

func TestAccessEntryLivesAndDies(t *testing.T) {
	t.Parallel()
	client, cluster := newCluster(t)
	principal, policy := aws.String("arn:aws:iam::123456789012:role/r"), aws.String("arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy")
	made, err := client.CreateAccessEntry(t.Context(), &api.CreateAccessEntryInput{ClusterName: cluster, PrincipalArn: principal})
	require.NoError(t, err)
	assert.Equal(t, "arn:aws:sts::123456789012:assumed-role/r/{{SessionName}}", aws.ToString(made.AccessEntry.Username))
	_, err = client.AssociateAccessPolicy(t.Context(), &api.AssociateAccessPolicyInput{ClusterName: cluster, PrincipalArn: principal, PolicyArn: policy,
		AccessScope: &types.AccessScope{Type: types.AccessScopeTypeCluster}})
	require.NoError(t, err)
	listed := &api.ListAssociatedAccessPoliciesInput{ClusterName: cluster, PrincipalArn: principal}
	list, err := client.ListAssociatedAccessPolicies(t.Context(), listed)
	require.NoError(t, err)
	require.Len(t, list.AssociatedAccessPolicies, 1)
	_, err = client.DisassociateAccessPolicy(t.Context(), &api.DisassociateAccessPolicyInput{ClusterName: cluster, PrincipalArn: principal, PolicyArn: policy})
	require.NoError(t, err)
	list, err = client.ListAssociatedAccessPolicies(t.Context(), listed)
	require.NoError(t, err)
	assert.Empty(t, list.AssociatedAccessPolicies)
	_, err = client.UpdateAccessEntry(t.Context(), &api.UpdateAccessEntryInput{ClusterName: cluster, PrincipalArn: principal, KubernetesGroups: []string{"g"}})
	require.NoError(t, err)
	described, err := client.DescribeAccessEntry(t.Context(), &api.DescribeAccessEntryInput{ClusterName: cluster, PrincipalArn: principal})
	require.NoError(t, err)
	assert.Equal(t, []string{"g"}, described.AccessEntry.KubernetesGroups)
	_, err = client.DeleteAccessEntry(t.Context(), &api.DeleteAccessEntryInput{ClusterName: cluster, PrincipalArn: principal})
	require.NoError(t, err)
	_, err = client.DescribeAccessEntry(t.Context(), &api.DescribeAccessEntryInput{ClusterName: cluster, PrincipalArn: principal})
	requireMissing(t, err)
}

func TestPodIdentityLivesAndDies(t *testing.T) {
	t.Parallel()
	client, cluster := newCluster(t)
	in := &api.CreatePodIdentityAssociationInput{ClusterName: cluster, Namespace: aws.String("n"), ServiceAccount: aws.String("s"), RoleArn: aws.String("r")}
	made, err := client.CreatePodIdentityAssociation(t.Context(), in)
	require.NoError(t, err)
	_, err = client.CreatePodIdentityAssociation(t.Context(), in)
	var inUse *types.ResourceInUseException
	require.ErrorAs(t, err, &inUse)
	list, err := client.ListPodIdentityAssociations(t.Context(), &api.ListPodIdentityAssociationsInput{ClusterName: cluster, Namespace: aws.String("other")})
	require.NoError(t, err)
	assert.Empty(t, list.Associations)
	_, err = client.UpdatePodIdentityAssociation(t.Context(), &api.UpdatePodIdentityAssociationInput{
		ClusterName: cluster, AssociationId: made.Association.AssociationId, RoleArn: aws.String("new")})
	require.NoError(t, err)
	one := &api.DescribePodIdentityAssociationInput{ClusterName: cluster, AssociationId: made.Association.AssociationId}
	described, err := client.DescribePodIdentityAssociation(t.Context(), one)
	require.NoError(t, err)
	assert.Equal(t, "new", aws.ToString(described.Association.RoleArn))
	_, err = client.DeletePodIdentityAssociation(t.Context(), &api.DeletePodIdentityAssociationInput{ClusterName: cluster, AssociationId: made.Association.AssociationId})
	require.NoError(t, err)
	_, err = client.DescribePodIdentityAssociation(t.Context(), one)
	requireMissing(t, err)
}

func requireMissing(t *testing.T, err error) {
	t.Helper()
	var missing *types.ResourceNotFoundException
	require.ErrorAs(t, err, &missing)
}

func TestNodeGroupTakesAReleaseOfItsVersion(t *testing.T) {
	t.Parallel()
	client, cluster := newCluster(t)
	name := aws.String("workers")
	_, err := client.CreateNodegroup(t.Context(), &api.CreateNodegroupInput{
		ClusterName: cluster, NodegroupName: name, NodeRole: aws.String("r"), Subnets: []string{"s"}, ReleaseVersion: aws.String("1.35.0-20260901"),
	})
	require.NoError(t, err)
	release := func() string {
		out, err := client.DescribeNodegroup(t.Context(), &api.DescribeNodegroupInput{ClusterName: cluster, NodegroupName: name})
		require.NoError(t, err)
		return aws.ToString(out.Nodegroup.ReleaseVersion)
	}
	require.Equal(t, "1.35.0-20260901", release())
	_, err = client.UpdateNodegroupVersion(t.Context(), &api.UpdateNodegroupVersionInput{ClusterName: cluster, NodegroupName: name, ReleaseVersion: aws.String("1.34.0-20261101")})
	require.ErrorContains(t, err, "Requested release version 1.34.0-20261101 is not valid for kubernetes version 1.35.")
	require.Equal(t, "1.35.0-20260901", release())
	_, err = client.UpdateNodegroupVersion(t.Context(), &api.UpdateNodegroupVersionInput{ClusterName: cluster, NodegroupName: name})
	require.NoError(t, err)
	assert.Equal(t, RecommendedRelease("1.35"), release(), "without one, the latest")
}
