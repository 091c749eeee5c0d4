package eks

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// An add-on begins in the version that is recommended for its cluster's, and is updated when it is asked to.
func TestAddonFollowsItsCluster(t *testing.T) {
	client := api.NewFromConfig(awsapitest.Config(t, New(Config{Account: awsapitest.Account}, awsapitest.Unreachable(t))))
	recommended := func(kubernetes string) *string {
		out, err := client.DescribeAddonVersions(t.Context(), &api.DescribeAddonVersionsInput{
			AddonName: aws.String("kube-proxy"), KubernetesVersion: aws.String(kubernetes),
		})
		require.NoError(t, err)
		require.Len(t, out.Addons, 1)
		require.True(t, out.Addons[0].AddonVersions[0].Compatibilities[0].DefaultVersion)
		return out.Addons[0].AddonVersions[0].AddonVersion
	}
	require.Equal(t, "v1.36.0-eksbuild.2", *recommended("1.36"))

	_, err := client.CreateCluster(t.Context(), &api.CreateClusterInput{
		Name: aws.String("c"), Version: aws.String("1.35"), RoleArn: aws.String("r"), ResourcesVpcConfig: &types.VpcConfigRequest{},
	})
	require.NoError(t, err)
	made, err := client.CreateAddon(t.Context(), &api.CreateAddonInput{ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy")})
	require.NoError(t, err)
	require.Equal(t, recommended("1.35"), made.Addon.AddonVersion)

	_, err = client.UpdateAddon(t.Context(), &api.UpdateAddonInput{
		ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy"), AddonVersion: recommended("1.36"),
	})
	require.NoError(t, err)
	described, err := client.DescribeAddon(t.Context(), &api.DescribeAddonInput{ClusterName: aws.String("c"), AddonName: aws.String("kube-proxy")})
	require.NoError(t, err)
	require.Equal(t, recommended("1.36"), described.Addon.AddonVersion)
}
