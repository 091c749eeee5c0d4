package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/budgets"
	budgetstypes "github.com/aws/aws-sdk-go-v2/service/budgets/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudtrail"
	cloudtrailtypes "github.com/aws/aws-sdk-go-v2/service/cloudtrail/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cloudwatchtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logstypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/costexplorer"
	costtypes "github.com/aws/aws-sdk-go-v2/service/costexplorer/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/aws/aws-sdk-go-v2/service/elasticache"
	cachetypes "github.com/aws/aws-sdk-go-v2/service/elasticache/types"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	eventtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/rds"
	rdstypes "github.com/aws/aws-sdk-go-v2/service/rds/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	secrettypes "github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// named gives the names of the things of a list.
func named[T any](list []T, name func(T) *string) []string {
	var names []string
	for _, thing := range list {
		names = append(names, aws.ToString(name(thing)))
	}
	return names
}

// without leaves out the names that begin with a prefix.
func without(names []string, prefix string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return strings.HasPrefix(name, prefix) })
}

func listBudgets(t *testing.T, e *environment) []string {
	out, err := budgets.NewFromConfig(e.aws()).DescribeBudgets(t.Context(), &budgets.DescribeBudgetsInput{AccountId: aws.String(e.state.AccountID)})
	require.NoError(t, err)
	return named(out.Budgets, func(b budgetstypes.Budget) *string { return b.BudgetName })
}

func listTrails(t *testing.T, e *environment) []string {
	out, err := cloudtrail.NewFromConfig(e.aws()).DescribeTrails(t.Context(), &cloudtrail.DescribeTrailsInput{})
	require.NoError(t, err)
	return named(out.TrailList, func(trail cloudtrailtypes.Trail) *string { return trail.Name })
}

func listDashboards(t *testing.T, e *environment) []string {
	out, err := cloudwatch.NewFromConfig(e.aws()).ListDashboards(t.Context(), &cloudwatch.ListDashboardsInput{})
	require.NoError(t, err)
	return named(out.DashboardEntries, func(d cloudwatchtypes.DashboardEntry) *string { return d.DashboardName })
}

func listAlarms(t *testing.T, e *environment) []string {
	out, err := cloudwatch.NewFromConfig(e.aws()).DescribeAlarms(t.Context(), &cloudwatch.DescribeAlarmsInput{})
	require.NoError(t, err)
	return named(out.MetricAlarms, func(a cloudwatchtypes.MetricAlarm) *string { return a.AlarmName })
}

func listEventRules(t *testing.T, e *environment) []string {
	out, err := eventbridge.NewFromConfig(e.aws()).ListRules(t.Context(), &eventbridge.ListRulesInput{})
	require.NoError(t, err)
	return named(out.Rules, func(r eventtypes.Rule) *string { return r.Name })
}

func listLogGroups(t *testing.T, e *environment) []string {
	out, err := cloudwatchlogs.NewFromConfig(e.aws()).DescribeLogGroups(t.Context(), &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	return named(out.LogGroups, func(g logstypes.LogGroup) *string { return g.LogGroupName })
}

func listAnomalyMonitors(t *testing.T, e *environment) []string {
	out, err := costexplorer.NewFromConfig(e.aws()).GetAnomalyMonitors(t.Context(), &costexplorer.GetAnomalyMonitorsInput{})
	require.NoError(t, err)
	return named(out.AnomalyMonitors, func(m costtypes.AnomalyMonitor) *string { return m.MonitorName })
}

func listAnomalySubscriptions(t *testing.T, e *environment) []string {
	out, err := costexplorer.NewFromConfig(e.aws()).GetAnomalySubscriptions(t.Context(), &costexplorer.GetAnomalySubscriptionsInput{})
	require.NoError(t, err)
	return named(out.AnomalySubscriptions, func(s costtypes.AnomalySubscription) *string { return s.SubscriptionName })
}

func listVPCs(t *testing.T, e *environment) []string {
	return named(e.vpcs(t), func(v ec2types.Vpc) *string { return v.VpcId })
}

func listSubnets(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	own := slices.DeleteFunc(out.Subnets, func(s ec2types.Subnet) bool { return aws.ToBool(s.DefaultForAz) })
	return named(own, func(s ec2types.Subnet) *string { return s.SubnetId })
}

func listSecurityGroups(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeSecurityGroups(t.Context(), &ec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	own := slices.DeleteFunc(out.SecurityGroups, func(g ec2types.SecurityGroup) bool { return aws.ToString(g.GroupName) == "default" })
	return named(own, func(g ec2types.SecurityGroup) *string { return g.GroupId })
}

func listInternetGateways(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeInternetGateways(t.Context(), &ec2.DescribeInternetGatewaysInput{})
	require.NoError(t, err)
	return named(out.InternetGateways, func(g ec2types.InternetGateway) *string { return g.InternetGatewayId })
}

func listNATGateways(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeNatGateways(t.Context(), &ec2.DescribeNatGatewaysInput{})
	require.NoError(t, err)
	there := slices.DeleteFunc(out.NatGateways, func(g ec2types.NatGateway) bool { return g.State == ec2types.NatGatewayStateDeleted })
	return named(there, func(g ec2types.NatGateway) *string { return g.NatGatewayId })
}

func listEndpoints(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeVpcEndpoints(t.Context(), &ec2.DescribeVpcEndpointsInput{})
	require.NoError(t, err)
	there := slices.DeleteFunc(out.VpcEndpoints, func(v ec2types.VpcEndpoint) bool { return strings.EqualFold(string(v.State), "deleted") })
	return named(there, func(v ec2types.VpcEndpoint) *string { return v.VpcEndpointId })
}

func listFlowLogs(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeFlowLogs(t.Context(), &ec2.DescribeFlowLogsInput{})
	require.NoError(t, err)
	return named(out.FlowLogs, func(l ec2types.FlowLog) *string { return l.FlowLogId })
}

func listAddresses(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeAddresses(t.Context(), &ec2.DescribeAddressesInput{})
	require.NoError(t, err)
	return named(out.Addresses, func(a ec2types.Address) *string { return a.AllocationId })
}

func listLaunchTemplates(t *testing.T, e *environment) []string {
	out, err := ec2.NewFromConfig(e.aws()).DescribeLaunchTemplates(t.Context(), &ec2.DescribeLaunchTemplatesInput{})
	require.NoError(t, err)
	return named(out.LaunchTemplates, func(l ec2types.LaunchTemplate) *string { return l.LaunchTemplateName })
}

func listClusters(t *testing.T, e *environment) []string {
	out, err := eks.NewFromConfig(e.aws()).ListClusters(t.Context(), &eks.ListClustersInput{})
	require.NoError(t, err)
	return out.Clusters
}

func listCaches(t *testing.T, e *environment) []string {
	out, err := elasticache.NewFromConfig(e.aws()).DescribeReplicationGroups(t.Context(), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	return named(out.ReplicationGroups, func(g cachetypes.ReplicationGroup) *string { return g.ReplicationGroupId })
}

func listCacheParameterGroups(t *testing.T, e *environment) []string {
	out, err := elasticache.NewFromConfig(e.aws()).DescribeCacheParameterGroups(t.Context(), &elasticache.DescribeCacheParameterGroupsInput{})
	require.NoError(t, err)
	return without(named(out.CacheParameterGroups, func(g cachetypes.CacheParameterGroup) *string { return g.CacheParameterGroupName }), "default.")
}

func listCacheSubnetGroups(t *testing.T, e *environment) []string {
	out, err := elasticache.NewFromConfig(e.aws()).DescribeCacheSubnetGroups(t.Context(), &elasticache.DescribeCacheSubnetGroupsInput{})
	require.NoError(t, err)
	return named(out.CacheSubnetGroups, func(g cachetypes.CacheSubnetGroup) *string { return g.CacheSubnetGroupName })
}

func listDatabases(t *testing.T, e *environment) []string {
	out, err := rds.NewFromConfig(e.aws()).DescribeDBInstances(t.Context(), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	return named(out.DBInstances, func(i rdstypes.DBInstance) *string { return i.DBInstanceIdentifier })
}

func listDatabaseParameterGroups(t *testing.T, e *environment) []string {
	out, err := rds.NewFromConfig(e.aws()).DescribeDBParameterGroups(t.Context(), &rds.DescribeDBParameterGroupsInput{})
	require.NoError(t, err)
	return without(named(out.DBParameterGroups, func(g rdstypes.DBParameterGroup) *string { return g.DBParameterGroupName }), "default.")
}

func listDatabaseSubnetGroups(t *testing.T, e *environment) []string {
	out, err := rds.NewFromConfig(e.aws()).DescribeDBSubnetGroups(t.Context(), &rds.DescribeDBSubnetGroupsInput{})
	require.NoError(t, err)
	return named(out.DBSubnetGroups, func(g rdstypes.DBSubnetGroup) *string { return g.DBSubnetGroupName })
}

func listRoles(t *testing.T, e *environment) []string {
	out, err := iam.NewFromConfig(e.aws()).ListRoles(t.Context(), &iam.ListRolesInput{})
	require.NoError(t, err)
	return named(out.Roles, func(r iamtypes.Role) *string { return r.RoleName })
}

func listPolicies(t *testing.T, e *environment) []string {
	out, err := iam.NewFromConfig(e.aws()).ListPolicies(t.Context(), &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	require.NoError(t, err)
	return named(out.Policies, func(p iamtypes.Policy) *string { return p.PolicyName })
}

// listKeys leaves out the keys that are on their way out.
func listKeys(t *testing.T, e *environment) []string {
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

func listAliases(t *testing.T, e *environment) []string {
	out, err := kms.NewFromConfig(e.aws()).ListAliases(t.Context(), &kms.ListAliasesInput{})
	require.NoError(t, err)
	return without(named(out.Aliases, func(a kmstypes.AliasListEntry) *string { return a.AliasName }), "alias/aws/")
}

func listFunctions(t *testing.T, e *environment) []string {
	out, err := lambda.NewFromConfig(e.aws()).ListFunctions(t.Context(), &lambda.ListFunctionsInput{})
	require.NoError(t, err)
	return named(out.Functions, func(f lambdatypes.FunctionConfiguration) *string { return f.FunctionName })
}

func listBuckets(t *testing.T, e *environment) []string {
	out, err := s3.NewFromConfig(e.aws()).ListBuckets(t.Context(), &s3.ListBucketsInput{})
	require.NoError(t, err)
	return named(out.Buckets, func(b s3types.Bucket) *string { return b.Name })
}

// listSecrets lists those that could be had back too: a name that is taken is in the way.
func listSecrets(t *testing.T, e *environment) []string {
	out, err := secretsmanager.NewFromConfig(e.aws()).ListSecrets(t.Context(),
		&secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
	require.NoError(t, err)
	return named(out.SecretList, func(s secrettypes.SecretListEntry) *string { return s.ARN })
}

func listTopics(t *testing.T, e *environment) []string {
	out, err := sns.NewFromConfig(e.aws()).ListTopics(t.Context(), &sns.ListTopicsInput{})
	require.NoError(t, err)
	return named(out.Topics, func(topic snstypes.Topic) *string { return topic.TopicArn })
}

func listSubscriptions(t *testing.T, e *environment) []string {
	out, err := sns.NewFromConfig(e.aws()).ListSubscriptions(t.Context(), &sns.ListSubscriptionsInput{})
	require.NoError(t, err)
	return named(out.Subscriptions, func(s snstypes.Subscription) *string { return s.SubscriptionArn })
}

// listNamespaces waits for nothing: a destroy has waited for them already.
func listNamespaces(t *testing.T, e *environment) []string {
	out, err := e.kubernetes(t).CoreV1().Namespaces().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, namespace := range out.Items {
		if namespace.Name != metav1.NamespaceDefault {
			names = append(names, namespace.Name)
		}
	}
	return without(names, "kube-")
}

func listPriorityClasses(t *testing.T, e *environment) []string {
	out, err := e.kubernetes(t).SchedulingV1().PriorityClasses().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, class := range out.Items {
		names = append(names, class.Name)
	}
	return without(names, "system-")
}

func listStorageClasses(t *testing.T, e *environment) []string {
	out, err := e.kubernetes(t).StorageV1().StorageClasses().List(t.Context(), metav1.ListOptions{})
	require.NoError(t, err)
	var names []string
	for _, class := range out.Items {
		names = append(names, class.Name)
	}
	return names
}
