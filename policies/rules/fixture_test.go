package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/property"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/policyx"

	"github.com/genericcorp/platform/internal/pricing/catalogue"
)

type (
	props  = map[string]any
	list   = []any
	links  = map[string]string // property -> name of the resource that its value is made from
	sample struct {
		token string
		props props
		links links
	}
)

// unknown stands for a value that is decided only by the deployment; secretly wraps one that is secret.
type unknown struct{}

type secretly struct{ value any }

// toValue turns Go's plain values into a property.
func toValue(v any) property.Value {
	switch v := v.(type) {
	case nil:
		return property.Value{}
	case bool:
		return property.New(v)
	case int:
		return property.New(float64(v))
	case string:
		return property.New(v)
	case unknown:
		return property.New(property.Computed)
	case secretly:
		return toValue(v.value).WithSecret(true)
	case property.Value:
		return v
	case list:
		elements := make([]property.Value, 0, len(v))
		for _, element := range v {
			elements = append(elements, toValue(element))
		}
		return property.New(property.NewArray(elements))
	case props:
		return property.New(toMap(v))
	}
	panic("no such value in a fixture")
}

func toMap(p props) property.Map {
	m := make(map[string]property.Value, len(p))
	for name, value := range p {
		m[name] = toValue(value)
	}
	return property.NewMap(m)
}

func urnOf(token, name string) string { return "urn:pulumi:prod::platform::" + token + "::" + name }

// resources builds what the engine would show of a plan: references are unknown values with dependencies.
func resources(samples map[string]sample) []*Resource {
	var built []*Resource
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		s := samples[name]
		values, dependencies := maps.Clone(s.props), map[string][]string{}
		if values == nil {
			values = props{}
		}
		for path, target := range s.links {
			if _, given := values[path]; !given {
				values[path] = unknown{}
			}
			dependencies[path] = []string{urnOf(samples[target].token, target)}
		}
		built = append(built, Of(policyx.AnalyzerResource{
			Type: s.token, URN: urnOf(s.token, name), Name: name, Properties: toMap(values), PropertyDependencies: dependencies,
		}))
	}
	return built
}

var (
	today  = time.Date(2026, time.November, 23, 0, 0, 0, 0, time.UTC)
	prices = func() *catalogue.Catalogue {
		c, err := catalogue.Embedded()
		if err != nil {
			panic(err)
		}
		return c
	}()
	production  = Environment{Production: true, Today: today, Prices: prices}
	development = Environment{Today: today, Prices: prices}
)

// evaluate runs the rules of security and gives the messages, by "name: message", in order.
func evaluate(env Environment, samples map[string]sample) []string {
	return evaluateTable(Security(), env, resources(samples))
}

func evaluateTable(table *Table, env Environment, built []*Resource) []string {
	var violations []Violation
	for _, r := range built {
		violations = append(violations, table.Evaluate(env, r)...)
	}
	stack := NewStack(built)
	for _, rule := range table.Rules {
		if rule.OfStack() {
			violations = append(violations, rule.EvaluateStack(env, stack)...)
		}
	}
	messages := make([]string, 0, len(violations))
	for _, v := range violations {
		messages = append(messages, v.URN[strings.LastIndex(v.URN, ":")+1:]+": "+v.Message)
	}
	slices.Sort(messages)
	return messages
}

const (
	tlsOnly = `{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*",` +
		`"Condition":{"Bool":{"aws:SecureTransport":"false"}}}}`
	narrow = `{"Statement":[{"Effect":"Allow","Principal":{"Service":"budgets.amazonaws.com"},"Action":"SNS:Publish","Resource":"*"},` +
		`{"Effect":"Allow","Principal":{"AWS":"*"},"Action":["SNS:Subscribe"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]}`
	permissions = `{"Statement":[{"Effect":"Allow","Action":["s3:GetObject","logs:Describe*"],"Resource":"*"},{"Effect":"Deny","Action":"*","Resource":"*"}]}`
)

// compliant is one resource of each type that rules evaluate, all as they must be in production.
func compliant() map[string]sample {
	return map[string]sample{
		"cluster": {eksCluster, props{
			"version": "1.35", "enabledClusterLogTypes": list{"api", "audit", "authenticator", "controllerManager", "scheduler"},
			"vpcConfig":        props{"endpointPublicAccess": false, "endpointPrivateAccess": true},
			"encryptionConfig": props{"provider": props{"keyArn": unknown{}}, "resources": list{"secrets"}},
			"accessConfig":     props{"authenticationMode": "API"}, "upgradePolicy": props{"supportType": "STANDARD"},
		}, nil},
		"nodes": {eksNodeGroup, props{"launchTemplate": props{"version": "1"}}, links{"clusterName": "cluster", "nodeRoleArn": "node-role"}},
		"node-role": {iamRole, props{
			"inlinePolicies": list{props{"name": "own", "policy": permissions}}, "permissionsBoundary": "arn:aws:iam::111122223333:policy/platform-boundary",
		}, nil},
		"node-worker": {iamRoleAttachment, props{"policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
			links{"role": "node-role"}},
		"administrator": {eksPolicyAssociation, props{"policyArn": "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"},
			links{"clusterName": "cluster"}},
		"identity-addon": {eksAddon, props{"addonName": "eks-pod-identity-agent"}, links{"clusterName": "cluster"}},
		"network-addon": {eksAddon, props{"addonName": "vpc-cni", "configurationValues": `{"enableNetworkPolicy":"true"}`},
			links{"clusterName": "cluster"}},
		"pod":  {pod, props{"spec": rightPod()}, nil},
		"api":  {deployment, props{"spec": props{"template": props{"spec": rightPod()}}}, nil},
		"logs": {daemonSet, props{"spec": props{"template": props{"spec": logsPod()}}}, nil},
		"tidy": {cronJob, props{"spec": props{"jobTemplate": props{"spec": props{"template": props{"spec": rightPod()}}}}}, nil},
		"template": {launchTemplate, props{
			"metadataOptions":     props{"httpTokens": "required"},
			"blockDeviceMappings": list{props{"deviceName": "/dev/xvda", "ebs": props{"encrypted": "true"}}},
			"networkInterfaces":   list{props{"associatePublicIpAddress": "false"}},
		}, nil},
		"server": {instance, props{
			"metadataOptions": props{"httpTokens": "required"}, "associatePublicIpAddress": false,
			"rootBlockDevice": props{"encrypted": true}, "ebsBlockDevices": list{props{"encrypted": true}},
		}, nil},
		"disk": {volume, props{"encrypted": true}, nil},

		"database": {dbInstance, props{
			"publiclyAccessible": false, "storageEncrypted": true, "multiAz": true, "deletionProtection": true, "engine": "postgres",
			"enabledCloudwatchLogsExports": list{"postgresql", "upgrade"}, "monitoringInterval": 60, "iamDatabaseAuthenticationEnabled": true,
			"backupRetentionPeriod": 35, "autoMinorVersionUpgrade": true, "copyTagsToSnapshot": true, "port": 6432, "username": "platform_owner",
		}, nil},
		"aurora": {dbCluster, props{
			"storageEncrypted": true, "deletionProtection": true, "engine": "aurora-mysql", "enabledCloudwatchLogsExports": list{"error"},
			"iamDatabaseAuthenticationEnabled": true, "backupRetentionPeriod": 7, "copyTagsToSnapshot": true, "port": 6433, "masterUsername": "owner",
		}, nil},
		"aurora-instance": {dbClusterInstance, props{"monitoringInterval": 60}, nil},
		"proxy":           {dbProxy, props{"requireTls": true}, nil},
		"parameters":      {dbParameterGroup, props{"family": "postgres17", "parameters": list{props{"name": "rds.force_ssl", "value": "1"}}}, nil},
		"database-group":  {dbSubnetGroup, nil, links{"subnetIds": "database-subnet"}},

		"cache": {replicationGroup, props{
			"atRestEncryptionEnabled": true, "transitEncryptionEnabled": true, "authToken": secretly{"correct-horse-battery"},
			"automaticFailoverEnabled": true, "snapshotRetentionLimit": 7, "autoMinorVersionUpgrade": true, "subnetGroupName": "cache",
		}, nil},
		"cache-single": {cacheCluster, props{"subnetGroupName": "cache"}, nil},

		"network":            {vpc, props{"cidrBlock": "10.0.0.0/16"}, nil},
		"flow":               {flowLog, nil, links{"vpcId": "network"}},
		"default-group":      {defaultSecurityGroup, nil, links{"vpcId": "network"}},
		"gateway":            {internetGateway, nil, links{"vpcId": "network"}},
		"public-subnet":      {subnet, props{"mapPublicIpOnLaunch": false}, links{"vpcId": "network"}},
		"database-subnet":    {subnet, props{"mapPublicIpOnLaunch": false}, links{"vpcId": "network"}},
		"public-table":       {routeTable, props{"routes": list{props{"cidrBlock": "0.0.0.0/0", "gatewayId": unknown{}}}}, links{"routes": "gateway"}},
		"database-table":     {routeTable, nil, links{"vpcId": "network"}},
		"public-associate":   {routeTableAssociation, nil, links{"subnetId": "public-subnet", "routeTableId": "public-table"}},
		"database-associate": {routeTableAssociation, nil, links{"subnetId": "database-subnet", "routeTableId": "database-table"}},

		"group": {securityGroup, props{
			"ingress": list{props{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": list{"0.0.0.0/0"}, "description": "HTTPS from all"}},
			"egress":  list{props{"protocol": "-1", "cidrBlocks": list{"0.0.0.0/0"}, "description": "anywhere"}},
		}, nil},
		"rule":    {securityGroupRule, props{"type": "ingress", "protocol": "tcp", "fromPort": 5432, "toPort": 5432, "cidrBlocks": list{"10.0.0.0/16"}, "description": "from within"}, nil},
		"ingress": {securityGroupIngress, props{"ipProtocol": "tcp", "fromPort": 6432, "toPort": 6432, "referencedSecurityGroupId": unknown{}, "description": "from nodes"}, nil},
		"egress":  {securityGroupEgress, props{"ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "description": "anywhere"}, nil},

		"bucket":            {bucketV2, nil, nil},
		"bucket-block":      {bucketAccessBlock, props{"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}, links{"bucket": "bucket"}},
		"bucket-policy":     {bucketPolicy, props{"policy": tlsOnly}, links{"bucket": "bucket"}},
		"bucket-encryption": {bucketEncryption, props{"rules": list{props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": "aws:kms"}}}}, links{"bucket": "bucket"}},
		"bucket-versions":   {bucketVersioning, props{"versioningConfiguration": props{"status": "Enabled"}}, links{"bucket": "bucket"}},
		"bucket-lifecycle":  {bucketLifecycle, props{"rules": list{props{"id": "old", "status": "Enabled"}}}, links{"bucket": "bucket"}},
		"bucket-log":        {bucketLogging, props{"targetPrefix": "s3/"}, links{"bucket": "bucket", "targetBucket": "old-bucket"}},
		"bucket-ownership":  {bucketOwnership, props{"rule": props{"objectOwnership": "BucketOwnerEnforced"}}, links{"bucket": "bucket"}},
		"old-bucket": {bucketV1, props{
			"acl": "private", "policy": tlsOnly, "versioning": props{"enabled": true}, "lifecycleRules": list{props{"enabled": true}},
			"serverSideEncryptionConfiguration": props{"rule": props{"applyServerSideEncryptionByDefault": props{"sseAlgorithm": "aws:kms"}}},
		}, nil},
		"old-bucket-block": {bucketAccessBlock, props{"blockPublicAcls": true, "blockPublicPolicy": true, "ignorePublicAcls": true, "restrictPublicBuckets": true}, links{"bucket": "old-bucket"}},

		"topic":           {topic, props{"kmsMasterKeyId": unknown{}, "policy": narrow}, nil},
		"topic-policy":    {topicPolicy, props{"policy": narrow}, links{"arn": "topic"}},
		"key":             {key, props{"enableKeyRotation": true, "policy": narrow}, nil},
		"key-policy":      {keyPolicy, props{"policy": narrow}, links{"keyId": "key"}},
		"secret":          {secret, nil, links{"kmsKeyId": "key"}},
		"tagged-secret":   {secret, props{"tags": props{"rotation": "on-demand"}}, links{"kmsKeyId": "key"}},
		"secret-rotation": {secretRotation, props{"rotationRules": props{"automaticallyAfterDays": 30}}, links{"secretId": "secret"}},

		"policy":       {iamPolicy, props{"policy": permissions}, nil},
		"role-policy":  {iamRolePolicy, props{"policy": permissions}, nil},
		"group-policy": {iamGroupPolicy, props{"policy": permissions}, nil},
		"attachment":   {iamPolicyAttachment, props{"roles": list{"deployer"}, "policyArn": unknown{}}, nil},

		"balancer": {loadBalancer, props{"dropInvalidHeaderFields": true, "accessLogs": props{"enabled": true}, "enableDeletionProtection": true}, nil},
		"http":     {listener, props{"protocol": "HTTP", "defaultActions": list{props{"type": "redirect", "redirect": props{"protocol": "HTTPS"}}}}, nil},
		"https":    {listener, props{"protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}, nil},
		"tls":      {listener, props{"protocol": "TLS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"}, nil},
		"inner": {loadBalancer, props{
			"loadBalancerType": "network", "internal": true, "accessLogs": props{"enabled": true}, "enableDeletionProtection": true,
		}, nil},
		"firewall": {webACL, props{
			"visibilityConfig": props{"cloudwatchMetricsEnabled": true},
			"rules":            list{props{"name": "common", "visibilityConfig": props{"cloudwatchMetricsEnabled": true}}},
		}, nil},

		"events": {apiStage, props{
			"defaultRouteSettings": props{"throttlingRateLimit": 5, "throttlingBurstLimit": 20}, "accessLogSettings": props{"destinationArn": unknown{}},
		}, nil},
		"function-url": {functionURL, props{"authorizationType": "AWS_IAM"}, nil},

		"images":        {repository, props{"imageScanningConfiguration": props{"scanOnPush": true}, "imageTagMutability": "IMMUTABLE", "encryptionConfigurations": list{props{"encryptionType": "KMS", "kmsKey": unknown{}}}}, nil},
		"images-access": {repositoryPolicy, props{"policy": `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"ecr:*"}]}`}, nil},
		"images-policy": {repositoryLifecycle, nil, links{"repository": "images"}},
		"trail":         {trail, props{"kmsKeyId": unknown{}, "enableLogFileValidation": true}, nil},
		"log":           {logGroup, props{"kmsKeyId": unknown{}, "retentionInDays": 90}, nil},
		"alarm":         {metricAlarm, props{"treatMissingData": "breaching"}, nil},
		"detector":      {guardDutyDetector, props{"enable": true}, nil},
		"detector-eks":  {guardDutyFeature, props{"name": "EKS_AUDIT_LOGS", "status": "ENABLED"}, links{"detectorId": "detector"}},
		"detector-rds":  {guardDutyFeature, props{"name": "RDS_LOGIN_EVENTS", "status": "ENABLED"}, links{"detectorId": "detector"}},
	}
}

// logsPod is one that reads what containers of its node log.
func logsPod() props {
	pod := put(rightPod(), "volumes", list{props{"name": "logs", "hostPath": props{"path": "/var/log/pods"}}})
	made, _ := put(pod, "containers.0.volumeMounts", list{props{"name": "logs", "mountPath": "/var/log/pods", "readOnly": true}}).(props)
	return made
}

// rightPod is the description of a pod with a container that runs before the other.
func rightPod() props {
	container := func() props {
		return props{
			"image":     "123456789012.dkr.ecr.us-east-1.amazonaws.com/api@sha256:" + strings.Repeat("0a", 32),
			"resources": props{"requests": props{"cpu": "100m", "memory": "64Mi"}, "limits": props{"cpu": "1", "memory": "64Mi"}},
			"securityContext": props{
				"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": props{"drop": list{"ALL"}},
			},
			"env": list{props{"name": "A", "value": "1"}}, "ports": list{props{"containerPort": 8080}},
		}
	}
	return props{
		"initContainers": list{container()}, "containers": list{container()}, "volumes": list{props{"name": "tmp", "emptyDir": props{}}},
		"securityContext": props{"runAsNonRoot": true, "seccompProfile": props{"type": "RuntimeDefault"}},
	}
}

// put gives a copy of properties with a dotted path replaced; the value remove takes it away.
func put(p any, path string, value any) any {
	head, rest, deeper := strings.Cut(path, ".")
	next := func(old any) any {
		if deeper {
			return put(old, rest, value)
		}
		return value
	}
	if elements, ok := p.(list); ok {
		changed := slices.Clone(elements)
		changed[int(head[0]-'0')] = next(elements[int(head[0]-'0')])
		return changed
	}
	changed := props{}
	if old, ok := p.(props); ok {
		maps.Copy(changed, old)
	}
	if _, gone := next(changed[head]).(remove); gone {
		delete(changed, head)
	} else {
		changed[head] = next(changed[head])
	}
	return changed
}

type remove struct{}

func TestCompliantStackPasses(t *testing.T) {
	t.Parallel()
	for _, env := range []Environment{production, development} {
		if messages := evaluate(env, compliant()); len(messages) > 0 {
			t.Errorf("production %t: %s", env.Production, strings.Join(messages, "\n"))
		}
	}
}
