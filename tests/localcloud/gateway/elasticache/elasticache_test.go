package elasticache

import (
	"io"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
)

// subnetsResponse is what the emulator responds about two subnets.
const subnetsResponse = `<R><subnetSet>
<item><subnetId>subnet-2</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1b</availabilityZone></item>
<item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1a</availabilityZone></item>
</subnetSet></R>`

// newClient is a client of the service alone. The tokens that the cache server is given go to setTokens, unless that is nil.
func newClient(t *testing.T, server Server, setTokens func(authTokens) error) *api.Client {
	t.Helper()
	config := Config{Account: awsapitest.Account, Host: "127.0.0.1", Server: server}
	s := New(config, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Form.Get("Action") != "" {
			awsapitest.Unreachable(t).ServeHTTP(w, r)
			return
		}
		_, _ = io.WriteString(w, subnetsResponse)
	}))
	if setTokens != nil {
		s.setTokens = setTokens
	}
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	return api.NewFromConfig(awsapitest.Config(t, s))
}

func TestCacheParameterGroupLivesAndDies(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, nil)
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
	_, err = client.ResetCacheParameterGroup(t.Context(), &api.ResetCacheParameterGroupInput{CacheParameterGroupName: name, ResetAllParameters: aws.Bool(true)})
	require.NoError(t, err)
	_, err = client.ModifyCacheParameterGroup(t.Context(), &api.ModifyCacheParameterGroupInput{CacheParameterGroupName: name,
		ParameterNameValues: []types.ParameterNameValue{{ParameterName: aws.String("maxmemory-policy"), ParameterValue: aws.String("volatile-lru")}}})
	require.NoError(t, err)
	out, err = client.DescribeCacheParameters(t.Context(), &api.DescribeCacheParametersInput{CacheParameterGroupName: name, Source: aws.String("user")})
	require.NoError(t, err)
	require.Empty(t, out.Parameters, "the family's own value is nobody's")
	arn := made.CacheParameterGroup.ARN
	_, err = client.AddTagsToResource(t.Context(), &api.AddTagsToResourceInput{ResourceName: arn, Tags: []types.Tag{
		{Key: aws.String("owner"), Value: aws.String("platform")}, {Key: aws.String("gone"), Value: aws.String("x")}}})
	require.NoError(t, err)
	_, err = client.RemoveTagsFromResource(t.Context(), &api.RemoveTagsFromResourceInput{ResourceName: arn, TagKeys: []string{"gone"}})
	require.NoError(t, err)
	tags, err := client.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceName: arn})
	require.NoError(t, err)
	require.Len(t, tags.TagList, 1)
	require.Equal(t, "platform", aws.ToString(tags.TagList[0].Value))
	_, err = client.DeleteCacheParameterGroup(t.Context(), &api.DeleteCacheParameterGroupInput{CacheParameterGroupName: name})
	require.NoError(t, err)
	_, err = client.DescribeCacheParameterGroups(t.Context(), &api.DescribeCacheParameterGroupsInput{CacheParameterGroupName: name})
	var missing *types.CacheParameterGroupNotFoundFault
	require.ErrorAs(t, err, &missing)
}

func TestCacheSubnetGroupLivesAndDies(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, nil)
	name := aws.String("Isolated")
	made, err := client.CreateCacheSubnetGroup(t.Context(), &api.CreateCacheSubnetGroupInput{
		CacheSubnetGroupName: name, CacheSubnetGroupDescription: aws.String("d"), SubnetIds: []string{"subnet-1", "subnet-2"}})
	require.NoError(t, err)
	require.Equal(t, "isolated", aws.ToString(made.CacheSubnetGroup.CacheSubnetGroupName))
	require.Equal(t, "vpc-1", aws.ToString(made.CacheSubnetGroup.VpcId))
	require.Len(t, made.CacheSubnetGroup.Subnets, 2)
	_, err = client.ModifyCacheSubnetGroup(t.Context(), &api.ModifyCacheSubnetGroupInput{
		CacheSubnetGroupName: name, CacheSubnetGroupDescription: aws.String("new")})
	require.NoError(t, err)
	all, err := client.DescribeCacheSubnetGroups(t.Context(), &api.DescribeCacheSubnetGroupsInput{CacheSubnetGroupName: name})
	require.NoError(t, err)
	require.Equal(t, "new", aws.ToString(all.CacheSubnetGroups[0].CacheSubnetGroupDescription))
	_, err = client.DeleteCacheSubnetGroup(t.Context(), &api.DeleteCacheSubnetGroupInput{CacheSubnetGroupName: name})
	require.NoError(t, err)
	_, err = client.DescribeCacheSubnetGroups(t.Context(), &api.DescribeCacheSubnetGroupsInput{CacheSubnetGroupName: name})
	var missing *types.CacheSubnetGroupNotFoundFault
	require.ErrorAs(t, err, &missing)
}
