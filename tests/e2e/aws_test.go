package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgetstypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	ekstypes "github.com/aws/aws-sdk-go-v2/service/eks/types"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
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
	assertTags(t, vpcs[0].Tags, "network")
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

func assertTags(t *testing.T, tags []ec2types.Tag, component string) {
	t.Helper()
	have := map[string]string{}
	for _, tag := range tags {
		have[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	for key, want := range map[string]string{"environment": "local", "owner": "platform", "cost-centre": "platform", "component": component} {
		assert.Equal(t, want, have[key], "tag %s", key)
	}
}

func (e *environment) checkDatabase(t *testing.T) {
	client := rds.NewFromConfig(e.aws())
	out, err := client.DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	require.Len(t, out.DBInstances, 1)
	instance := out.DBInstances[0]
	assert.True(t, aws.ToBool(instance.MultiAZ))
	assert.True(t, aws.ToBool(instance.StorageEncrypted))
	assert.False(t, aws.ToBool(instance.PubliclyAccessible))
	assert.Equal(t, int32(7), aws.ToInt32(instance.BackupRetentionPeriod))
	assert.True(t, strings.HasPrefix(aws.ToString(instance.EngineVersion), "17"), aws.ToString(instance.EngineVersion))
	require.NotNil(t, instance.MasterUserSecret, "the master password is managed by Secrets Manager")
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

func (e *environment) checkCluster(t *testing.T) {
	client := eks.NewFromConfig(e.aws())
	clusters, err := client.ListClusters(t.Context(), &eks.ListClustersInput{})
	require.NoError(t, err)
	require.Len(t, clusters.Clusters, 1)
	name := aws.String(clusters.Clusters[0])
	out, err := client.DescribeCluster(t.Context(), &eks.DescribeClusterInput{Name: name})
	require.NoError(t, err)
	cluster := out.Cluster
	assert.Equal(t, ekstypes.ClusterStatusActive, cluster.Status)
	assert.Equal(t, "1.35", aws.ToString(cluster.Version))
	assert.False(t, cluster.ResourcesVpcConfig.EndpointPublicAccess)
	assert.True(t, cluster.ResourcesVpcConfig.EndpointPrivateAccess)
	assert.NotEmpty(t, cluster.EncryptionConfig, "Kubernetes secrets are encrypted")

	groups, err := client.ListNodegroups(t.Context(), &eks.ListNodegroupsInput{ClusterName: name})
	require.NoError(t, err)
	assert.Len(t, groups.Nodegroups, 2)
	addons, err := client.ListAddons(t.Context(), &eks.ListAddonsInput{ClusterName: name})
	require.NoError(t, err)
	assert.ElementsMatch(t, []string{"vpc-cni", "coredns", "kube-proxy", "eks-pod-identity-agent", "aws-ebs-csi-driver"}, addons.Addons)
	entries, err := client.ListAccessEntries(t.Context(), &eks.ListAccessEntriesInput{ClusterName: name})
	require.NoError(t, err)
	assert.Contains(t, entries.AccessEntries, "arn:aws:iam::123456789012:role/platform-administrator")
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
	assert.Len(t, group.MemberClusters, 2)
}

// enabledKeys counts the customer keys that are not on their way out.
func (e *environment) enabledKeys(t *testing.T) []string {
	t.Helper()
	client := kms.NewFromConfig(e.aws())
	list, err := client.ListKeys(t.Context(), &kms.ListKeysInput{})
	require.NoError(t, err)
	var enabled []string
	for _, key := range list.Keys {
		out, err := client.DescribeKey(t.Context(), &kms.DescribeKeyInput{KeyId: key.KeyId})
		require.NoError(t, err)
		if out.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeCustomer && out.KeyMetadata.KeyState == kmstypes.KeyStateEnabled {
			enabled = append(enabled, aws.ToString(key.KeyId))
		}
	}
	return enabled
}

func (e *environment) checkKeys(t *testing.T) {
	client := kms.NewFromConfig(e.aws())
	keys := e.enabledKeys(t)
	assert.NotEmpty(t, keys)
	for _, key := range keys {
		out, err := client.GetKeyRotationStatus(t.Context(), &kms.GetKeyRotationStatusInput{KeyId: aws.String(key)})
		require.NoError(t, err)
		assert.True(t, out.KeyRotationEnabled, "key %s rotates", key)
	}
}

func (e *environment) checkMoney(t *testing.T) {
	client := budgets.NewFromConfig(e.aws())
	account := aws.String(e.state.AccountID)
	out, err := client.DescribeBudgets(t.Context(), &budgets.DescribeBudgetsInput{AccountId: account})
	require.NoError(t, err)
	whole := slices.DeleteFunc(out.Budgets, func(b budgetstypes.Budget) bool { return len(b.CostFilters) > 0 }) //nolint:staticcheck // how tenants' budgets are made
	require.Len(t, whole, 1, "budgets that are no tenant's")
	budget := whole[0]
	assert.Contains(t, []string{"2500", "2500.0", "2500.00"}, aws.ToString(budget.BudgetLimit.Amount))
	notifications, err := client.DescribeNotificationsForBudget(t.Context(),
		&budgets.DescribeNotificationsForBudgetInput{AccountId: account, BudgetName: budget.BudgetName})
	require.NoError(t, err)
	var thresholds []string
	for _, n := range notifications.Notifications {
		thresholds = append(thresholds, string(n.NotificationType)+" "+formatThreshold(n.Threshold))
	}
	assert.ElementsMatch(t, []string{"ACTUAL 90", "ACTUAL 100", "ACTUAL 200", "FORECASTED 100"}, thresholds)
	actions, err := client.DescribeBudgetActionsForBudget(t.Context(),
		&budgets.DescribeBudgetActionsForBudgetInput{AccountId: account, BudgetName: budget.BudgetName})
	require.NoError(t, err)
	require.Len(t, actions.Actions, 1)
	assert.Equal(t, "AUTOMATIC", string(actions.Actions[0].ApprovalModel))

	anomalies, err := costexplorer.NewFromConfig(e.aws()).GetAnomalyMonitors(t.Context(), &costexplorer.GetAnomalyMonitorsInput{})
	require.NoError(t, err)
	assert.Len(t, anomalies.AnomalyMonitors, 1)
}

func formatThreshold(threshold float64) string {
	raw, _ := json.Marshal(threshold)
	return string(raw)
}

func (e *environment) checkMonitoring(t *testing.T) {
	alarms, err := cloudwatch.NewFromConfig(e.aws()).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	require.NoError(t, err)
	assert.NotEmpty(t, alarms.MetricAlarms)
	for _, alarm := range alarms.MetricAlarms {
		assert.NotEmpty(t, alarm.AlarmActions, "alarm %s tells somebody", aws.ToString(alarm.AlarmName))
	}
	dashboards, err := cloudwatch.NewFromConfig(e.aws()).ListDashboards(t.Context(), &cloudwatch.ListDashboardsInput{})
	require.NoError(t, err)
	assert.Len(t, dashboards.DashboardEntries, 1)
	trails, err := cloudtrail.NewFromConfig(e.aws()).DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	require.NoError(t, err)
	require.Len(t, trails.TrailList, 1)
	assert.True(t, aws.ToBool(trails.TrailList[0].LogFileValidationEnabled))
	assert.True(t, aws.ToBool(trails.TrailList[0].IsMultiRegionTrail))
	subscriptions, err := sns.NewFromConfig(e.aws()).ListSubscriptions(t.Context(), &sns.ListSubscriptionsInput{})
	require.NoError(t, err)
	assert.NotEmpty(t, subscriptions.Subscriptions)
	for _, group := range e.logGroups(t) {
		assert.NotNil(t, group.retention, "log group %s has a retention", group.name)
	}
}

type logGroup struct {
	name      string
	retention *int32
}

func (e *environment) logGroups(t *testing.T) []logGroup {
	t.Helper()
	out, err := cloudwatchlogs.NewFromConfig(e.aws()).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	var groups []logGroup
	for _, g := range out.LogGroups {
		groups = append(groups, logGroup{aws.ToString(g.LogGroupName), g.RetentionInDays})
	}
	return groups
}

// checkNothingLeft asks every service whether the destroy left something that would be billed.
func (e *environment) checkNothingLeft(t *testing.T) {
	ctx := t.Context()
	assert.Empty(t, e.vpcs(t), "VPCs")
	assert.Empty(t, e.enabledKeys(t), "KMS keys")
	assert.Empty(t, e.logGroups(t), "log groups")
	client := ec2.NewFromConfig(e.aws())
	addresses, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	require.NoError(t, err)
	assert.Empty(t, addresses.Addresses, "addresses")
	templates, err := client.DescribeLaunchTemplates(ctx, &ec2.DescribeLaunchTemplatesInput{})
	require.NoError(t, err)
	assert.Empty(t, templates.LaunchTemplates, "launch templates")
	instances, err := rds.NewFromConfig(e.aws()).DescribeDBInstances(ctx, &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	assert.Empty(t, instances.DBInstances, "database instances")
	groups, err := elasticache.NewFromConfig(e.aws()).DescribeReplicationGroups(ctx, &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	assert.Empty(t, groups.ReplicationGroups, "caches")
	clusters, err := eks.NewFromConfig(e.aws()).ListClusters(ctx, &eks.ListClustersInput{})
	require.NoError(t, err)
	assert.Empty(t, clusters.Clusters, "clusters")
	secrets, err := secretsmanager.NewFromConfig(e.aws()).ListSecrets(ctx, &secretsmanager.ListSecretsInput{})
	require.NoError(t, err)
	assert.Empty(t, secrets.SecretList, "secrets")
	topics, err := sns.NewFromConfig(e.aws()).ListTopics(ctx, &sns.ListTopicsInput{})
	require.NoError(t, err)
	assert.Empty(t, topics.Topics, "topics")
	buckets, err := s3.NewFromConfig(e.aws()).ListBuckets(ctx, &s3.ListBucketsInput{})
	require.NoError(t, err)
	assert.Empty(t, buckets.Buckets, "buckets")
	all, err := budgets.NewFromConfig(e.aws()).DescribeBudgets(ctx, &budgets.DescribeBudgetsInput{AccountId: aws.String(e.state.AccountID)})
	require.NoError(t, err)
	assert.Empty(t, all.Budgets, "budgets")
	alarms, err := cloudwatch.NewFromConfig(e.aws()).DescribeAlarms(ctx, &cloudwatch.DescribeAlarmsInput{})
	require.NoError(t, err)
	assert.Empty(t, alarms.MetricAlarms, "alarms")
}
