package elasticache

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	api "github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/gomodule/redigo/redis"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi/awsapitest"
	"github.com/genericcorp/platform/tests/localcloud/pki"
	"github.com/genericcorp/platform/tests/localcloud/servers"
)

const (
	firstToken  = "first-token-of-the-cache"
	secondToken = "second-token-of-the-cache"
	thirdToken  = "third-token-of-the-cache"
)

// group asks for a replication group of two nodes as the platform's cache does.
func group(port int) *api.CreateReplicationGroupInput {
	return &api.CreateReplicationGroupInput{
		ReplicationGroupId: aws.String("RG"), ReplicationGroupDescription: aws.String("Shared cache"), Engine: aws.String("valkey"),
		EngineVersion: aws.String("8.0"), CacheNodeType: aws.String("cache.t4g.small"), NumCacheClusters: aws.Int32(2),
		AutomaticFailoverEnabled: aws.Bool(true), MultiAZEnabled: aws.Bool(true), SecurityGroupIds: []string{"sg-1"},
		Port: aws.Int32(int32(port)), AtRestEncryptionEnabled: aws.Bool(true), TransitEncryptionEnabled: aws.Bool(true),
		AuthToken: aws.String(firstToken), SnapshotRetentionLimit: aws.Int32(7), SnapshotWindow: aws.String("03:00-04:00"),
		LogDeliveryConfigurations: []types.LogDeliveryConfigurationRequest{{
			LogType: types.LogTypeSlowLog, LogFormat: types.LogFormatJson, DestinationType: types.DestinationTypeCloudWatchLogs,
			DestinationDetails: &types.DestinationDetails{CloudWatchLogsDetails: &types.CloudWatchLogsDestinationDetails{LogGroup: aws.String("slow")}},
		}},
		Tags: []types.Tag{{Key: aws.String("owner"), Value: aws.String("platform")}},
	}
}

func TestReplicationGroupIsDescribedAsItWasAskedFor(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return nil })
	requested := group(awsapitest.FreePort(t))
	_, err := client.CreateReplicationGroup(t.Context(), requested)
	require.NoError(t, err)
	out, err := client.DescribeReplicationGroups(t.Context(), &api.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String("rg")})
	require.NoError(t, err)
	require.Len(t, out.ReplicationGroups, 1)
	describe := out.ReplicationGroups[0]
	assert.Equal(t, "available", aws.ToString(describe.Status))
	assert.Equal(t, []string{"rg-001", "rg-002"}, describe.MemberClusters)
	assert.Equal(t, types.AutomaticFailoverStatusEnabled, describe.AutomaticFailover)
	assert.Equal(t, types.MultiAZStatusEnabled, describe.MultiAZ)
	require.Len(t, describe.NodeGroups, 1)
	assert.Equal(t, "127.0.0.1", aws.ToString(describe.NodeGroups[0].PrimaryEndpoint.Address))
	assert.Equal(t, aws.ToInt32(requested.Port), aws.ToInt32(describe.NodeGroups[0].PrimaryEndpoint.Port))
	require.Len(t, describe.LogDeliveryConfigurations, 1)
	assert.Equal(t, "slow", aws.ToString(describe.LogDeliveryConfigurations[0].DestinationDetails.CloudWatchLogsDetails.LogGroup))
	node, err := client.DescribeCacheClusters(t.Context(), &api.DescribeCacheClustersInput{CacheClusterId: aws.String("rg-001")})
	require.NoError(t, err)
	require.Len(t, node.CacheClusters, 1)
	assert.Equal(t, "8.0.0", aws.ToString(node.CacheClusters[0].EngineVersion))
	assert.Equal(t, "default.valkey8", aws.ToString(node.CacheClusters[0].CacheParameterGroup.CacheParameterGroupName))
	assert.Equal(t, "sg-1", aws.ToString(node.CacheClusters[0].SecurityGroups[0].SecurityGroupId))
	assert.Equal(t, types.TransitEncryptionModeRequired, node.CacheClusters[0].TransitEncryptionMode)
	tags, err := client.ListTagsForResource(t.Context(), &api.ListTagsForResourceInput{ResourceName: describe.ARN})
	require.NoError(t, err)
	require.Len(t, tags.TagList, 1)
}

func TestReplicationGroupChangesJustWhatARequestNames(t *testing.T) {
	t.Parallel()
	var describe authTokens
	client := newClient(t, Server{}, func(tokens authTokens) error { describe = tokens; return nil })
	_, err := client.CreateReplicationGroup(t.Context(), group(awsapitest.FreePort(t)))
	require.NoError(t, err)
	require.Len(t, describe.hashes, 1)
	id := aws.String("rg")
	_, err = client.ModifyReplicationGroup(t.Context(), &api.ModifyReplicationGroupInput{ReplicationGroupId: id,
		CacheNodeType: aws.String("cache.t4g.medium"), ApplyImmediately: aws.Bool(true), SnapshotRetentionLimit: aws.Int32(9), AuthToken: aws.String(secondToken),
		AuthTokenUpdateStrategy:   types.AuthTokenUpdateStrategyTypeRotate,
		LogDeliveryConfigurations: []types.LogDeliveryConfigurationRequest{{LogType: types.LogTypeSlowLog, Enabled: aws.Bool(false)}},
	})
	require.NoError(t, err)
	require.Len(t, describe.hashes, 2, "the old token stays valid")
	out, err := client.IncreaseReplicaCount(t.Context(), &api.IncreaseReplicaCountInput{
		ReplicationGroupId: id, NewReplicaCount: aws.Int32(2), ApplyImmediately: aws.Bool(true)})
	require.NoError(t, err)
	changed := out.ReplicationGroup
	assert.Equal(t, []string{"rg-001", "rg-002", "rg-003"}, changed.MemberClusters)
	assert.Equal(t, "cache.t4g.medium", aws.ToString(changed.CacheNodeType))
	assert.Equal(t, int32(9), aws.ToInt32(changed.SnapshotRetentionLimit))
	assert.Equal(t, "03:00-04:00", aws.ToString(changed.SnapshotWindow))
	assert.Empty(t, changed.LogDeliveryConfigurations)
	node, err := client.DescribeCacheClusters(t.Context(), &api.DescribeCacheClustersInput{CacheClusterId: aws.String("rg-003")})
	require.NoError(t, err)
	assert.Len(t, node.CacheClusters[0].SecurityGroups, 1)
}

func TestReplicationGroupIsNotMadeWhenItsTokenCannotBeSet(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return errors.New("the cache server is down") })
	port := awsapitest.FreePort(t)
	_, err := client.CreateReplicationGroup(t.Context(), group(port))
	require.ErrorContains(t, err, "the cache server is down")
	_, err = client.DescribeReplicationGroups(t.Context(), &api.DescribeReplicationGroupsInput{ReplicationGroupId: aws.String("rg")})
	var missing *types.ReplicationGroupNotFoundFault
	require.ErrorAs(t, err, &missing)
	_, err = net.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	require.Error(t, err, "nobody listens at the port")
}

func TestWhatTheLocalCacheIsNotIsRefused(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return nil })
	for message, change := range map[string]func(*api.CreateReplicationGroupInput){
		"speaks TLS alone":                      func(in *api.CreateReplicationGroupInput) { in.TransitEncryptionEnabled = aws.Bool(false) },
		"NumNodeGroups is not offered":          func(in *api.CreateReplicationGroupInput) { in.NumNodeGroups = aws.Int32(2) },
		"SnapshotName is not offered":           func(in *api.CreateReplicationGroupInput) { in.SnapshotName = aws.String("old") },
		"CacheParameterGroup missing not found": func(in *api.CreateReplicationGroupInput) { in.CacheParameterGroupName = aws.String("missing") },
		"CacheSubnetGroup missing not found":    func(in *api.CreateReplicationGroupInput) { in.CacheSubnetGroupName = aws.String("missing") },
		"16 to 128 printable characters":        func(in *api.CreateReplicationGroupInput) { in.AuthToken = aws.String("short") },
		"to CloudWatch Logs alone": func(in *api.CreateReplicationGroupInput) {
			in.LogDeliveryConfigurations[0].DestinationType = types.DestinationTypeKinesisFirehose
		},
	} {
		in := group(awsapitest.FreePort(t))
		change(in)
		_, err := client.CreateReplicationGroup(t.Context(), in)
		require.ErrorContains(t, err, message)
	}
	all, err := client.DescribeReplicationGroups(t.Context(), &api.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	require.Empty(t, all.ReplicationGroups)
}

func TestReplicationGroupHoldsWhatItStandsOn(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return nil })
	subnets := &api.DeleteCacheSubnetGroupInput{CacheSubnetGroupName: aws.String("isolated")}
	parameters := &api.DeleteCacheParameterGroupInput{CacheParameterGroupName: aws.String("lru")}
	_, err := client.CreateCacheSubnetGroup(t.Context(), &api.CreateCacheSubnetGroupInput{CacheSubnetGroupName: subnets.CacheSubnetGroupName,
		CacheSubnetGroupDescription: aws.String("d"), SubnetIds: []string{"subnet-1", "subnet-2"}})
	require.NoError(t, err)
	_, err = client.CreateCacheParameterGroup(t.Context(), &api.CreateCacheParameterGroupInput{CacheParameterGroupName: parameters.CacheParameterGroupName,
		CacheParameterGroupFamily: aws.String("valkey8"), Description: aws.String("d")})
	require.NoError(t, err)
	in := group(awsapitest.FreePort(t))
	in.CacheSubnetGroupName, in.CacheParameterGroupName = subnets.CacheSubnetGroupName, parameters.CacheParameterGroupName
	made, err := client.CreateReplicationGroup(t.Context(), in)
	require.NoError(t, err)
	assert.Equal(t, "us-east-1b", aws.ToString(made.ReplicationGroup.NodeGroups[0].NodeGroupMembers[1].PreferredAvailabilityZone))

	_, err = client.DeleteCacheSubnetGroup(t.Context(), subnets)
	var inUse *types.CacheSubnetGroupInUse
	require.ErrorAs(t, err, &inUse)
	_, err = client.DeleteCacheParameterGroup(t.Context(), parameters)
	var wrongState *types.InvalidCacheParameterGroupStateFault
	require.ErrorAs(t, err, &wrongState)
	_, err = client.DeleteReplicationGroup(t.Context(), &api.DeleteReplicationGroupInput{ReplicationGroupId: in.ReplicationGroupId})
	require.NoError(t, err)
	_, err = client.DeleteCacheSubnetGroup(t.Context(), subnets)
	require.NoError(t, err)
	_, err = client.DeleteCacheParameterGroup(t.Context(), parameters)
	require.NoError(t, err)
}

// What waits for the maintenance window still uses what it will replace.
func TestParameterGroupIsInUseUntilTheChangeIsApplied(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return nil })
	for name, family := range map[string]string{"old": "valkey8", "new": "redis7"} {
		_, err := client.CreateCacheParameterGroup(t.Context(), &api.CreateCacheParameterGroupInput{
			CacheParameterGroupName: aws.String(name), CacheParameterGroupFamily: aws.String(family), Description: aws.String("d")})
		require.NoError(t, err)
	}
	in := group(awsapitest.FreePort(t))
	in.CacheParameterGroupName = aws.String("old")
	_, err := client.CreateReplicationGroup(t.Context(), in)
	require.NoError(t, err)

	old := &api.DeleteCacheParameterGroupInput{CacheParameterGroupName: aws.String("old")}
	change := &api.ModifyReplicationGroupInput{
		ReplicationGroupId: in.ReplicationGroupId, CacheParameterGroupName: aws.String("new"), EngineVersion: aws.String("9.0"), SnapshotRetentionLimit: aws.Int32(9),
	}
	_, err = client.ModifyReplicationGroup(t.Context(), change)
	require.NoError(t, err)
	node, err := client.DescribeCacheClusters(t.Context(), &api.DescribeCacheClustersInput{CacheClusterId: aws.String("rg-001")})
	require.NoError(t, err)
	assert.Equal(t, []string{"old", "8.0.0"}, []string{
		aws.ToString(node.CacheClusters[0].CacheParameterGroup.CacheParameterGroupName), aws.ToString(node.CacheClusters[0].EngineVersion)})
	assert.Equal(t, int32(9), aws.ToInt32(node.CacheClusters[0].SnapshotRetentionLimit), "which interrupts nothing")
	_, err = client.DeleteCacheParameterGroup(t.Context(), old)
	var wrongState *types.InvalidCacheParameterGroupStateFault
	require.ErrorAs(t, err, &wrongState)

	_, err = client.ModifyReplicationGroup(t.Context(), &api.ModifyReplicationGroupInput{ReplicationGroupId: in.ReplicationGroupId, ApplyImmediately: aws.Bool(true)})
	require.NoError(t, err)
	_, err = client.DeleteCacheParameterGroup(t.Context(), old)
	require.NoError(t, err)
}

func TestFinalSnapshotsKeepTheirNames(t *testing.T) {
	t.Parallel()
	client := newClient(t, Server{}, func(authTokens) error { return nil })
	for life, taken := range []bool{false, true} {
		_, err := client.CreateReplicationGroup(t.Context(), group(awsapitest.FreePort(t)))
		require.NoError(t, err)
		_, err = client.DeleteReplicationGroup(t.Context(), &api.DeleteReplicationGroupInput{
			ReplicationGroupId: aws.String("rg"), FinalSnapshotIdentifier: aws.String("rg-final")})
		var exists *types.SnapshotAlreadyExistsFault
		require.Equal(t, taken, errors.As(err, &exists), "life %d: %v", life, err)
	}
}

// startCache runs a real cache server.
func startCache(t *testing.T) (place Server, roots *x509.CertPool) {
	t.Helper()
	program := required.Program(t, "on Debian, apt-get install -y valkey or redis-server", "valkey-server", "redis-server")
	authority, err := pki.NewAuthority("test")
	require.NoError(t, err)
	server, err := servers.NewRedis(program, t.TempDir(), authority, "127.0.0.1")
	require.NoError(t, err)
	spec, err := server.Server(awsapitest.FreePort(t))
	require.NoError(t, err)
	command := exec.Command(spec.Command[0], spec.Command[1:]...)
	require.NoError(t, command.Start())
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	require.Eventually(t, func() bool {
		connection, err := net.Dial("tcp", spec.Address)
		return err == nil && connection.Close() == nil
	}, time.Minute, 20*time.Millisecond)
	roots = x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(authority.PEM))
	return Server{Address: spec.Address, AdminUser: servers.RedisAdmin, AdminPassword: server.AdminPassword, CA: authority.PEM}, roots
}

func TestTokenOpensTheCacheAtItsEndpoint(t *testing.T) {
	t.Parallel()
	server, roots := startCache(t)
	client := newClient(t, server, nil)
	port := awsapitest.FreePort(t)
	open := func(token string) (redis.Conn, error) {
		return redis.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port), redis.DialPassword(token),
			redis.DialUseTLS(true), redis.DialTLSConfig(&tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}))
	}
	ping := func(token string) error {
		c, err := open(token)
		if err != nil {
			return err
		}
		defer c.Close()
		_, err = c.Do("SET", "key", "value")
		return err
	}
	_, err := client.CreateReplicationGroup(t.Context(), group(port))
	require.NoError(t, err)
	require.NoError(t, ping(firstToken))
	require.Error(t, ping(""))
	require.Error(t, ping(secondToken))

	change := func(token string, strategy types.AuthTokenUpdateStrategyType) {
		_, err := client.ModifyReplicationGroup(t.Context(), &api.ModifyReplicationGroupInput{
			ReplicationGroupId: aws.String("rg"), AuthToken: aws.String(token), AuthTokenUpdateStrategy: strategy})
		require.NoError(t, err)
	}
	change(secondToken, types.AuthTokenUpdateStrategyTypeRotate)
	require.NoError(t, ping(firstToken))
	require.NoError(t, ping(secondToken))
	change(thirdToken, types.AuthTokenUpdateStrategyTypeRotate)
	require.Error(t, ping(firstToken), "two tokens are valid at most")
	change(thirdToken, types.AuthTokenUpdateStrategyTypeSet)
	require.Error(t, ping(secondToken))
	require.NoError(t, ping(thirdToken))

	_, err = client.DeleteReplicationGroup(t.Context(), &api.DeleteReplicationGroupInput{ReplicationGroupId: aws.String("rg")})
	require.NoError(t, err)
	require.Error(t, ping(thirdToken))
	_, err = client.CreateReplicationGroup(t.Context(), group(port))
	require.NoError(t, err)
	c, err := open(firstToken)
	require.NoError(t, err)
	defer c.Close()
	_, err = redis.String(c.Do("GET", "key"))
	require.ErrorIs(t, err, redis.ErrNil, "a new cache is empty")
	_, err = c.Do("ACL", "LIST")
	require.ErrorContains(t, err, "NOPERM", "clients do not see each other's hashes")
}

// The server refuses a command when it runs the transaction, not when it is sent.
func TestTokenThatTheServerRefusesIsAnError(t *testing.T) {
	t.Parallel()
	server, _ := startCache(t)
	require.NoError(t, server.setTokens(authTokens{open: true}))
	require.ErrorContains(t, server.setTokens(authTokens{hashes: []string{"no hash"}}), "ACL SETUSER")
}
