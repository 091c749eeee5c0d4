package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestCluster(t *testing.T) {
	c := testcloud.Shared(t)
	client := eks.NewFromConfig(c.AWS())
	clusters := observe.List(t, c, "aws:eks/cluster:Cluster")
	require.Len(t, clusters, 1)
	name := aws.String(clusters[0])
	out, err := client.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: name})
	require.NoError(t, err)
	cluster := out.Cluster
	assert.Equal(t, ekstypes.ClusterStatusActive, cluster.Status)
	assert.Equal(t, "1.35", aws.ToString(cluster.Version))
	assert.False(t, cluster.ResourcesVpcConfig.EndpointPublicAccess)
	assert.True(t, cluster.ResourcesVpcConfig.EndpointPrivateAccess)
	assert.Equal(t, ekstypes.AuthenticationModeApi, cluster.AccessConfig.AuthenticationMode)
	require.Len(t, cluster.EncryptionConfig, 1, "what Kubernetes stores is encrypted with our own key")
	assert.Equal(t, keyARN(t, c, "cluster"), aws.ToString(cluster.EncryptionConfig[0].Provider.KeyArn))
	// The component has no input for this: it comes by a transformation of the component's own child. A cluster that
	// says nothing has the extended support, which costs six times as much.
	require.NotNil(t, cluster.UpgradePolicy)
	assert.Equal(t, ekstypes.SupportTypeStandard, cluster.UpgradePolicy.SupportType)
	assert.ElementsMatch(t, []ekstypes.LogType{"api", "audit", "authenticator", "controllerManager", "scheduler"}, enabledLogs(cluster))

	addons, err := client.ListAddons(t.Context(), &eks.ListAddonsInput{ClusterName: name})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver", "metrics-server"}, addons.Addons)
	entries, err := client.ListAccessEntries(t.Context(), &eks.ListAccessEntriesInput{ClusterName: name})
	require.NoError(t, err)
	assert.Contains(t, entries.AccessEntries, "arn:aws:iam::123456789012:role/platform-administrator")
	groups, err := client.ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: name})
	require.NoError(t, err)
	require.Len(t, groups.Nodegroups, 2)
	capacities := map[ekstypes.CapacityTypes]int{}
	for _, group := range groups.Nodegroups {
		out, err := client.DescribeNodegroup(t.Context(), &eks.DescribeNodegroupInput{ClusterName: name, NodegroupName: aws.String(group)})
		require.NoError(t, err)
		assert.Equal(t, ekstypes.AMITypesAl2023Arm64Standard, out.Nodegroup.AmiType, group)
		capacities[out.Nodegroup.CapacityType]++
		require.NotNil(t, out.Nodegroup.LaunchTemplate, "group %s has a launch template of its own", group)
		checkLaunchTemplate(t, c, out.Nodegroup.LaunchTemplate)
	}
	assert.Equal(t, map[ekstypes.CapacityTypes]int{ekstypes.CapacityTypesOnDemand: 1, ekstypes.CapacityTypesSpot: 1}, capacities)
}

func enabledLogs(cluster *ekstypes.Cluster) []ekstypes.LogType {
	var enabled []ekstypes.LogType
	for _, setup := range cluster.Logging.ClusterLogging {
		if aws.ToBool(setup.Enabled) {
			enabled = append(enabled, setup.Types...)
		}
	}
	return enabled
}

// checkLaunchTemplate reads the version of the template that the nodes start with.
func checkLaunchTemplate(t *testing.T, c *testcloud.Cloud, template *ekstypes.LaunchTemplateSpecification) {
	t.Helper()
	out, err := ec2.NewFromConfig(c.AWS()).DescribeLaunchTemplateVersions(t.Context(), &ec2.DescribeLaunchTemplateVersionsInput{
		LaunchTemplateId: template.Id, Versions: []string{aws.ToString(template.Version)}})
	require.NoError(t, err)
	require.Len(t, out.LaunchTemplateVersions, 1)
	nodes := out.LaunchTemplateVersions[0].LaunchTemplateData
	require.NotNil(t, nodes.MetadataOptions)
	assert.Equal(t, ec2types.LaunchTemplateHttpTokensStateRequired, nodes.MetadataOptions.HttpTokens, "no metadata without a session")
	assert.Equal(t, int32(1), aws.ToInt32(nodes.MetadataOptions.HttpPutResponseHopLimit), "no metadata for pods")
	require.Len(t, nodes.BlockDeviceMappings, 1)
	assert.True(t, aws.ToBool(nodes.BlockDeviceMappings[0].Ebs.Encrypted))
	assert.Equal(t, ec2types.VolumeTypeGp3, nodes.BlockDeviceMappings[0].Ebs.VolumeType)
	require.Len(t, nodes.NetworkInterfaces, 1)
	assert.False(t, aws.ToBool(nodes.NetworkInterfaces[0].AssociatePublicIpAddress))
	require.NotEmpty(t, nodes.TagSpecifications)
	for _, specification := range nodes.TagSpecifications {
		have := map[string]string{}
		for _, tag := range specification.Tags {
			have[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
		}
		assertTags(t, "cluster", have)
	}
}
