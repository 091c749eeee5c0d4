package estimator

import (
	"maps"
	"slices"
)

// priced tells how each resource type is priced. Types that are neither here nor in free.txt are a problem.
var priced = map[string]func(*evaluation){
	// Machines and their volumes.
	instanceType: instance,
	"aws:ec2/spotInstanceRequest:SpotInstanceRequest": instance,
	"aws:autoscaling/group:Group":                     autoscalingGroup,
	"aws:ebs/volume:Volume":                           ebsVolume,
	"aws:ebs/snapshot:Snapshot":                       ebsSnapshot,
	"aws:ebs/snapshotCopy:SnapshotCopy":               ebsSnapshot,

	// Kubernetes and containers.
	"aws:eks/cluster:Cluster":                  eksCluster,
	"aws:eks/nodeGroup:NodeGroup":              nodeGroup,
	"aws:eks/fargateProfile:FargateProfile":    fargateProfile,
	"aws:ecs/service:Service":                  ecsService,
	"aws:ecr/repository:Repository":            repository,
	"kubernetes:core/v1:Service":               kubernetesService,
	"kubernetes:core/v1:PersistentVolumeClaim": volumeClaim,
	"kubernetes:apps/v1:StatefulSet":           statefulSet,
	"kubernetes:networking.k8s.io/v1:Ingress":  kubernetesIngress,

	// Databases and caches.
	databaseType:                                      rdsInstance,
	"aws:rds/snapshot:Snapshot":                       rdsSnapshot,
	"aws:rds/proxy:Proxy":                             rdsProxy,
	replicationGroupType:                              replicationGroup,
	"aws:elasticache/cluster:Cluster":                 cacheCluster,
	"aws:elasticache/serverlessCache:ServerlessCache": serverlessCache,

	// Network.
	"aws:ec2/natGateway:NatGateway":   natGateway,
	"aws:ec2/eip:Eip":                 elasticIP,
	"aws:ec2/vpcEndpoint:VpcEndpoint": vpcEndpoint,
	"aws:ec2/vpcEndpointSubnetAssociation:VpcEndpointSubnetAssociation": endpointSubnet,
	"aws:lb/loadBalancer:LoadBalancer":                                  loadBalancer,
	"aws:alb/loadBalancer:LoadBalancer":                                 loadBalancer,
	"aws:elb/loadBalancer:LoadBalancer":                                 classicBalancer,
	"aws:route53/zone:Zone":                                             hostedZone,
	"aws:route53/healthCheck:HealthCheck":                               healthCheck,
	"aws:route53/resolverEndpoint:ResolverEndpoint":                     resolverEndpoint,

	// Security.
	"aws:secretsmanager/secret:Secret":              secret,
	"aws:kms/key:Key":                               key,
	"aws:kms/externalKey:ExternalKey":               key,
	"aws:kms/replicaKey:ReplicaKey":                 key,
	"aws:kms/replicaExternalKey:ReplicaExternalKey": key,
	"aws:wafv2/webAcl:WebAcl":                       webACL,
	"aws:wafv2/ruleGroup:RuleGroup":                 ruleGroup,
	"aws:guardduty/detector:Detector":               detector,
	"aws:guardduty/detectorFeature:DetectorFeature": detectorFeature,
	"aws:cfg/recorder:Recorder":                     configRecorder,
	"aws:cfg/rule:Rule":                             configRule,
	"aws:acm/certificate:Certificate":               certificate,

	// Observation.
	"aws:cloudwatch/logGroup:LogGroup":               logGroup,
	"aws:cloudwatch/logMetricFilter:LogMetricFilter": metricFilter,
	"aws:cloudwatch/metricAlarm:MetricAlarm":         metricAlarm,
	"aws:cloudwatch/compositeAlarm:CompositeAlarm":   compositeAlarm,
	"aws:cloudwatch/dashboard:Dashboard":             dashboard,
	"aws:cloudtrail/trail:Trail":                     trail,

	// Storage, messages, functions and money.
	"aws:s3/bucket:Bucket":         bucket,
	"aws:s3/bucketV2:BucketV2":     bucket,
	"aws:sns/topic:Topic":          topic,
	"aws:lambda/function:Function": function,
	"aws:lambda/provisionedConcurrencyConfig:ProvisionedConcurrencyConfig": provisionedConcurrency,
	"aws:codebuild/project:Project":                                        buildProject,
	"aws:scheduler/schedule:Schedule":                                      schedule,
	"aws:ssm/parameter:Parameter":                                          parameter,
	"aws:backup/vault:Vault":                                               backupVault,
	"aws:budgets/budgetAction:BudgetAction":                                budgetAction,

	// Outside of AWS.
	"genericcorp:betterstack:BetterStack": betterStack,
}

// PricedTypes lists the resource types that have prices.
func PricedTypes() []string { return slices.Sorted(maps.Keys(priced)) }
