package estimator_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
)

// caseOf is a small stack and what it costs: one resource, or one and those that it refers to.
type caseOf struct {
	name      string
	resources []estimator.Resource
	day       time.Time
	usage     map[usage.Quantity]string
	fixed     string
	used      string
	maximum   string // when it differs from fixed and usage
	problems  []string
}

// cases may be checked against any other tool, or by hand.
var cases = []caseOf{
	// Published cases that an estimate must agree with to a cent.
	{name: "PostgreSQL db.t3.large", resources: one(db(props{})), fixed: "108.15"},
	{
		name: "PostgreSQL 11 in its first year of extended support", resources: one(db(props{"engineVersion": "11"})),
		day: time.Date(2024, 6, 1, 0, 0, 0, 0, time.UTC), fixed: "254.15",
	},
	{name: "EKS, standard support", resources: one(res("aws:eks/cluster:Cluster", props{"version": "1.35"})), fixed: "73"},
	{name: "EKS, newest version", resources: one(res("aws:eks/cluster:Cluster", props{})), fixed: "73"},
	{name: "node group of one t3.medium", resources: one(nodes(1, 1, props{})), fixed: "32.368"},
	{name: "NAT gateway", resources: one(res("aws:ec2/natGateway:NatGateway", props{})), fixed: "32.85"},
	{name: "NAT gateway and 100 GB", resources: one(res("aws:ec2/natGateway:NatGateway", props{})), usage: map[usage.Quantity]string{usage.NATProcessedGB: "100"}, fixed: "32.85", used: "4.5"},
	{name: "ALB and 1,000 LCU-hours", resources: one(res("aws:lb/loadBalancer:LoadBalancer", props{})), usage: map[usage.Quantity]string{usage.LoadBalancerCapacityHours: "1000"}, fixed: "16.425", used: "8"},
	{name: "NLB and 1,000 LCU-hours", resources: one(res("aws:lb/loadBalancer:LoadBalancer", props{"loadBalancerType": "network"})), usage: map[usage.Quantity]string{usage.LoadBalancerCapacityHours: "1000"}, fixed: "16.425", used: "6"},
	{name: "interface endpoint in one subnet", resources: one(endpoint("a")), fixed: "7.3"},
	{name: "interface endpoint in two subnets", resources: one(endpoint("a", "b")), fixed: "14.6"},
	{name: "interface endpoint in two subnets that do not exist yet", resources: one(endpoint(unknown(), unknown())), fixed: "14.6"},
	{name: "alarm", resources: one(res("aws:cloudwatch/metricAlarm:MetricAlarm", props{"period": 120})), fixed: "0.1"},
	{name: "alarm of high resolution", resources: one(res("aws:cloudwatch/metricAlarm:MetricAlarm", props{"period": 10})), fixed: "0.3"},
	{name: "secret and 100,000 calls", resources: one(res("aws:secretsmanager/secret:Secret", props{})), usage: map[usage.Quantity]string{usage.SecretRequests: "100000"}, fixed: "0.4", used: "0.5"},
	{name: "log group", resources: one(res("aws:cloudwatch/logGroup:LogGroup", props{})), usage: map[usage.Quantity]string{usage.LogIngestGB: "1000", usage.LogStoredGB: "500"}, used: "515"},

	// Databases.
	{name: "PostgreSQL 11 in its third year", resources: one(db(props{"engineVersion": "11.22"})), fixed: "400.15"},
	{name: "no extended support by choice", resources: one(db(props{"engineVersion": "11", "engineLifecycleSupport": "open-source-rds-extended-support-disabled"})), fixed: "108.15"},
	{name: "PostgreSQL 13, Multi-AZ: the standby's vCPUs count", resources: one(db(props{"engineVersion": "13.4", "multiAz": true})), fixed: "508.3"},
	{name: "MySQL io1, 1,200 IOPS", resources: one(db(props{"engine": "mysql", "storageType": "io1", "allocatedStorage": 50, "iops": 1200})), fixed: "231.78"},
	{name: "MySQL io1 below its floor", resources: one(db(props{"engine": "mysql", "allocatedStorage": 50, "iops": 500})), fixed: "211.78"},
	{name: "MySQL Multi-AZ, 30 GB", resources: one(db(props{"engine": "mysql", "multiAz": true, "allocatedStorage": 30})), fixed: "205.46"},
	{name: "gp3 at its higher baseline", resources: one(db(props{"engine": "mysql", "instanceClass": "db.t4g.small", "storageType": "gp3", "allocatedStorage": 400, "iops": 12000})), fixed: "69.36"},
	{name: "gp3 above its baseline", resources: one(db(props{"engine": "mysql", "instanceClass": "db.t4g.small", "storageType": "gp3", "allocatedStorage": 400, "iops": 14000})), fixed: "109.36"},
	{name: "gp3 above its baseline, Multi-AZ", resources: one(db(props{"engine": "mysql", "instanceClass": "db.t4g.small", "storageType": "gp3", "allocatedStorage": 400, "iops": 14000, "multiAz": true})), fixed: "219.45"},
	{name: "gp3 throughput above its baseline", resources: one(db(props{"storageType": "gp3", "allocatedStorage": 400, "storageThroughput": 600})), fixed: "159.85"},
	{name: "magnetic storage", resources: one(db(props{"engine": "mysql", "storageType": "standard", "allocatedStorage": 40})), fixed: "103.28"},
	{name: "db.t4g.medium Multi-AZ is not twice the single one", resources: one(db(props{"instanceClass": "db.t4g.medium", "multiAz": true, "storageType": "gp3", "allocatedStorage": 100})), fixed: "117.17"},
	{name: "storage that may grow", resources: one(db(props{"storageType": "gp3", "allocatedStorage": 100, "maxAllocatedStorage": 300})), fixed: "117.35", maximum: "140.35"},
	{name: "Performance Insights for a week are free", resources: one(db(props{"performanceInsightsEnabled": true, "performanceInsightsRetentionPeriod": 7})), fixed: "108.15"},
	{name: "Performance Insights for two years", resources: one(db(props{"engine": "mysql", "instanceClass": "db.m5.large", "performanceInsightsEnabled": true, "performanceInsightsRetentionPeriod": 731})), fixed: "134.76"},
	{name: "backups beyond the allowance", resources: one(db(props{"engine": "mysql", "backupRetentionPeriod": 10})), usage: map[usage.Quantity]string{usage.RDSBackupGB: "1000"}, fixed: "101.58", used: "95"},
	{name: "managed master secret, public", resources: one(db(props{"manageMasterUserPassword": true, "publiclyAccessible": true})), fixed: "112.2"},
	{
		name: "read replica takes engine and size from its source",
		resources: []estimator.Resource{
			res("aws:rds/instance:Instance", props{"instanceClass": "db.t3.large", "replicateSourceDb": "main-db"}),
			named("source", "aws:rds/instance:Instance", props{"identifier": "main-db", "engine": "postgres", "instanceClass": "db.t3.large", "allocatedStorage": 100}),
		},
		fixed: "234.7",
	},
	{name: "RDS proxy", resources: one(res("aws:rds/proxy:Proxy", props{})), usage: map[usage.Quantity]string{usage.RDSProxyVCPU: "4"}, fixed: "43.8"},

	// Caches.
	{name: "Valkey pair", resources: one(res("aws:elasticache/replicationGroup:ReplicationGroup", props{"engine": "valkey", "engineVersion": "8.0", "nodeType": "cache.t4g.small", "numCacheClusters": 2})), fixed: "37.376"},
	{name: "Redis, 4 shards and 3 replicas each", resources: one(res("aws:elasticache/replicationGroup:ReplicationGroup", props{"nodeType": "cache.m7g.large", "numNodeGroups": 4, "replicasPerNodeGroup": 3})), fixed: "1845.44"},
	{name: "Redis 5: 80 per cent on top", resources: one(res("aws:elasticache/cluster:Cluster", props{"engine": "redis", "engineVersion": "5.0.6", "nodeType": "cache.t4g.micro", "numCacheNodes": 1})), fixed: "21.024"},
	{name: "Redis 6 before its date", resources: one(res("aws:elasticache/cluster:Cluster", props{"engine": "redis", "engineVersion": "6.x", "nodeType": "cache.t4g.micro"})), fixed: "11.68"},
	{name: "snapshots", resources: one(res("aws:elasticache/cluster:Cluster", props{"engine": "redis", "nodeType": "cache.t4g.micro", "snapshotRetentionLimit": 2})), usage: map[usage.Quantity]string{usage.CacheBackupGB: "100"}, fixed: "11.68", used: "8.5"},

	{name: "serverless Valkey at rest: a tenth of a GB", resources: one(res("aws:elasticache/serverlessCache:ServerlessCache", props{"engine": "valkey"})), fixed: "6.132"},
	{name: "serverless Redis, 5 GB and a thousand million units", resources: one(res("aws:elasticache/serverlessCache:ServerlessCache", props{"engine": "redis"})), usage: map[usage.Quantity]string{usage.CacheServerlessGB: "5", usage.CacheServerlessUnits: "1000000000"}, fixed: "91.25", used: "368.4"},
	{name: "serverless Valkey between 1 and 10 GB", resources: one(res("aws:elasticache/serverlessCache:ServerlessCache", props{"engine": "valkey", "cacheUsageLimits": props{"dataStorage": props{"minimum": 1, "maximum": 10, "unit": "GB"}}})), fixed: "61.32", maximum: "613.2"},

	// Kubernetes.
	{name: "EKS on a version in extended support", resources: one(res("aws:eks/cluster:Cluster", props{"version": "1.33"})), fixed: "438"},
	{name: "EKS that is upgraded by force instead", resources: one(res("aws:eks/cluster:Cluster", props{"version": "1.33", "upgradePolicy": props{"supportType": "STANDARD"}})), fixed: "73"},
	{name: "EKS 1.34 on the day of its change", resources: one(res("aws:eks/cluster:Cluster", props{"version": "1.34"})), day: time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC), fixed: "438"},
	{name: "node group that may grow", resources: one(nodes(2, 5, props{"instanceTypes": list("m7g.large"), "diskSize": 50})), fixed: "129.136", maximum: "322.84"},
	{name: "spot: the most expensive type on demand is the bound", resources: one(nodes(2, 2, props{"capacityType": "SPOT", "instanceTypes": list("t4g.medium", "m7g.large", "t4g.large")})), fixed: "123.136"},
	{name: "on demand: the first type", resources: one(nodes(1, 1, props{"instanceTypes": list("t4g.medium", "m7g.large")})), fixed: "26.528", maximum: "61.568"},
	{name: "group at rest that may grow", resources: one(nodes(0, 2, props{"instanceTypes": list("t4g.medium")})), fixed: "0", maximum: "49.056"},
	{
		name: "launch template known by dependency only",
		resources: []estimator.Resource{
			depends(nodes(3, 3, props{"instanceTypes": list("m7g.large"), "launchTemplate": props{"id": unknown(), "version": unknown()}}), "launchTemplate", "aws:ec2/launchTemplate:LaunchTemplate", "lt"),
			named("lt", "aws:ec2/launchTemplate:LaunchTemplate", props{"blockDeviceMappings": list(map[string]any{"deviceName": "/dev/xvda", "ebs": map[string]any{"volumeSize": 40, "volumeType": "gp3"}})}),
		},
		fixed: "188.304",
	},
	{
		name: "launch template known by id, with the instance type",
		resources: []estimator.Resource{
			nodes(3, 3, props{"launchTemplate": props{"id": "lt-1"}}),
			named("lt", "aws:ec2/launchTemplate:LaunchTemplate", props{"id": "lt-1", "instanceType": "m5.large", "blockDeviceMappings": list(map[string]any{"ebs": map[string]any{"volumeSize": "20"}})}),
		},
		fixed: "216.24",
	},
	{name: "Fargate profile", resources: one(res("aws:eks/fargateProfile:FargateProfile", props{})), usage: map[usage.Quantity]string{usage.FargateVCPU: "1", usage.FargateMemoryGB: "1"}, used: "32.795"},
	{
		name: "Fargate service",
		resources: []estimator.Resource{
			res("aws:ecs/service:Service", props{"launchType": "FARGATE", "desiredCount": 2, "taskDefinition": "arn:task"}),
			named("task", "aws:ecs/taskDefinition:TaskDefinition", props{"arn": "arn:task", "cpu": "1024", "memory": "2048"}),
		},
		fixed: "72.08",
	},
	{name: "service behind a load balancer", resources: one(res("kubernetes:core/v1:Service", props{"spec": props{"type": "LoadBalancer"}})), fixed: "16.425"},
	{name: "service inside", resources: one(res("kubernetes:core/v1:Service", props{"spec": props{"type": "ClusterIP"}})), fixed: "0"},
	{name: "volume claim", resources: one(res("kubernetes:core/v1:PersistentVolumeClaim", props{"spec": props{"resources": props{"requests": props{"storage": "50Gi"}}}})), fixed: "4"},
	{name: "stateful set of three", resources: one(res("kubernetes:apps/v1:StatefulSet", props{"spec": props{"replicas": 3, "volumeClaimTemplates": list(map[string]any{"spec": map[string]any{"resources": map[string]any{"requests": map[string]any{"storage": "10Gi"}}}})}})), fixed: "2.4"},

	// Machines.
	{name: "instance", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "t3.medium"})), fixed: "31.168"},
	{name: "instance with detailed monitoring", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "m3.large", "monitoring": true})), fixed: "99.99"},
	{name: "instance with many volumes", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "m3.medium", "rootBlockDevice": props{"volumeSize": 10}, "ebsBlockDevices": list(
		map[string]any{"volumeSize": 10}, map[string]any{"volumeSize": 20, "volumeType": "standard"}, map[string]any{"volumeSize": 30, "volumeType": "sc1"},
		map[string]any{"volumeSize": 40, "volumeType": "io1", "iops": 1000}, map[string]any{"volumeSize": 20, "volumeType": "gp3"})})), fixed: "123.96"},
	{name: "surplus credits", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "t3.medium", "creditSpecification": props{"cpuCredits": "unlimited"}})), usage: map[usage.Quantity]string{usage.EC2CreditVCPUHours: "1460"}, fixed: "31.168", used: "73"},
	{name: "t2 earns no debt by default", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "t2.medium"})), usage: map[usage.Quantity]string{usage.EC2CreditVCPUHours: "600"}, fixed: "34.672"},
	{name: "public address", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "t3.medium", "associatePublicIpAddress": true})), fixed: "34.818"},
	{
		name: "group of two machines",
		resources: []estimator.Resource{
			res("aws:autoscaling/group:Group", props{"minSize": 1, "desiredCapacity": 2, "maxSize": 2, "launchTemplate": props{"id": "lt-2"}}),
			named("lt", "aws:ec2/launchTemplate:LaunchTemplate", props{"id": "lt-2", "instanceType": "t2.medium", "blockDeviceMappings": list(
				map[string]any{"ebs": map[string]any{"volumeSize": 10}}, map[string]any{"ebs": map[string]any{"volumeSize": 20, "volumeType": "io1", "iops": 200}})}),
		},
		fixed: "100.744",
	},
	{
		name: "group by launch configuration: detailed monitoring is its default",
		resources: []estimator.Resource{
			res("aws:autoscaling/group:Group", props{"minSize": 2, "maxSize": 2, "launchConfiguration": "lc-1"}),
			named("lc", "aws:ec2/launchConfiguration:LaunchConfiguration", props{"id": "lc-1", "instanceType": "t2.medium"}),
		},
		fixed: "73.544",
	},

	// Volumes and network.
	{name: "gp3", resources: one(res("aws:ebs/volume:Volume", props{"type": "gp3", "size": 40, "iops": 4000, "throughput": 130})), fixed: "8.4"},
	{name: "io1", resources: one(res("aws:ebs/volume:Volume", props{"type": "io1", "size": 30, "iops": 300})), fixed: "23.25"},
	{name: "io2 over all its tiers", resources: one(res("aws:ebs/volume:Volume", props{"type": "io2", "size": 100, "iops": 70000})), fixed: "3739.6"},
	{name: "st1", resources: one(res("aws:ebs/volume:Volume", props{"type": "st1", "size": 40})), fixed: "1.8"},
	{name: "magnetic and its requests", resources: one(res("aws:ebs/volume:Volume", props{"type": "standard", "size": 20})), usage: map[usage.Quantity]string{usage.VolumeRequests: "1000000"}, fixed: "1", used: "0.05"},
	{name: "elastic IP", resources: one(res("aws:ec2/eip:Eip", props{})), fixed: "3.65"},
	{name: "gateway endpoint", resources: one(res("aws:ec2/vpcEndpoint:VpcEndpoint", props{"serviceName": "com.amazonaws.us-east-1.s3"})), fixed: "0"},
	{name: "endpoint of a gateway load balancer", resources: one(res("aws:ec2/vpcEndpoint:VpcEndpoint", props{"vpcEndpointType": "GatewayLoadBalancer", "subnetIds": list("a")})), fixed: "7.3"},
	{name: "public ALB in three subnets: three addresses", resources: one(res("aws:lb/loadBalancer:LoadBalancer", props{"subnets": list("a", "b", "c")})), fixed: "27.375"},
	{name: "internal ALB", resources: one(res("aws:lb/loadBalancer:LoadBalancer", props{"internal": true, "subnets": list("a", "b", "c")})), fixed: "16.425"},
	{name: "classic load balancer", resources: one(res("aws:elb/loadBalancer:LoadBalancer", props{})), usage: map[usage.Quantity]string{usage.LoadBalancerProcessedGB: "10000"}, fixed: "18.25", used: "80"},
	{name: "zone", resources: one(res("aws:route53/zone:Zone", props{})), usage: map[usage.Quantity]string{usage.ZoneQueries: "1000000"}, fixed: "0.5", used: "0.4"},
	{name: "health check with all options", resources: one(res("aws:route53/healthCheck:HealthCheck", props{"type": "HTTPS_STR_MATCH", "measureLatency": true, "requestInterval": 10})), fixed: "4.5"},
	{name: "health check outside AWS", resources: one(res("aws:route53/healthCheck:HealthCheck", props{"type": "HTTPS"})), usage: map[usage.Quantity]string{usage.HealthCheckOutside: "1"}, fixed: "2.75"},

	// Security, observation, the rest.
	{name: "secret with a replica", resources: one(res("aws:secretsmanager/secret:Secret", props{"replicas": list(map[string]any{"region": "us-west-2"})})), fixed: "0.8"},
	{name: "key", resources: one(res("aws:kms/key:Key", props{})), usage: map[usage.Quantity]string{usage.KeyRequests: "10000"}, fixed: "1", used: "0.03"},
	{name: "key that rotates, before its first rotation and after its second", resources: one(res("aws:kms/key:Key", props{"enableKeyRotation": true})), fixed: "1", maximum: "3"},
	{name: "asymmetric key", resources: one(res("aws:kms/key:Key", props{"customerMasterKeySpec": "RSA_3072"})), usage: map[usage.Quantity]string{usage.KeyRequests: "10000"}, fixed: "1", used: "0.15"},
	{name: "metrics of lines", resources: one(res("aws:cloudwatch/logGroup:LogGroup", props{})), usage: map[usage.Quantity]string{usage.LogEmbeddedMetrics: "49"}, used: "14.7"},
	{name: "infrequent access logs", resources: one(res("aws:cloudwatch/logGroup:LogGroup", props{"logGroupClass": "INFREQUENT_ACCESS"})), usage: map[usage.Quantity]string{usage.LogIngestGB: "1000"}, used: "250"},
	{name: "alarm on an expression of two metrics", resources: one(res("aws:cloudwatch/metricAlarm:MetricAlarm", props{"metricQueries": list(
		map[string]any{"id": "e1", "expression": "m2/m1"}, map[string]any{"id": "m1", "metric": map[string]any{"period": 120}}, map[string]any{"id": "m2", "metric": map[string]any{"period": 120}})})), fixed: "0.2"},
	{name: "anomaly detection of high resolution", resources: one(res("aws:cloudwatch/metricAlarm:MetricAlarm", props{"thresholdMetricId": "e1", "metricQueries": list(
		map[string]any{"id": "e1", "expression": "ANOMALY_DETECTION_BAND(m1)"}, map[string]any{"id": "m1", "metric": map[string]any{"period": 30}})})), fixed: "0.9"},
	{name: "dashboard", resources: one(res("aws:cloudwatch/dashboard:Dashboard", props{})), fixed: "3"},
	{name: "composite alarm", resources: one(res("aws:cloudwatch/compositeAlarm:CompositeAlarm", props{})), fixed: "0.5"},
	{name: "metric filter", resources: one(res("aws:cloudwatch/logMetricFilter:LogMetricFilter", props{})), fixed: "0.3"},
	{name: "web ACL", resources: one(res("aws:wafv2/webAcl:WebAcl", props{"rules": list(map[string]any{"name": "a"}, map[string]any{"name": "b"})})), usage: map[usage.Quantity]string{usage.WAFRequests: "1000000"}, fixed: "7", used: "0.6"},
	{name: "bucket", resources: one(res("aws:s3/bucketV2:BucketV2", props{})), usage: map[usage.Quantity]string{usage.BucketStoredGB: "100", usage.BucketPutRequests: "10000", usage.BucketGetRequests: "100000"}, used: "2.39"},
	{name: "topic", resources: one(res("aws:sns/topic:Topic", props{})), usage: map[usage.Quantity]string{usage.TopicRequests: "1000000", usage.TopicMails: "100000"}, used: "2.5"},
	{name: "first trail", resources: one(res("aws:cloudtrail/trail:Trail", props{})), usage: map[usage.Quantity]string{usage.TrailManagementEvents: "100000", usage.TrailDataEvents: "200000"}, used: "0.2"},
	{name: "two trails with insights", resources: []estimator.Resource{
		res("aws:cloudtrail/trail:Trail", props{"insightSelectors": list(map[string]any{})}), named("second", "aws:cloudtrail/trail:Trail", props{}),
	}, usage: map[usage.Quantity]string{usage.TrailManagementEvents: "100000", usage.TrailInsightEvents: "300000"}, used: "3.05"},
	{name: "GuardDuty", resources: one(res("aws:guardduty/detector:Detector", props{})), usage: map[usage.Quantity]string{usage.DetectorEvents: "1000000", usage.DetectorFlowGB: "10"}, used: "14"},
	{name: "GuardDuty reads EKS audit logs", resources: one(res("aws:guardduty/detectorFeature:DetectorFeature", props{"name": "EKS_AUDIT_LOGS", "status": "ENABLED"})), usage: map[usage.Quantity]string{usage.DetectorAuditEvents: "1000000"}, used: "1.6"},
	{name: "Config", resources: one(res("aws:cfg/recorder:Recorder", props{})), usage: map[usage.Quantity]string{usage.ConfigItems: "1000"}, used: "3"},
	{name: "ECR", resources: one(res("aws:ecr/repository:Repository", props{})), usage: map[usage.Quantity]string{usage.RepositoryStoredGB: "10"}, used: "1"},
	{name: "Lambda, x86", resources: one(res("aws:lambda/function:Function", props{"memorySize": 512})), usage: map[usage.Quantity]string{usage.FunctionRequests: "100000", usage.FunctionMilliseconds: "350"}, used: "0.312"},
	{name: "Lambda, arm", resources: one(res("aws:lambda/function:Function", props{"memorySize": 512, "architectures": list("arm64")})), usage: map[usage.Quantity]string{usage.FunctionRequests: "100000", usage.FunctionMilliseconds: "350"}, used: "0.253"},
	{name: "Lambda, temporary storage", resources: one(res("aws:lambda/function:Function", props{"ephemeralStorage": props{"size": 1536}})), usage: map[usage.Quantity]string{usage.FunctionRequests: "1000000", usage.FunctionMilliseconds: "1000"}, used: "2.314"},
	{name: "Better Stack, which calls two people", resources: one(res("genericcorp:betterstack:BetterStack", props{"responders": 2.0})), fixed: "68"},
	{name: "Better Stack's free plan", resources: []estimator.Resource{
		res("genericcorp:betterstack:BetterStack", props{"responders": 0.0}), res("betterstack:index/monitor:Monitor", props{}), res("betterstack:index/statusPage:StatusPage", props{}),
	}},
	{name: "CodeBuild, small", resources: one(res("aws:codebuild/project:Project", props{"environment": props{"type": "LINUX_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL"}})), usage: map[usage.Quantity]string{usage.BuildMinutes: "3000"}, used: "15"},
	{name: "CodeBuild, without a price", resources: one(res("aws:codebuild/project:Project", props{"environment": props{"type": "ARM_CONTAINER", "computeType": "BUILD_GENERAL1_SMALL"}})), problems: []string{"missing-price: no price for CodeBuild minute ARM_CONTAINER/BUILD_GENERAL1_SMALL in us-east-1: choose one that has a price, or add it to the catalogue with its source"}},
	{name: "two budgets with actions are free, the third is not", resources: []estimator.Resource{
		action("a1", "a"), action("a2", "a"), action("b", "b"), action("c", "c"),
	}, usage: map[usage.Quantity]string{usage.BudgetActionFreeDays: "62"}, fixed: "2.925"},
	{name: "advanced parameter", resources: one(res("aws:ssm/parameter:Parameter", props{"tier": "Advanced"})), fixed: "0.05"},

	{name: "schedule", resources: one(res("aws:scheduler/schedule:Schedule", props{})), usage: map[usage.Quantity]string{usage.ScheduleInvocations: "1000000"}, used: "1"},
	{name: "backup vault", resources: one(res("aws:backup/vault:Vault", props{})), usage: map[usage.Quantity]string{usage.VaultStoredGB: "100"}, used: "5"},
	{name: "Config rule", resources: one(res("aws:cfg/rule:Rule", props{})), usage: map[usage.Quantity]string{usage.ConfigEvaluations: "100000"}, used: "100"},
	{name: "EBS snapshot", resources: one(res("aws:ebs/snapshot:Snapshot", props{})), usage: map[usage.Quantity]string{usage.SnapshotGB: "100"}, used: "5"},
	{name: "RDS snapshot", resources: one(res("aws:rds/snapshot:Snapshot", props{})), usage: map[usage.Quantity]string{usage.RDSBackupGB: "100"}, used: "9.5"},
	{name: "spot instance", resources: one(res("aws:ec2/spotInstanceRequest:SpotInstanceRequest", props{"instanceType": "t3.medium"})), fixed: "31.168"},
	{name: "endpoint in one more subnet", resources: one(res("aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation", props{})), fixed: "7.3"},
	{name: "resolver endpoint", resources: one(res("aws:route53/resolverEndpoint:ResolverEndpoint", props{"ipAddresses": list(map[string]any{}, map[string]any{}, map[string]any{})})), fixed: "273.75"},
	{name: "rule group", resources: one(res("aws:wafv2/ruleGroup:RuleGroup", props{"rules": list(map[string]any{}, map[string]any{})})), fixed: "2"},
	{name: "ingress by AWS's controller", resources: one(res("kubernetes:networking.k8s.io/v1:Ingress", props{"spec": props{"ingressClassName": "alb"}})), fixed: "16.425"},
	{name: "ingress by AWS's controller, named the older way", resources: one(res("kubernetes:networking.k8s.io/v1:Ingress", props{"metadata": props{"annotations": map[string]any{"kubernetes.io/ingress.class": "alb"}}})), fixed: "16.425"},
	{name: "ingress inside", resources: one(res("kubernetes:networking.k8s.io/v1:Ingress", props{"spec": props{"ingressClassName": "nginx"}})), fixed: "0"},

	// Refusals.
	{name: "serverless cache of an engine without a price", resources: one(res("aws:elasticache/serverlessCache:ServerlessCache", props{"engine": "other"})), problems: []string{"missing-price: no price for ElastiCache serverless with engine other"}},
	{name: "class without a price", resources: one(db(props{"instanceClass": "db.z9.huge"})), fixed: "2.3", problems: []string{"missing-price: no price for AmazonRDS instance db.z9.huge/postgresql/single-az in us-east-1: choose one that has a price, or add it to the catalogue with its source"}},
	{name: "engine without a price", resources: one(db(props{"engine": "oracle-ee"})), fixed: "2.3", problems: []string{"missing-price: no price for AmazonRDS instance db.t3.large/oracle-ee/single-az in us-east-1: choose one that has a price, or add it to the catalogue with its source"}},
	{name: "type without a price", resources: one(res("aws:redshift/cluster:Cluster", props{})), problems: []string{"unknown-type: no price is known for this resource type: teach it to the estimator, or list it as free with the reason"}},
	{name: "dedicated machines", resources: one(res("aws:ec2/instance:Instance", props{"instanceType": "t3.medium", "tenancy": "dedicated"})), fixed: "0.8", problems: []string{"missing-price: no price for EC2 instance t3.medium with tenancy dedicated"}},
	{name: "Windows nodes", resources: one(nodes(1, 1, props{"amiType": "WINDOWS_CORE_2022_x86_64"})), problems: []string{"missing-price: no price for EC2 instance t3.medium with Windows"}},
	{name: "EKS Auto Mode", resources: one(res("aws:eks/cluster:Cluster", props{"computeConfig": props{"enabled": true}})), fixed: "73", problems: []string{"missing-price: no price for EKS Auto Mode: the machines that it starts are in no plan; use managed node groups"}},
	{name: "paid WAF rule group", resources: one(res("aws:wafv2/webAcl:WebAcl", props{"rules": list(map[string]any{"statement": map[string]any{"managedRuleGroupStatement": map[string]any{"name": "AWSManagedRulesBotControlRuleSet"}}})})), fixed: "6", problems: []string{"missing-price: no price for WAF managed rule group AWSManagedRulesBotControlRuleSet"}},
	{name: "GuardDuty feature", resources: one(res("aws:guardduty/detectorFeature:DetectorFeature", props{"name": "RUNTIME_MONITORING"})), problems: []string{"missing-price: no price for GuardDuty feature RUNTIME_MONITORING"}},
	{name: "provisioned concurrency", resources: one(res("aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig", props{})), problems: []string{"missing-price: no price for provisioned concurrency of Lambda (its prices were not collected)"}},
	{name: "private certificate", resources: one(res("aws:acm/certificate:Certificate", props{"certificateAuthorityArn": "arn:x"})), problems: []string{"missing-price: no price for certificates of a private authority"}},
}

func one(r estimator.Resource) []estimator.Resource { return []estimator.Resource{r} }

func res(token string, p props) estimator.Resource { return planned(token, "it", p) }

func named(name, token string, p props) estimator.Resource { return planned(token, name, p) }

// db is a PostgreSQL db.t3.large with whatever p changes.
func db(p props) estimator.Resource {
	base := props{"engine": "postgres", "instanceClass": "db.t3.large"}
	for k, v := range p {
		base[k] = v
	}
	return res("aws:rds/instance:Instance", base)
}

func nodes(desired, most int, p props) estimator.Resource {
	p["scalingConfig"] = props{"desiredSize": desired, "minSize": 0, "maxSize": most}
	return res("aws:eks/nodeGroup:NodeGroup", p)
}

func endpoint(subnets ...any) estimator.Resource {
	return res("aws:ec2/vpcEndpoint:VpcEndpoint", props{"vpcEndpointType": "Interface", "subnetIds": list(subnets...)})
}

func action(name, budget string) estimator.Resource {
	return named(name, "aws:budgets/budgetAction:BudgetAction", props{"budgetName": budget})
}

// depends says that a property's value comes from another resource.
func depends(r estimator.Resource, property, token, name string) estimator.Resource {
	r.Dependencies = map[string][]string{property: {planned(token, name, nil).URN}}
	return r
}

func TestCases(t *testing.T) {
	t.Parallel()
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			profile := usage.None()
			for q, v := range test.usage {
				profile = profile.With(q, d(v))
			}
			report := newEstimator(t, profile, estimator.Options{Now: test.day}).Estimate(test.resources)
			zero := func(text string) string {
				if text == "" {
					return "0"
				}
				return text
			}
			assert.Equal(t, zero(test.fixed), report.Fixed.Round(3).String(), lines(report.Resources[0]))
			assert.Equal(t, zero(test.used), report.Usage.Round(3).String(), lines(report.Resources[0]))
			most := test.maximum
			if most == "" {
				most = report.Total().Round(3).String()
			}
			assert.Equal(t, most, report.Maximum.Round(3).String())
			var problems []string
			for _, p := range report.Problems {
				problems = append(problems, string(p.Kind)+": "+p.Message)
				assert.True(t, p.Blocking)
			}
			assert.Equal(t, test.problems, problems)
		})
	}
}

func TestEveryPricedTypeHasACase(t *testing.T) {
	t.Parallel()
	tried := map[string]bool{}
	for _, test := range cases {
		for _, r := range test.resources {
			tried[r.Type] = true
		}
	}
	same := map[string]string{ // types that are priced by the code of another
		"aws:alb/loadBalancer:LoadBalancer": "", "aws:s3/bucket:Bucket": "", "aws:kms/externalKey:ExternalKey": "",
		"aws:kms/replicaKey:ReplicaKey": "", "aws:kms/replicaExternalKey:ReplicaExternalKey": "", "aws:ebs/snapshotCopy:SnapshotCopy": "",
	}
	for _, token := range estimator.PricedTypes() {
		if _, ok := same[token]; !ok {
			assert.True(t, tried[token], "no case for %s", token)
		}
	}
}
