package gateway

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	api "github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/stretchr/testify/require"
)

// subnetAnswer is what the emulator says of two subnets.
const subnetAnswer = `<R><subnetSet>
<item><subnetId>subnet-2</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1b</availabilityZone></item>
<item><subnetId>subnet-1</subnetId><vpcId>vpc-1</vpcId><availabilityZone>us-east-1a</availabilityZone></item>
</subnetSet></R>`

// cacheClient is a client of the service alone. The tokens that the cache server is told go to admit.
func cacheClient(t *testing.T, config Config, admit func(cacheTokens) error) *api.Client {
	t.Helper()
	config.Host, config.Region, config.AccountID = "127.0.0.1", "us-east-1", testAccount
	e := newElastiCache(config, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, subnetAnswer) }))
	if admit != nil {
		e.admit = admit
	}
	t.Cleanup(func() { require.NoError(t, e.Close()) })
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !e.serve(w, r) {
			writeError(w, r, badRequest("Forwarded", "forwarded"))
		}
	}))
	t.Cleanup(server.Close)
	return api.New(api.Options{
		Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("local", "local", ""),
	})
}

// freePort is a port that nobody listens on now.
func freePort(t *testing.T) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	require.True(t, ok)
	return address.Port
}

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
	client := cacheClient(t, Config{}, nil)
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
