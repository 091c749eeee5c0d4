package e2e

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// lister lists what the environment's account or cluster has of one type, without what each has from the beginning.
type lister func(t *testing.T, e *environment) []string

// listers look for the types of resource that this product makes. What costs nothing is looked for too: what a destroy
// leaves may be in the way of the next environment.
var listers = map[string]lister{
	"aws:budgets/budget:Budget":                                listBudgets,
	"aws:cloudtrail/trail:Trail":                               listTrails,
	"aws:cloudwatch/dashboard:Dashboard":                       listDashboards,
	"aws:cloudwatch/eventRule:EventRule":                       listEventRules,
	"aws:cloudwatch/logGroup:LogGroup":                         listLogGroups,
	"aws:cloudwatch/metricAlarm:MetricAlarm":                   listAlarms,
	"aws:costexplorer/anomalyMonitor:AnomalyMonitor":           listAnomalyMonitors,
	"aws:costexplorer/anomalySubscription:AnomalySubscription": listAnomalySubscriptions,
	"aws:ec2/eip:Eip":                                          listAddresses,
	"aws:ec2/flowLog:FlowLog":                                  listFlowLogs,
	"aws:ec2/internetGateway:InternetGateway":                  listInternetGateways,
	"aws:ec2/launchTemplate:LaunchTemplate":                    listLaunchTemplates,
	"aws:ec2/natGateway:NatGateway":                            listNATGateways,
	"aws:ec2/securityGroup:SecurityGroup":                      listSecurityGroups,
	"aws:ec2/subnet:Subnet":                                    listSubnets,
	"aws:ec2/vpc:Vpc":                                          listVPCs,
	"aws:ec2/vpcEndpoint:VpcEndpoint":                          listEndpoints,
	"aws:eks/cluster:Cluster":                                  listClusters,
	"aws:elasticache/parameterGroup:ParameterGroup":            listCacheParameterGroups,
	"aws:elasticache/replicationGroup:ReplicationGroup":        listCaches,
	"aws:elasticache/subnetGroup:SubnetGroup":                  listCacheSubnetGroups,
	"aws:iam/policy:Policy":                                    listPolicies,
	"aws:iam/role:Role":                                        listRoles,
	"aws:kms/alias:Alias":                                      listAliases,
	"aws:kms/key:Key":                                          listKeys,
	"aws:lambda/function:Function":                             listFunctions,
	"aws:rds/instance:Instance":                                listDatabases,
	"aws:rds/parameterGroup:ParameterGroup":                    listDatabaseParameterGroups,
	"aws:rds/subnetGroup:SubnetGroup":                          listDatabaseSubnetGroups,
	"aws:s3/bucketV2:BucketV2":                                 listBuckets,
	"aws:secretsmanager/secret:Secret":                         listSecrets,
	"aws:sns/topic:Topic":                                      listTopics,
	"aws:sns/topicSubscription:TopicSubscription":              listSubscriptions,
	"kubernetes:core/v1:Namespace":                             listNamespaces,
	"kubernetes:scheduling.k8s.io/v1:PriorityClass":            listPriorityClasses,
	"kubernetes:storage.k8s.io/v1:StorageClass":                listStorageClasses,
}

// within maps the types that are a part of another, and go with it, to that one.
var within = map[string]string{
	"aws:budgets/budgetAction:BudgetAction":                                                      "aws:budgets/budget:Budget",
	"aws:cloudwatch/eventTarget:EventTarget":                                                     "aws:cloudwatch/eventRule:EventRule",
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup":                                          "aws:ec2/vpc:Vpc",
	"aws:ec2/routeTable:RouteTable":                                                              "aws:ec2/vpc:Vpc",
	"aws:ec2/routeTableAssociation:RouteTableAssociation":                                        "aws:ec2/subnet:Subnet",
	"aws:ec2/securityGroupRule:SecurityGroupRule":                                                "aws:ec2/securityGroup:SecurityGroup", // of the cluster's component
	"aws:eks/accessEntry:AccessEntry":                                                            "aws:eks/cluster:Cluster",
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation":                                    "aws:eks/cluster:Cluster",
	"aws:eks/addon:Addon":                                                                        "aws:eks/cluster:Cluster",
	"aws:eks/nodeGroup:NodeGroup":                                                                "aws:eks/cluster:Cluster",
	"aws:eks/podIdentityAssociation:PodIdentityAssociation":                                      "aws:eks/cluster:Cluster",
	"aws:iam/rolePolicy:RolePolicy":                                                              "aws:iam/role:Role",
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment":                                          "aws:iam/role:Role",
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig":                             "aws:lambda/function:Function",
	"aws:lambda/permission:Permission":                                                           "aws:lambda/function:Function",
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":                                     "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketPolicy:BucketPolicy":                                                           "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":                                     "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": "aws:s3/bucketV2:BucketV2",
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               "aws:s3/bucketV2:BucketV2",
	"aws:secretsmanager/secretVersion:SecretVersion":                                             "aws:secretsmanager/secret:Secret",
	"aws:sns/topicPolicy:TopicPolicy":                                                            "aws:sns/topic:Topic",
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":                                    "aws:ec2/securityGroup:SecurityGroup",
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule":                                  "aws:ec2/securityGroup:SecurityGroup",
	"kubernetes:core/v1:LimitRange":                                                              "kubernetes:core/v1:Namespace",
	"kubernetes:core/v1:ResourceQuota":                                                           "kubernetes:core/v1:Namespace",
	"kubernetes:networking.k8s.io/v1:NetworkPolicy":                                              "kubernetes:core/v1:Namespace",
}

// elsewhere are the types of which nothing is in the account: a password in the state, and a tenant's home in the
// database, which the tenants' own steps look for.
var elsewhere = []string{"random:index/randomPassword:RandomPassword", "aws:lambda/invocation:Invocation"}

// everything lists all that the account and the cluster have of the types that this product makes.
func (e *environment) everything(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	for kind, list := range listers {
		if found := list(t, e); len(found) > 0 {
			slices.Sort(found)
			all[kind] = found
		}
	}
	return all
}

// checkNothingLeft asks every service whether the destroy left something.
func (e *environment) checkNothingLeft(t *testing.T) {
	for kind, left := range e.everything(t) {
		assert.Empty(t, left, "left of %s", kind)
	}
}

// checkAllIsLookedFor holds the lists above to what is deployed: the stacks have no type that no list knows, and what
// the lists look for is found while it is there, so that they do not find nothing for another reason than its absence.
func (e *environment) checkAllIsLookedFor(t *testing.T) {
	deployed := e.deployedTypes(t)
	for _, kind := range deployed {
		_, listed := listers[kind]
		assert.True(t, listed || within[kind] != "" || slices.Contains(elsewhere, kind), "nobody looks whether a destroy removes %s", kind)
	}
	found := slices.Sorted(maps.Keys(e.everything(t)))
	for _, kind := range deployed {
		if _, listed := listers[kind]; listed {
			assert.Contains(t, found, kind, "it is deployed, and the list of it is empty")
		}
	}
}

// deployedTypes are the types of the resources of every stack.
func (e *environment) deployedTypes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(e.dir, "backend", ".pulumi", "stacks", "*", "*.json"))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	types := map[string]bool{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var stack struct {
			Checkpoint struct {
				Latest struct {
					Resources []struct {
						Type   string `json:"type"`
						Custom bool   `json:"custom"`
					} `json:"resources"`
				} `json:"latest"`
			} `json:"checkpoint"`
		}
		require.NoError(t, json.Unmarshal(raw, &stack), file)
		for _, r := range stack.Checkpoint.Latest.Resources {
			if r.Custom && !strings.HasPrefix(r.Type, "pulumi:") {
				types[r.Type] = true
			}
		}
	}
	require.Greater(t, len(types), 40)
	return slices.Sorted(maps.Keys(types))
}
