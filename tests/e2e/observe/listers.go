package observe

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
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
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	ecrtypes "github.com/aws/aws-sdk-go-v2/service/ecr/types"
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
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	sestypes "github.com/aws/aws-sdk-go-v2/service/sesv2/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	snstypes "github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/genericcorp/platform/tests/testcloud"
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

func listAPIs(t testing.TB, c *testcloud.Cloud) []string {
	out, err := apigatewayv2.NewFromConfig(c.AWS()).GetApis(testcloud.Context(t), &apigatewayv2.GetApisInput{})
	require.NoError(t, err)
	return named(out.Items, func(a apitypes.Api) *string { return a.Name })
}

func listBudgets(t testing.TB, c *testcloud.Cloud) []string {
	out, err := budgets.NewFromConfig(c.AWS()).DescribeBudgets(testcloud.Context(t), &budgets.DescribeBudgetsInput{AccountId: aws.String(c.AccountID)})
	require.NoError(t, err)
	return named(out.Budgets, func(b budgetstypes.Budget) *string { return b.BudgetName })
}

func listTrails(t testing.TB, c *testcloud.Cloud) []string {
	out, err := cloudtrail.NewFromConfig(c.AWS()).DescribeTrails(testcloud.Context(t), &cloudtrail.DescribeTrailsInput{})
	require.NoError(t, err)
	return named(out.TrailList, func(trail cloudtrailtypes.Trail) *string { return trail.Name })
}

func listDashboards(t testing.TB, c *testcloud.Cloud) []string {
	out, err := cloudwatch.NewFromConfig(c.AWS()).ListDashboards(testcloud.Context(t), &cloudwatch.ListDashboardsInput{})
	require.NoError(t, err)
	return named(out.DashboardEntries, func(d cloudwatchtypes.DashboardEntry) *string { return d.DashboardName })
}

func listAlarms(t testing.TB, c *testcloud.Cloud) []string {
	out, err := cloudwatch.NewFromConfig(c.AWS()).DescribeAlarms(testcloud.Context(t), &cloudwatch.DescribeAlarmsInput{})
	require.NoError(t, err)
	return named(out.MetricAlarms, func(a cloudwatchtypes.MetricAlarm) *string { return a.AlarmName })
}

func listEventRules(t testing.TB, c *testcloud.Cloud) []string {
	out, err := eventbridge.NewFromConfig(c.AWS()).ListRules(testcloud.Context(t), &eventbridge.ListRulesInput{})
	require.NoError(t, err)
	return named(out.Rules, func(r eventtypes.Rule) *string { return r.Name })
}

func listLogGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := cloudwatchlogs.NewFromConfig(c.AWS()).DescribeLogGroups(testcloud.Context(t), &cloudwatchlogs.DescribeLogGroupsInput{})
	require.NoError(t, err)
	return named(out.LogGroups, func(g logstypes.LogGroup) *string { return g.LogGroupName })
}

func listAnomalyMonitors(t testing.TB, c *testcloud.Cloud) []string {
	out, err := costexplorer.NewFromConfig(c.AWS()).GetAnomalyMonitors(testcloud.Context(t), &costexplorer.GetAnomalyMonitorsInput{})
	require.NoError(t, err)
	return named(out.AnomalyMonitors, func(m costtypes.AnomalyMonitor) *string { return m.MonitorName })
}

func listAnomalySubscriptions(t testing.TB, c *testcloud.Cloud) []string {
	out, err := costexplorer.NewFromConfig(c.AWS()).GetAnomalySubscriptions(testcloud.Context(t), &costexplorer.GetAnomalySubscriptionsInput{})
	require.NoError(t, err)
	return named(out.AnomalySubscriptions, func(s costtypes.AnomalySubscription) *string { return s.SubscriptionName })
}

func listVPCs(t testing.TB, c *testcloud.Cloud) []string {
	return named(VPCs(t, c), func(v ec2types.Vpc) *string { return v.VpcId })
}

// VPCs are those that are not the account's default one.
func VPCs(t testing.TB, c *testcloud.Cloud) []ec2types.Vpc {
	t.Helper()
	out, err := ec2.NewFromConfig(c.AWS()).DescribeVpcs(testcloud.Context(t), &ec2.DescribeVpcsInput{})
	require.NoError(t, err)
	return slices.DeleteFunc(out.Vpcs, func(v ec2types.Vpc) bool { return aws.ToBool(v.IsDefault) })
}

func listSubnets(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeSubnets(testcloud.Context(t), &ec2.DescribeSubnetsInput{})
	require.NoError(t, err)
	own := slices.DeleteFunc(out.Subnets, func(s ec2types.Subnet) bool { return aws.ToBool(s.DefaultForAz) })
	return named(own, func(s ec2types.Subnet) *string { return s.SubnetId })
}

func listSecurityGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeSecurityGroups(testcloud.Context(t), &ec2.DescribeSecurityGroupsInput{})
	require.NoError(t, err)
	own := slices.DeleteFunc(out.SecurityGroups, func(g ec2types.SecurityGroup) bool { return aws.ToString(g.GroupName) == "default" })
	return named(own, func(g ec2types.SecurityGroup) *string { return g.GroupId })
}

func listInternetGateways(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeInternetGateways(testcloud.Context(t), &ec2.DescribeInternetGatewaysInput{})
	require.NoError(t, err)
	return named(out.InternetGateways, func(g ec2types.InternetGateway) *string { return g.InternetGatewayId })
}

func listNATGateways(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeNatGateways(testcloud.Context(t), &ec2.DescribeNatGatewaysInput{})
	require.NoError(t, err)
	there := slices.DeleteFunc(out.NatGateways, func(g ec2types.NatGateway) bool { return g.State == ec2types.NatGatewayStateDeleted })
	return named(there, func(g ec2types.NatGateway) *string { return g.NatGatewayId })
}

func listEndpoints(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeVpcEndpoints(testcloud.Context(t), &ec2.DescribeVpcEndpointsInput{})
	require.NoError(t, err)
	there := slices.DeleteFunc(out.VpcEndpoints, func(v ec2types.VpcEndpoint) bool { return strings.EqualFold(string(v.State), "deleted") })
	return named(there, func(v ec2types.VpcEndpoint) *string { return v.VpcEndpointId })
}

func listFlowLogs(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeFlowLogs(testcloud.Context(t), &ec2.DescribeFlowLogsInput{})
	require.NoError(t, err)
	return named(out.FlowLogs, func(l ec2types.FlowLog) *string { return l.FlowLogId })
}

func listAddresses(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeAddresses(testcloud.Context(t), &ec2.DescribeAddressesInput{})
	require.NoError(t, err)
	return named(out.Addresses, func(a ec2types.Address) *string { return a.AllocationId })
}

func listLaunchTemplates(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ec2.NewFromConfig(c.AWS()).DescribeLaunchTemplates(testcloud.Context(t), &ec2.DescribeLaunchTemplatesInput{})
	require.NoError(t, err)
	return named(out.LaunchTemplates, func(l ec2types.LaunchTemplate) *string { return l.LaunchTemplateName })
}

func listClusters(t testing.TB, c *testcloud.Cloud) []string {
	out, err := eks.NewFromConfig(c.AWS()).ListClusters(testcloud.Context(t), &eks.ListClustersInput{})
	require.NoError(t, err)
	return out.Clusters
}

func listRepositories(t testing.TB, c *testcloud.Cloud) []string {
	out, err := ecr.NewFromConfig(c.AWS()).DescribeRepositories(testcloud.Context(t), &ecr.DescribeRepositoriesInput{})
	require.NoError(t, err)
	return named(out.Repositories, func(r ecrtypes.Repository) *string { return r.RepositoryName })
}

func listCaches(t testing.TB, c *testcloud.Cloud) []string {
	out, err := elasticache.NewFromConfig(c.AWS()).DescribeReplicationGroups(testcloud.Context(t), &elasticache.DescribeReplicationGroupsInput{})
	require.NoError(t, err)
	return named(out.ReplicationGroups, func(g cachetypes.ReplicationGroup) *string { return g.ReplicationGroupId })
}

func listCacheParameterGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := elasticache.NewFromConfig(c.AWS()).DescribeCacheParameterGroups(testcloud.Context(t), &elasticache.DescribeCacheParameterGroupsInput{})
	require.NoError(t, err)
	return without(named(out.CacheParameterGroups, func(g cachetypes.CacheParameterGroup) *string { return g.CacheParameterGroupName }), "default.")
}

func listCacheSubnetGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := elasticache.NewFromConfig(c.AWS()).DescribeCacheSubnetGroups(testcloud.Context(t), &elasticache.DescribeCacheSubnetGroupsInput{})
	require.NoError(t, err)
	return named(out.CacheSubnetGroups, func(g cachetypes.CacheSubnetGroup) *string { return g.CacheSubnetGroupName })
}

func listDatabases(t testing.TB, c *testcloud.Cloud) []string {
	out, err := rds.NewFromConfig(c.AWS()).DescribeDBInstances(testcloud.Context(t), &rds.DescribeDBInstancesInput{})
	require.NoError(t, err)
	return named(out.DBInstances, func(i rdstypes.DBInstance) *string { return i.DBInstanceIdentifier })
}

func listDatabaseParameterGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := rds.NewFromConfig(c.AWS()).DescribeDBParameterGroups(testcloud.Context(t), &rds.DescribeDBParameterGroupsInput{})
	require.NoError(t, err)
	return without(named(out.DBParameterGroups, func(g rdstypes.DBParameterGroup) *string { return g.DBParameterGroupName }), "default.")
}

func listDatabaseSubnetGroups(t testing.TB, c *testcloud.Cloud) []string {
	out, err := rds.NewFromConfig(c.AWS()).DescribeDBSubnetGroups(testcloud.Context(t), &rds.DescribeDBSubnetGroupsInput{})
	require.NoError(t, err)
	return named(out.DBSubnetGroups, func(g rdstypes.DBSubnetGroup) *string { return g.DBSubnetGroupName })
}

// ofStacks leaves out what is the account's: `platform bootstrap` makes it, in a local cloud the up does, and no destroy removes it.
func ofStacks(names []string) []string {
	account := []string{"platform-boundary", "platform-budget-breaker", "platform-deployer-identity", "platform-guardrails", "platform-observe"}
	return slices.DeleteFunc(names, func(name string) bool { return slices.Contains(account, name) })
}

func listRoles(t testing.TB, c *testcloud.Cloud) []string {
	out, err := iam.NewFromConfig(c.AWS()).ListRoles(testcloud.Context(t), &iam.ListRolesInput{})
	require.NoError(t, err)
	return ofStacks(named(out.Roles, func(r iamtypes.Role) *string { return r.RoleName }))
}

func listPolicies(t testing.TB, c *testcloud.Cloud) []string {
	out, err := iam.NewFromConfig(c.AWS()).ListPolicies(testcloud.Context(t), &iam.ListPoliciesInput{Scope: iamtypes.PolicyScopeTypeLocal})
	require.NoError(t, err)
	return ofStacks(named(out.Policies, func(p iamtypes.Policy) *string { return p.PolicyName }))
}

// listKeys leaves out the keys that are on their way out.
func listKeys(t testing.TB, c *testcloud.Cloud) []string {
	client := kms.NewFromConfig(c.AWS())
	list, err := client.ListKeys(testcloud.Context(t), &kms.ListKeysInput{})
	require.NoError(t, err)
	aliases, err := client.ListAliases(testcloud.Context(t), &kms.ListAliasesInput{})
	require.NoError(t, err)
	// A service that is given no key uses one of AWS's own. The emulator makes it when it is asked for, as if it were ours.
	managed := map[string]bool{}
	for _, alias := range aliases.Aliases {
		if strings.HasPrefix(aws.ToString(alias.AliasName), "alias/aws/") {
			managed[aws.ToString(alias.TargetKeyId)] = true
		}
	}
	var enabled []string
	for _, key := range list.Keys {
		if managed[aws.ToString(key.KeyId)] {
			continue
		}
		out, err := client.DescribeKey(testcloud.Context(t), &kms.DescribeKeyInput{KeyId: key.KeyId})
		require.NoError(t, err)
		if out.KeyMetadata.KeyManager == kmstypes.KeyManagerTypeCustomer && out.KeyMetadata.KeyState == kmstypes.KeyStateEnabled {
			enabled = append(enabled, aws.ToString(key.KeyId))
		}
	}
	return enabled
}

func listAliases(t testing.TB, c *testcloud.Cloud) []string {
	out, err := kms.NewFromConfig(c.AWS()).ListAliases(testcloud.Context(t), &kms.ListAliasesInput{})
	require.NoError(t, err)
	return without(named(out.Aliases, func(a kmstypes.AliasListEntry) *string { return a.AliasName }), "alias/aws/")
}

func listFunctions(t testing.TB, c *testcloud.Cloud) []string {
	out, err := lambda.NewFromConfig(c.AWS()).ListFunctions(testcloud.Context(t), &lambda.ListFunctionsInput{})
	require.NoError(t, err)
	return named(out.Functions, func(f lambdatypes.FunctionConfiguration) *string { return f.FunctionName })
}

func listMailIdentities(t testing.TB, c *testcloud.Cloud) []string {
	out, err := sesv2.NewFromConfig(c.AWS()).ListEmailIdentities(testcloud.Context(t), &sesv2.ListEmailIdentitiesInput{})
	require.NoError(t, err)
	return named(out.EmailIdentities, func(i sestypes.IdentityInfo) *string { return i.IdentityName })
}

func listMailSets(t testing.TB, c *testcloud.Cloud) []string {
	out, err := sesv2.NewFromConfig(c.AWS()).ListConfigurationSets(testcloud.Context(t), &sesv2.ListConfigurationSetsInput{})
	require.NoError(t, err)
	return out.ConfigurationSets
}

func listBuckets(t testing.TB, c *testcloud.Cloud) []string {
	out, err := s3.NewFromConfig(c.AWS()).ListBuckets(testcloud.Context(t), &s3.ListBucketsInput{})
	require.NoError(t, err)
	return named(out.Buckets, func(b s3types.Bucket) *string { return b.Name })
}

// listSecrets lists those that are recoverable too: a name that is taken is in the way.
func listSecrets(t testing.TB, c *testcloud.Cloud) []string {
	out, err := secretsmanager.NewFromConfig(c.AWS()).ListSecrets(testcloud.Context(t),
		&secretsmanager.ListSecretsInput{IncludePlannedDeletion: aws.Bool(true)})
	require.NoError(t, err)
	return named(out.SecretList, func(s secrettypes.SecretListEntry) *string { return s.ARN })
}

func listTopics(t testing.TB, c *testcloud.Cloud) []string {
	out, err := sns.NewFromConfig(c.AWS()).ListTopics(testcloud.Context(t), &sns.ListTopicsInput{})
	require.NoError(t, err)
	return named(out.Topics, func(topic snstypes.Topic) *string { return topic.TopicArn })
}

func listSubscriptions(t testing.TB, c *testcloud.Cloud) []string {
	out, err := sns.NewFromConfig(c.AWS()).ListSubscriptions(testcloud.Context(t), &sns.ListSubscriptionsInput{})
	require.NoError(t, err)
	return named(out.Subscriptions, func(s snstypes.Subscription) *string { return s.SubscriptionArn })
}

// objectNames are the names of what a cluster lists.
func objectNames[T any, P interface {
	*T
	metav1.Object
}](items []T) (names []string) {
	for i := range items {
		names = append(names, P(&items[i]).GetName())
	}
	return names
}

// listNamespaces waits for nothing: a destroy has waited for them already.
func listNamespaces(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).CoreV1().Namespaces().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return without(slices.DeleteFunc(objectNames(out.Items), func(name string) bool { return name == metav1.NamespaceDefault }), "kube-")
}

func listPriorityClasses(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).SchedulingV1().PriorityClasses().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return without(objectNames(out.Items), "system-")
}

func listStorageClasses(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).StorageV1().StorageClasses().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return objectNames(out.Items)
}

// ours are the names that the platform gives: Kubernetes and the cluster's add-ons have roles, too.
func ours(names []string) []string {
	return slices.DeleteFunc(names, func(name string) bool { return !strings.HasPrefix(name, "platform-") })
}

func listClusterRoles(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).RbacV1().ClusterRoles().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return ours(objectNames(out.Items))
}

func listClusterRoleBindings(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).RbacV1().ClusterRoleBindings().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return ours(objectNames(out.Items))
}

func listAdmissionPolicies(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).AdmissionregistrationV1().ValidatingAdmissionPolicies().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return objectNames(out.Items)
}

func listAdmissionPolicyBindings(t testing.TB, c *testcloud.Cloud) []string {
	out, err := Kubernetes(t, c).AdmissionregistrationV1().ValidatingAdmissionPolicyBindings().List(testcloud.Context(t), metav1.ListOptions{})
	require.NoError(t, err)
	return objectNames(out.Items)
}
