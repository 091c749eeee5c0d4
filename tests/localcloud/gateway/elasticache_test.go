package gateway

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/stretchr/testify/require"
)

func TestCacheParameterGroupLivesAndDies(t *testing.T) {
	t.Parallel()
	config, _ := clients(t)
	client := api.NewFromConfig(config)
	name := aws.String("Cache")
	made, err := client.CreateCacheParameterGroup(t.Context(), &api.CreateCacheParameterGroupInput{
		CacheParameterGroupName: name, CacheParameterGroupFamily: aws.String("valkey8"), Description: aws.String("d")})
	require.NoError(t, err)
	require.Equal(t, "cache", aws.ToString(made.CacheParameterGroup.CacheParameterGroupName))
	_, err = client.ModifyCacheParameterGroup(t.Context(), &api.ModifyCacheParameterGroupInput{CacheParameterGroupName: name,
		ParameterNameValues: []types.ParameterNameValue{{ParameterName: aws.String("maxmemory-policy"), ParameterValue: aws.String("noeviction")}}})
	require.NoError(t, err)
	out, err := client.DescribeCacheParameters(t.Context(), &api.DescribeCacheParametersInput{CacheParameterGroupName: name, Source: aws.String("user")})
	require.NoError(t, err)
	require.Len(t, out.Parameters, 1)
	require.Equal(t, "noeviction", aws.ToString(out.Parameters[0].ParameterValue))
	_, err = client.DeleteCacheParameterGroup(t.Context(), &api.DeleteCacheParameterGroupInput{CacheParameterGroupName: name})
	require.NoError(t, err)
	_, err = client.DescribeCacheParameterGroups(t.Context(), &api.DescribeCacheParameterGroupsInput{CacheParameterGroupName: name})
	var missing *types.CacheParameterGroupNotFoundFault
	require.ErrorAs(t, err, &missing)
}

func TestMembersOfAReplicationGroupAreClusters(t *testing.T) {
	t.Parallel()
	e := newElastiCache(testAccount, "us-east-1")
	_, err := e.noteMembers(map[string][]string{"ReplicationGroupId": {"RG"}, "Engine": {"valkey"}, "EngineVersion": {"8.0"},
		"SecurityGroupIds.SecurityGroupId.1": {"sg-1"}, "AuthToken": {"x"}})
	require.ErrorIs(t, err, errForward)
	out, err := e.describeClusters(map[string][]string{"CacheClusterId": {"rg-001"}})
	require.NoError(t, err)
	clusters, ok := out.(struct {
		Clusters []cacheCluster `xml:"CacheClusters>CacheCluster"`
	})
	require.True(t, ok)
	require.Equal(t, "8.0.0", clusters.Clusters[0].EngineVersion)
	require.Equal(t, []cacheSecurityRole{{ID: "sg-1", Status: "active"}}, clusters.Clusters[0].SecurityGroups)
	_, err = e.describeClusters(map[string][]string{"CacheClusterId": {"other-001"}})
	require.ErrorIs(t, err, errForward)
}
