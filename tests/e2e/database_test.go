package e2e

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/e2e/observe"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestDatabase(t *testing.T) { checkDatabase(t, testcloud.Shared(t)) }

// checkDatabase asks for what the repository's settings say of the database.
func checkDatabase(t *testing.T, c *testcloud.Cloud) {
	instance := observe.Database(t, c)
	assert.True(t, aws.ToBool(instance.MultiAZ))
	assert.True(t, aws.ToBool(instance.StorageEncrypted))
	assert.Equal(t, keyARN(t, c, "database"), aws.ToString(instance.KmsKeyId))
	assert.Equal(t, "gp3", aws.ToString(instance.StorageType))
	assert.False(t, aws.ToBool(instance.PubliclyAccessible))
	assert.Equal(t, int32(7), aws.ToInt32(instance.BackupRetentionPeriod))
	assert.True(t, strings.HasPrefix(aws.ToString(instance.EngineVersion), "17"), aws.ToString(instance.EngineVersion))
	assert.True(t, aws.ToBool(instance.AutoMinorVersionUpgrade))
	assert.Equal(t, int32(5433), aws.ToInt32(instance.Endpoint.Port), "not the port that scans look at first")
	assert.True(t, aws.ToBool(instance.IAMDatabaseAuthenticationEnabled))
	assert.True(t, aws.ToBool(instance.CopyTagsToSnapshot))
	assert.True(t, aws.ToBool(instance.PerformanceInsightsEnabled))
	assert.Equal(t, int32(60), aws.ToInt32(instance.MonitoringInterval))
	assert.ElementsMatch(t, []string{"postgresql", "upgrade"}, instance.EnabledCloudwatchLogsExports)
	require.NotNil(t, instance.MasterUserSecret, "the master password is managed by Secrets Manager")
	assert.Equal(t, keyARN(t, c, "secrets"), aws.ToString(instance.MasterUserSecret.KmsKeyId))
	require.Len(t, instance.VpcSecurityGroups, 1)
	require.NotNil(t, instance.DBSubnetGroup)
	assert.Len(t, instance.DBSubnetGroup.Subnets, 3, "a subnet in each zone")

	require.Len(t, instance.DBParameterGroups, 1)
	group := aws.ToString(instance.DBParameterGroups[0].DBParameterGroupName)
	assert.Equal(t, observe.List(t, c, "aws:rds/parameterGroup:ParameterGroup"), []string{group}, "a parameter group of its own")
	parameters := parameters(t, c, group)
	for name, want := range map[string]string{
		"rds.force_ssl": "1", "password_encryption": "scram-sha-256", "log_statement": "none", "shared_preload_libraries": "pg_stat_statements",
	} {
		assert.Equal(t, want, parameters[name], name)
	}
}

// parameters are the group's, those of its family among them.
func parameters(t *testing.T, c *testcloud.Cloud, group string) map[string]string {
	t.Helper()
	out, err := rds.NewFromConfig(c.AWS()).DescribeDBParameters(t.Context(),
		&rds.DescribeDBParametersInput{DBParameterGroupName: aws.String(group)})
	require.NoError(t, err)
	values := map[string]string{}
	for _, p := range out.Parameters {
		values[aws.ToString(p.ParameterName)] = aws.ToString(p.ParameterValue)
	}
	return values
}
