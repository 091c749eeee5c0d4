package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	eksapi "github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/require"
)

// An add-on begins in the version that is recommended for its cluster's, and follows when it is told to.
func TestAddonFollowsItsCluster(t *testing.T) {
	config, _ := clients(t)
	client := eksapi.NewFromConfig(config)
	recommended := func(kubernetes string) *string {
		out, err := client.DescribeAddonVersions(t.Context(), &eksapi.DescribeAddonVersionsInput{
			AddonName: aws.String("kube-proxy"), KubernetesVersion: aws.String(kubernetes),
		})
		require.NoError(t, err)
		require.Len(t, out.Addons, 1)
		require.True(t, out.Addons[0].AddonVersions[0].Compatibilities[0].DefaultVersion)
		return out.Addons[0].AddonVersions[0].AddonVersion
	}
	require.Equal(t, "v1.36.0-eksbuild.2", *recommended("1.36"))

	_, err := client.CreateCluster(t.Context(), &eksapi.CreateClusterInput{
		Name: aws.String("c"), Version: aws.String("1.35"), RoleArn: aws.String("r"), ResourcesVpcConfig: &ekstypes.VpcConfigRequest{},
	})
	require.NoError(t, err)
	made, err := client.CreateAddon(t.Context(), &eksapi.CreateAddonInput{ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy")})
	require.NoError(t, err)
	require.Equal(t, recommended("1.35"), made.Addon.AddonVersion)

	_, err = client.UpdateAddon(t.Context(), &eksapi.UpdateAddonInput{
		ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy"), AddonVersion: recommended("1.36"),
	})
	require.NoError(t, err)
	told, err := client.DescribeAddon(t.Context(), &eksapi.DescribeAddonInput{ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy")})
	require.NoError(t, err)
	require.Equal(t, recommended("1.36"), told.Addon.AddonVersion)
}
