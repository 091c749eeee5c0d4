package policies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/policies/rules"
)

// mutation breaks one guarded property of every resource of a type, one resource after the other.
type mutation struct {
	token string // the type; with "#name" at its end one resource of it
	path  string // the property; empty takes the resource away
	value any    // a plain value, a list of them, gone{} to take the property away
	want  string // the rules that must fire: at the resource itself, or at others as "name rule", separated by commas
}

// gone takes a property away.
type gone struct{}

const (
	allowAll   = `{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	allowAny   = `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`
	allowBlobs = `{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}`
	admin      = "arn:aws:iam::aws:policy/AdministratorAccess"
)

// mutations hold for production's own plan.
var mutations = []mutation{
	{"aws:eks/cluster:Cluster", "vpcConfig.endpointPublicAccess", true, "eks-endpoint-private, eks-endpoint-not-open-to-all"},
	{"aws:eks/cluster:Cluster", "version", "1.33", "eks-version-supported"},
	{"aws:eks/cluster:Cluster", "upgradePolicy.supportType", "EXTENDED", "eks-standard-support"},
	{"aws:eks/cluster:Cluster", "encryptionConfig", gone{}, "eks-secrets-encrypted"},
	{"aws:eks/cluster:Cluster", "enabledClusterLogTypes", []any{"api", "authenticator", "controllerManager", "scheduler"}, "eks-audit-log"},
	{"aws:eks/cluster:Cluster", "enabledClusterLogTypes", []any{"audit"}, "eks-all-logs"},
	{"aws:eks/cluster:Cluster", "accessConfig.authenticationMode", "CONFIG_MAP", "eks-access-entries"},
	{"aws:eks/nodeGroup:NodeGroup", "launchTemplate", gone{}, "eks-node-launch-template"},
	{"aws:eks/nodeGroup:NodeGroup", "instanceTypes", []any{"c7g.large", "x9.large"}, "cost-instance-type"},
	{"aws:eks/nodeGroup:NodeGroup", "scalingConfig.maxSize", 11, "cost-node-group-size, * cost-forecast"},
	{"aws:iam/rolePolicyAttachment:RolePolicyAttachment#cluster-node-worker", "policyArn", admin,
		"iam-no-administrator, cluster-system eks-node-role-least-privilege, cluster-tenants eks-node-role-least-privilege"},
	{"aws:iam/rolePolicyAttachment:RolePolicyAttachment#cluster-vpc-cni-policy", "policyArn", admin, "iam-no-administrator"},
	{"aws:eks/addon:Addon#cluster-eks-pod-identity-agent", "", nil, "cluster-eksCluster eks-workload-identity"},
	{"aws:eks/addon:Addon#cluster-vpc-cni", "", nil, "cluster-eksCluster eks-network-policy"},
	{"aws:eks/addon:Addon#cluster-vpc-cni", "configurationValues", `{"enableNetworkPolicy":"false"}`, "cluster-eksCluster eks-network-policy"},

	{"aws:ec2/launchTemplate:LaunchTemplate", "metadataOptions.httpTokens", "optional", "imdsv2-required"},
	{"aws:ec2/launchTemplate:LaunchTemplate", "blockDeviceMappings.0.ebs.encrypted", "false", "ebs-encrypted"},
	{"aws:ec2/launchTemplate:LaunchTemplate#cluster-system", "networkInterfaces", []any{map[string]any{"associatePublicIpAddress": "true"}}, "no-public-address"},
	{"aws:ec2/launchTemplate:LaunchTemplate#cluster-tenants", "networkInterfaces", []any{map[string]any{"associatePublicIpAddress": "true"}},
		"no-public-address"},

	{"aws:rds/instance:Instance", "publiclyAccessible", true, "rds-not-public"},
	{"aws:rds/instance:Instance", "storageEncrypted", false, "rds-encrypted"},
	{"aws:rds/instance:Instance", "multiAz", false, "rds-multi-az"},
	{"aws:rds/instance:Instance", "deletionProtection", false, "rds-deletion-protection"},
	{"aws:rds/instance:Instance", "enabledCloudwatchLogsExports", []any{}, "rds-logs-exported"},
	{"aws:rds/instance:Instance", "monitoringInterval", 0, "rds-enhanced-monitoring"},
	{"aws:rds/instance:Instance", "iamDatabaseAuthenticationEnabled", false, "rds-iam-authentication"},
	{"aws:rds/instance:Instance", "backupRetentionPeriod", 1, "rds-backups"},
	{"aws:rds/instance:Instance", "autoMinorVersionUpgrade", false, "rds-minor-upgrades"},
	{"aws:rds/instance:Instance", "copyTagsToSnapshot", false, "rds-tags-on-snapshots"},
	{"aws:rds/instance:Instance", "port", 5432, "rds-port"},
	{"aws:rds/instance:Instance", "username", "postgres", "rds-admin-name"},
	{"aws:rds/instance:Instance", "instanceClass", "db.r6g.large", "cost-database-class"},
	{"aws:rds/parameterGroup:ParameterGroup", "parameters.0.value", "0", "rds-tls-forced"},

	{"aws:elasticache/replicationGroup:ReplicationGroup", "atRestEncryptionEnabled", false, "cache-encrypted-at-rest"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "transitEncryptionEnabled", false, "cache-encrypted-in-transit"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "authToken", gone{}, "cache-authentication"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "automaticFailoverEnabled", false, "cache-automatic-failover"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "snapshotRetentionLimit", 0, "cache-backups"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "autoMinorVersionUpgrade", false, "cache-minor-upgrades"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "subnetGroupName", "default", "cache-subnet-group"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "nodeType", "cache.m6g.large", "cost-cache-node-type, * cost-forecast"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "numCacheClusters", 4, "cost-cache-nodes, * cost-forecast"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "numCacheClusters", 30, "cost-cache-nodes, cost-resource-cap, * cost-limit"},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "engineVersion", "5.0.6", ""},
	{"aws:elasticache/replicationGroup:ReplicationGroup", "nodeType", "cache.z9.large", "cost-cache-node-type, cost-priced"},

	{"aws:ec2/flowLog:FlowLog", "", nil, "network-vpc vpc-flow-logs"},
	{"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "", nil, "network-vpc vpc-default-group-closed"},
	{"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "ingress", []any{map[string]any{"protocol": "-1", "self": true}}, "network-vpc vpc-default-group-closed"},
	{"aws:ec2/subnet:Subnet#network-public-a", "mapPublicIpOnLaunch", true, "subnet-no-public-addresses"},
	{"aws:ec2/subnet:Subnet#network-database-a", "mapPublicIpOnLaunch", true, "subnet-no-public-addresses, database-main-subnets rds-private-subnets"},
	{"aws:ec2/routeTable:RouteTable#network-database", "routes", []any{map[string]any{"cidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}},
		"database-main-subnets rds-private-subnets, database-main-subnets rds-private-subnets, database-main-subnets rds-private-subnets"}, // one a subnet
	{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "description", gone{}, "sg-described"},
	{"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", "description", "", "sg-described"},
	{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule#network-cache-from-nodes", "cidrIpv4", "0.0.0.0/0", "sg-authorised-ports, sg-no-risky-ports"},
	{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule#network-nodes-from-nodes", "cidrIpv6", "::/0", "sg-authorised-ports, sg-no-risky-ports, sg-no-remote-shell"},

	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "", nil, "s3-public-access-blocked"},
	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicAcls", false, "s3-public-access-blocked"},
	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "blockPublicPolicy", false, "s3-public-access-blocked"},
	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "ignorePublicAcls", false, "s3-public-access-blocked"},
	{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "restrictPublicBuckets", false, "s3-public-access-blocked"},
	{"aws:s3/bucketPolicy:BucketPolicy", "", nil, "s3-tls-only"},
	{"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256",
		"s3-encrypted-with-key"},
	{"aws:s3/bucketVersioningV2:BucketVersioningV2", "versioningConfiguration.status", "Suspended", "s3-versioned"},
	{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "", nil, "s3-lifecycle"},
	{"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "rule.objectOwnership", "ObjectWriter", "s3-no-acl"},
	{"aws:s3/bucketV2:BucketV2", "acl", "public-read", "s3-no-acl"},

	{"aws:ecr/repository:Repository", "imageScanningConfiguration.scanOnPush", false, "ecr-scans"},
	{"aws:ecr/repository:Repository", "imageTagMutability", "MUTABLE", "ecr-immutable"},
	{"aws:ecr/repository:Repository", "encryptionConfigurations", gone{}, "ecr-encrypted"},
	{"aws:ecr/repositoryPolicy:RepositoryPolicy", "policy", allowAny, "ecr-not-public"},
	{"aws:ecr/lifecyclePolicy:LifecyclePolicy#registry-sample", "", nil, "registry-sample ecr-lifecycle"},

	{"aws:sns/topic:Topic", "kmsMasterKeyId", gone{}, "sns-encrypted"},
	{"aws:sns/topicPolicy:TopicPolicy", "policy", allowAny, "sns-not-public"},
	{"aws:kms/key:Key", "enableKeyRotation", false, "kms-rotated"},
	{"aws:kms/key:Key", "policy", allowAny, "kms-not-public"},
	{"aws:secretsmanager/secret:Secret", "kmsKeyId", gone{}, "secret-own-key"},
	{"aws:secretsmanager/secret:Secret", "tags.rotation", gone{}, "secret-rotated"},
	{"aws:iam/rolePolicy:RolePolicy", "policy", allowAll, "iam-no-administrator, iam-no-service-wildcard"},
	{"aws:iam/rolePolicy:RolePolicy", "policy", allowBlobs, "iam-no-service-wildcard"},
	{"aws:iam/role:Role#network-flow-log", "managedPolicyArns", []any{admin}, "iam-no-administrator"},
	{"aws:iam/role:Role", "permissionsBoundary", gone{}, "iam-role-bounded"},
	{"aws:cloudtrail/trail:Trail", "kmsKeyId", gone{}, "trail-encrypted"},
	{"aws:cloudtrail/trail:Trail", "enableLogFileValidation", false, "trail-validated"},
	{"aws:cloudwatch/logGroup:LogGroup", "kmsKeyId", gone{}, "log-group-encrypted"},
	{"aws:cloudwatch/logGroup:LogGroup", "retentionInDays", gone{}, "log-group-retention"},
	{"aws:cloudwatch/metricAlarm:MetricAlarm", "treatMissingData", "missing", "alarm-missing-data"},
}

// crowds add copies of a resource until there are too many.
var crowds = []struct {
	token  string
	copies int
	want   string
}{
	{"aws:eks/accessPolicyAssociation:AccessPolicyAssociation", 3, "cluster-eksCluster eks-few-administrators"},
	{"aws:ec2/natGateway:NatGateway", 1, "* cost-nat-gateways"},
}

// notInThePlan are the rules that no change of one property of production's own plan can break.
var notInThePlan = map[string]string{
	"cost-limit-while-creating": "silent in a preview; tried under the real engine",
	"cost-interface-endpoints":  "the plan has none",
	"cost-limit-approved":       "checks the configuration; tried under the real engine",
	"cost-prices-fresh":         "checks the calendar",
	"s3-access-logged":          "the plan has no log of its buckets: advised already",
	"iam-no-user-policies":      "the plan has no user",
}

// Each guarded property of production's own plan, mutated, fires exactly the rules that are expected.
func TestMutationsOfProduction(t *testing.T) {
	t.Parallel()
	config, plan := configuration(t, "prod"), planned(t, "prod")
	usual := fired(t, evaluateWithConfig(t, config, plan), false)
	broken := map[string]bool{}
	check := func(changed []policyx.AnalyzerResource, self, want, what string) {
		var expected []string
		for rule := range strings.SplitSeq(want, ", ") {
			switch name, id, elsewhere := strings.Cut(rule, " "); {
			case rule == "":
			case !elsewhere:
				expected = append(expected, self+" "+rule)
				broken[rule] = true
			default:
				expected = append(expected, strings.TrimPrefix(name, "*")+" "+id)
				broken[id] = true
			}
		}
		got := fired(t, evaluateWithConfig(t, config, changed), true)
		assert.ElementsMatch(t, append(expected, usual...), got, what)
	}
	for _, f := range mutations {
		for _, i := range matching(t, plan, f.token) {
			changed := slices.Clone(plan)
			if f.path == "" {
				changed = slices.Delete(changed, i, i+1)
			} else {
				changed[i].Properties = put(property.New(changed[i].Properties), f.path, f.value).AsMap()
			}
			check(changed, plan[i].Name, f.want, fmt.Sprintf("%s %s = %v", plan[i].Name, f.path, f.value))
		}
	}
	for _, c := range crowds {
		changed := slices.Clone(plan)
		for n := range c.copies {
			another := plan[matching(t, plan, c.token)[0]]
			another.URN += strconv.Itoa(n)
			another.Name += strconv.Itoa(n)
			changed = append(changed, another)
		}
		check(changed, "", c.want, c.token)
	}
	present := map[string]bool{"*": true}
	for _, r := range plan {
		present[r.Type] = true
	}
	for _, rule := range rules.All().Rules {
		if slices.ContainsFunc(rule.Types, func(token string) bool { return present[token] }) && notInThePlan[rule.ID] == "" {
			assert.True(t, broken[rule.ID], "no mutation of production's plan breaks %s", rule.ID)
		}
	}
}

// matching gives the places of the resources that a token means.
func matching(t *testing.T, plan []policyx.AnalyzerResource, token string) []int {
	t.Helper()
	token, name, one := strings.Cut(token, "#")
	var found []int
	for i, r := range plan {
		if r.Type == token && (!one || r.Name == name) {
			found = append(found, i)
		}
	}
	require.NotEmpty(t, found, "the plan has no %s %s", token, name)
	return found
}

// put gives a copy of a value with what stands at a dotted path replaced.
func put(in property.Value, path string, value any) property.Value {
	head, rest, deeper := strings.Cut(path, ".")
	if in.IsArray() {
		i, _ := strconv.Atoi(head)
		elements := in.AsArray().AsSlice()
		elements[i] = put(elements[i], rest, value)
		return property.New(property.NewArray(elements))
	}
	values := property.Map{}
	if in.IsMap() {
		values = in.AsMap()
	}
	switch _, remove := value.(gone); {
	case deeper:
		return property.New(values.Set(head, put(values.Get(head), rest, value)))
	case remove:
		return property.New(values.Delete(head))
	default:
		return property.New(values.Set(head, plain(value)))
	}
}

// plain turns Go's values into a property.
func plain(value any) property.Value {
	switch v := value.(type) {
	case []any:
		var elements []property.Value
		for _, element := range v {
			elements = append(elements, plain(element))
		}
		return property.New(property.NewArray(elements))
	case map[string]any:
		values := map[string]property.Value{}
		for name, inner := range v {
			values[name] = plain(inner)
		}
		return property.New(property.NewMap(values))
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	case string:
		return property.New(v)
	}
	panic(fmt.Sprintf("no property of %T", value))
}
