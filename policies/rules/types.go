package rules

// The resource types that rules evaluate, as pulumi-aws v6 names them.
const (
	stackType = "pulumi:pulumi:Stack"

	eksCluster           = "aws:eks/cluster:Cluster"
	eksNodeGroup         = "aws:eks/nodeGroup:NodeGroup"
	eksAddon             = "aws:eks/addon:Addon"
	eksPolicyAssociation = "aws:eks/accessPolicyAssociation:AccessPolicyAssociation"

	pod         = "kubernetes:core/v1:Pod"
	deployment  = "kubernetes:apps/v1:Deployment"
	statefulSet = "kubernetes:apps/v1:StatefulSet"
	daemonSet   = "kubernetes:apps/v1:DaemonSet"
	job         = "kubernetes:batch/v1:Job"
	cronJob     = "kubernetes:batch/v1:CronJob"

	launchTemplate = "aws:ec2/launchTemplate:LaunchTemplate"
	instance       = "aws:ec2/instance:Instance"
	volume         = "aws:ebs/volume:Volume"

	dbInstance        = "aws:rds/instance:Instance"
	dbCluster         = "aws:rds/cluster:Cluster"
	dbClusterInstance = "aws:rds/clusterInstance:ClusterInstance"
	dbProxy           = "aws:rds/proxy:Proxy"
	dbParameterGroup  = "aws:rds/parameterGroup:ParameterGroup"
	dbSubnetGroup     = "aws:rds/subnetGroup:SubnetGroup"

	replicationGroup = "aws:elasticache/replicationGroup:ReplicationGroup"
	cacheCluster     = "aws:elasticache/cluster:Cluster"

	vpc                   = "aws:ec2/vpc:Vpc"
	subnet                = "aws:ec2/subnet:Subnet"
	flowLog               = "aws:ec2/flowLog:FlowLog"
	route                 = "aws:ec2/route:Route"
	routeTable            = "aws:ec2/routeTable:RouteTable"
	routeTableAssociation = "aws:ec2/routeTableAssociation:RouteTableAssociation"
	internetGateway       = "aws:ec2/internetGateway:InternetGateway"
	vpcEndpoint           = "aws:ec2/vpcEndpoint:VpcEndpoint"
	defaultSecurityGroup  = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
	securityGroup         = "aws:ec2/securityGroup:SecurityGroup"
	securityGroupRule     = "aws:ec2/securityGroupRule:SecurityGroupRule"
	securityGroupIngress  = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	securityGroupEgress   = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"

	bucketV2          = "aws:s3/bucketV2:BucketV2"
	bucketV1          = "aws:s3/bucket:Bucket"
	bucketAccessBlock = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
	bucketVersioning  = "aws:s3/bucketVersioningV2:BucketVersioningV2"
	bucketEncryption  = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
	bucketLifecycle   = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
	bucketLogging     = "aws:s3/bucketLoggingV2:BucketLoggingV2"
	bucketPolicy      = "aws:s3/bucketPolicy:BucketPolicy"
	bucketACL         = "aws:s3/bucketAclV2:BucketAclV2"
	bucketOwnership   = "aws:s3/bucketOwnershipControls:BucketOwnershipControls"

	topic       = "aws:sns/topic:Topic"
	topicPolicy = "aws:sns/topicPolicy:TopicPolicy"

	key       = "aws:kms/key:Key"
	keyPolicy = "aws:kms/keyPolicy:KeyPolicy"

	secret         = "aws:secretsmanager/secret:Secret"                 // #nosec G101 -- a type, not a credential
	secretRotation = "aws:secretsmanager/secretRotation:SecretRotation" // #nosec G101 -- a type, not a credential

	iamPolicy           = "aws:iam/policy:Policy"
	iamRole             = "aws:iam/role:Role"
	iamRolePolicy       = "aws:iam/rolePolicy:RolePolicy"
	iamRoleAttachment   = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
	iamGroupPolicy      = "aws:iam/groupPolicy:GroupPolicy"
	iamGroupAttachment  = "aws:iam/groupPolicyAttachment:GroupPolicyAttachment"
	iamUserPolicy       = "aws:iam/userPolicy:UserPolicy"
	iamUserAttachment   = "aws:iam/userPolicyAttachment:UserPolicyAttachment"
	iamPolicyAttachment = "aws:iam/policyAttachment:PolicyAttachment"
	openIDProvider      = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
	loadBalancer        = "aws:lb/loadBalancer:LoadBalancer"
	loadBalancerALB     = "aws:alb/loadBalancer:LoadBalancer"
	listener            = "aws:lb/listener:Listener"
	listenerALB         = "aws:alb/listener:Listener"
	apiStage            = "aws:apigatewayv2/stage:Stage"
	functionURL         = "aws:lambda/functionUrl:FunctionUrl"
	webACL              = "aws:wafv2/webAcl:WebAcl"
	repository          = "aws:ecr/repository:Repository"
	repositoryPolicy    = "aws:ecr/repositoryPolicy:RepositoryPolicy"
	repositoryLifecycle = "aws:ecr/lifecyclePolicy:LifecyclePolicy"
	trail               = "aws:cloudtrail/trail:Trail"
	logGroup            = "aws:cloudwatch/logGroup:LogGroup"
	metricAlarm         = "aws:cloudwatch/metricAlarm:MetricAlarm"
	guardDutyDetector   = "aws:guardduty/detector:Detector"
	guardDutyFeature    = "aws:guardduty/detectorFeature:DetectorFeature"
)
