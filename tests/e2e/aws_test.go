package e2e

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestNetwork(t *testing.T) {
	c := testcloud.Shared(t)
	client := ec2.NewFromConfig(c.AWS())
	vpcs := observe.VPCs(t, c)
	require.Len(t, vpcs, 1)
	assert.Equal(t, "10.128.0.0/16", aws.ToString(vpcs[0].CidrBlock))
	byVPC := []ec2types.Filter{{Name: aws.String("vpc-id"), Values: []string{aws.ToString(vpcs[0].VpcId)}}}

	subnets, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{Filters: byVPC})
	require.NoError(t, err)
	require.Len(t, subnets.Subnets, 9, "three kinds of subnet in three zones")
	zones := map[string]int{}
	for _, subnet := range subnets.Subnets {
		zones[aws.ToString(subnet.AvailabilityZone)]++
		assert.False(t, aws.ToBool(subnet.MapPublicIpOnLaunch), "no subnet hands out public addresses")
	}
	assert.Equal(t, map[string]int{"us-east-1a": 3, "us-east-1b": 3, "us-east-1c": 3}, zones)

	nats, err := client.DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{Filter: byVPC})
	require.NoError(t, err)
	assert.Len(t, nats.NatGateways, 3)

	logs, err := client.DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{})
	require.NoError(t, err)
	require.Len(t, logs.FlowLogs, 1)
	assert.Equal(t, vpcs[0].VpcId, logs.FlowLogs[0].ResourceId)

	groups, err := client.DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{Filters: byVPC})
	require.NoError(t, err)
	for _, group := range groups.SecurityGroups {
		if aws.ToString(group.GroupName) == "default" {
			assert.Empty(t, group.IpPermissions, "the default security group lets nothing in")
			assert.Empty(t, group.IpPermissionsEgress, "the default security group lets nothing out")
		}
		for _, rule := range group.IpPermissions {
			for _, source := range rule.IpRanges {
				assert.NotEqual(t, "0.0.0.0/0", aws.ToString(source.CidrIp), "%s is open to the world", aws.ToString(group.GroupName))
			}
		}
	}
}

func TestCache(t *testing.T) {
	c := testcloud.Shared(t)
	out, err := elasticache.NewFromConfig(c.AWS()).DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	require.Len(t, out.ReplicationGroups, 1)
	group := out.ReplicationGroups[0]
	assert.Equal(t, "enabled", string(group.AutomaticFailover))
	assert.True(t, aws.ToBool(group.TransitEncryptionEnabled))
	assert.True(t, aws.ToBool(group.AtRestEncryptionEnabled))
	assert.True(t, aws.ToBool(group.AuthTokenEnabled))
	assert.Equal(t, keyARN(t, c, "cache"), aws.ToString(group.KmsKeyId))
	assert.Equal(t, "enabled", string(group.MultiAZ))
	assert.Len(t, group.MemberClusters, 2)
}

func TestKeys(t *testing.T) {
	c := testcloud.Shared(t)
	client := kms.NewFromConfig(c.AWS())
	keys := observe.List(t, c, "aws:kms/key:Key")
	assert.NotEmpty(t, keys)
	for _, key := range keys {
		out, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: aws.String(key)})
		require.NoError(t, err)
		assert.True(t, out.KeyRotationEnabled, "key %s rotates", key)
	}
}

// keyARN finds the key of a purpose by its alias.
func keyARN(t *testing.T, c *testcloud.Cloud, purpose string) string {
	t.Helper()
	out, err := kms.NewFromConfig(c.AWS()).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/platform-local-keys-" + purpose)})
	require.NoError(t, err)
	return aws.ToString(out.KeyMetadata.Arn)
}
