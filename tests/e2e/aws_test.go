package e2e

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// vpcs returns the VPCs that are not the account's default one.
func (e *environment) vpcs(t *testing.T) []ec2types.Vpc {
	t.Helper()
	out, err := ec2.NewFromConfig(e.aws()).DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	require.NoError(t, err)
	return slices.DeleteFunc(out.Vpcs, func(v ec2types.Vpc) bool { return aws.ToBool(v.IsDefault) })
}

func (e *environment) checkNetwork(t *testing.T) {
	client := ec2.NewFromConfig(e.aws())
	vpcs := e.vpcs(t)
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

// secret reads the secret's value as the JSON object that it is.
func (e *environment) secret(t *testing.T, arn string) map[string]any {
	t.Helper()
	out, err := secretsmanager.NewFromConfig(e.aws()).GetSecretValue(t.Context(),
		&secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
	require.NoError(t, err)
	value := map[string]any{}
	require.NoError(t, json.Unmarshal([]byte(aws.ToString(out.SecretString)), &value), "the secret is a JSON object")
	return value
}

func (e *environment) checkCache(t *testing.T) {
	out, err := elasticache.NewFromConfig(e.aws()).DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	require.Len(t, out.ReplicationGroups, 1)
	group := out.ReplicationGroups[0]
	assert.Equal(t, "enabled", string(group.AutomaticFailover))
	assert.True(t, aws.ToBool(group.TransitEncryptionEnabled))
	assert.True(t, aws.ToBool(group.AtRestEncryptionEnabled))
	assert.True(t, aws.ToBool(group.AuthTokenEnabled))
	assert.Equal(t, e.keyARN(t, "cache"), aws.ToString(group.KmsKeyId))
	assert.Equal(t, "enabled", string(group.MultiAZ))
	assert.Len(t, group.MemberClusters, 2)
}

func (e *environment) checkKeys(t *testing.T) {
	client := kms.NewFromConfig(e.aws())
	keys := listKeys(t, e)
	assert.NotEmpty(t, keys)
	for _, key := range keys {
		out, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: aws.String(key)})
		require.NoError(t, err)
		assert.True(t, out.KeyRotationEnabled, "key %s rotates", key)
	}
}

// keyARN finds the key of a purpose by its alias.
func (e *environment) keyARN(t *testing.T, purpose string) string {
	t.Helper()
	out, err := kms.NewFromConfig(e.aws()).DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: aws.String("alias/platform-local-keys-" + purpose)})
	require.NoError(t, err)
	return aws.ToString(out.KeyMetadata.Arn)
}
