package observe

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

// lister lists what the environment's account or cluster has of one type, without what each has from the beginning.
type lister func(t testing.TB, c *testcloud.Cloud) []string

// listers look for the types of resource that this product makes. What costs nothing is looked for too: what a destroy
// leaves may be in the way of the next environment.
var listers = map[string]lister{
	"aws:acm/certificate:Certificate":                                             listCertificates,
	"aws:apigatewayv2/api:Api":                                                    listAPIs,
	"aws:budgets/budget:Budget":                                                   listBudgets,
	"aws:cloudtrail/trail:Trail":                                                  listTrails,
	"aws:cloudwatch/dashboard:Dashboard":                                          listDashboards,
	"aws:cloudwatch/eventRule:EventRule":                                          listEventRules,
	"aws:cloudwatch/logGroup:LogGroup":                                            listLogGroups,
	"aws:cloudwatch/metricAlarm:MetricAlarm":                                      listAlarms,
	"aws:costexplorer/anomalyMonitor:AnomalyMonitor":                              listAnomalyMonitors,
	"aws:costexplorer/anomalySubscription:AnomalySubscription":                    listAnomalySubscriptions,
	"aws:ec2/eip:Eip":                                                             listAddresses,
	"aws:ec2/flowLog:FlowLog":                                                     listFlowLogs,
	"aws:ec2/internetGateway:InternetGateway":                                     listInternetGateways,
	"aws:ec2/launchTemplate:LaunchTemplate":                                       listLaunchTemplates,
	"aws:ec2/natGateway:NatGateway":                                               listNATGateways,
	"aws:ec2/securityGroup:SecurityGroup":                                         listSecurityGroups,
	"aws:ec2/subnet:Subnet":                                                       listSubnets,
	"aws:ec2/vpc:Vpc":                                                             listVPCs,
	"aws:ec2/vpcEndpoint:VpcEndpoint":                                             listEndpoints,
	"aws:ecr/repository:Repository":                                               listRepositories,
	"aws:eks/cluster:Cluster":                                                     listClusters,
	"aws:elasticache/parameterGroup:ParameterGroup":                               listCacheParameterGroups,
	"aws:elasticache/replicationGroup:ReplicationGroup":                           listCaches,
	"aws:elasticache/subnetGroup:SubnetGroup":                                     listCacheSubnetGroups,
	"aws:iam/policy:Policy":                                                       listPolicies,
	"aws:iam/role:Role":                                                           listRoles,
	"aws:kms/alias:Alias":                                                         listAliases,
	"aws:kms/key:Key":                                                             listKeys,
	"aws:lambda/function:Function":                                                listFunctions,
	"aws:lb/loadBalancer:LoadBalancer":                                            listLoadBalancers,
	"aws:lb/targetGroup:TargetGroup":                                              listTargetGroups,
	"aws:rds/instance:Instance":                                                   listDatabases,
	"aws:rds/parameterGroup:ParameterGroup":                                       listDatabaseParameterGroups,
	"aws:rds/subnetGroup:SubnetGroup":                                             listDatabaseSubnetGroups,
	"aws:route53/record:Record":                                                   listRecords,
	"aws:s3/bucketV2:BucketV2":                                                    listBuckets,
	"aws:secretsmanager/secret:Secret":                                            listSecrets,
	"aws:sesv2/configurationSet:ConfigurationSet":                                 listMailSets,
	"aws:sesv2/emailIdentity:EmailIdentity":                                       listMailIdentities,
	"aws:sns/topic:Topic":                                                         listTopics,
	"aws:sns/topicSubscription:TopicSubscription":                                 listSubscriptions,
	"kubernetes:core/v1:Namespace":                                                listNamespaces,
	"kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicy":        listAdmissionPolicies,
	"kubernetes:admissionregistration.k8s.io/v1:ValidatingAdmissionPolicyBinding": listAdmissionPolicyBindings,
	"kubernetes:rbac.authorization.k8s.io/v1:ClusterRole":                         listClusterRoles,
	"kubernetes:rbac.authorization.k8s.io/v1:ClusterRoleBinding":                  listClusterRoleBindings,
	"kubernetes:scheduling.k8s.io/v1:PriorityClass":                               listPriorityClasses,
	"kubernetes:storage.k8s.io/v1:StorageClass":                                   listStorageClasses,
}

// within maps the types that are a part of another, and go with it, to that one.
var within = map[string]string{
	"aws:acm/certificateValidation:CertificateValidation":                                        "aws:acm/certificate:Certificate",
	"aws:apigatewayv2/integration:Integration":                                                   "aws:apigatewayv2/api:Api",
	"aws:apigatewayv2/route:Route":                                                               "aws:apigatewayv2/api:Api",
	"aws:apigatewayv2/stage:Stage":                                                               "aws:apigatewayv2/api:Api",
	"aws:autoscaling/attachment:Attachment":                                                      "aws:eks/cluster:Cluster",
	"aws:budgets/budgetAction:BudgetAction":                                                      "aws:budgets/budget:Budget",
	"aws:cloudwatch/eventTarget:EventTarget":                                                     "aws:cloudwatch/eventRule:EventRule",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                                          "aws:ec2/vpc:Vpc",
	"aws:ec2/routeTable:RouteTable":                                                              "aws:ec2/vpc:Vpc",
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                                        "aws:ec2/subnet:Subnet",
	"aws:ec2/securityGroupRule:SecurityGroupRule":                                                "aws:ec2/securityGroup:SecurityGroup", // of the cluster's component
	"aws:ecr/lifecyclePolicy:LifecyclePolicy":                                                    "aws:ecr/repository:Repository",
	"aws:ecr/repositoryPolicy:RepositoryPolicy":                                                  "aws:ecr/repository:Repository",
	"aws:eks/accessEntry:AccessEntry":                                                            "aws:eks/cluster:Cluster",
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation":                                    "aws:eks/cluster:Cluster",
	"aws:eks/addon:Addon":                                                                        "aws:eks/cluster:Cluster",
	"aws:eks/nodeGroup:NodeGroup":                                                                "aws:eks/cluster:Cluster",
	"aws:eks/podIdentityAssociation:PodIdentityAssociation":                                      "aws:eks/cluster:Cluster",
	"aws:iam/rolePolicy:RolePolicy":                                                              "aws:iam/role:Role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                                          "aws:iam/role:Role",
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig":                             "aws:lambda/function:Function",
	"aws:lambda/permission:Permission":                                                           "aws:lambda/function:Function",
	"aws:lb/listener:Listener":                                                                   "aws:lb/loadBalancer:LoadBalancer",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketPolicy:BucketPolicy":                                                           "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               "aws:s3/bucketV2:BucketV2",
	"aws:secretsmanager/secretVersion:SecretVersion":                                             "aws:secretsmanager/secret:Secret",
	"aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination":                "aws:sesv2/configurationSet:ConfigurationSet",
	"aws:sns/topicPolicy:TopicPolicy":                                                            "aws:sns/topic:Topic",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":                                    "aws:ec2/securityGroup:SecurityGroup",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":                                  "aws:ec2/securityGroup:SecurityGroup",
	"kubernetes:core/v1:LimitRange":                                                              "kubernetes:core/v1:Namespace",
	"kubernetes:core/v1:ServiceAccount":                                                          "kubernetes:core/v1:Namespace",
	"kubernetes:core/v1:ResourceQuota":                                                           "kubernetes:core/v1:Namespace",
	"kubernetes:networking.k8s.io/v1:NetworkPolicy":                                              "kubernetes:core/v1:Namespace",
}

// elsewhere are the types of which nothing is in the account: a password in the state, and a tenant's schema and roles in
// the database, which the tests of tenants look for.
var elsewhere = []string{"random:index/randomPassword:RandomPassword", "aws:lambda/invocation:Invocation"}

// LookedFor says whether Everything lists things of this type itself, and whether it knows where else they are.
func LookedFor(kind string) (listed, known bool) {
	_, listed = listers[kind]
	return listed, listed || within[kind] != "" || slices.Contains(elsewhere, kind)
}

// List lists what there is of one type that Everything lists.
func List(t testing.TB, c *testcloud.Cloud, kind string) []string {
	t.Helper()
	list, known := listers[kind]
	require.True(t, known, kind)
	return list(t, c)
}

// Everything lists all that the account and the cluster have of the types that this product makes, by type.
func Everything(t testing.TB, c *testcloud.Cloud) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for kind, list := range listers {
		if found := list(t, c); len(found) > 0 {
			slices.Sort(found)
			all[kind] = found
		}
	}
	return all
}
