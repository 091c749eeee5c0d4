package bootstrap

// needs are the actions that AWS's provider (Terraform's, version 5.100, which pulumi-aws 6 is built on) takes for one kind of
// resource: to read it, as a refresh does, to make and change it, and to remove it.
type needs struct{ read, write, remove []string }

// tagged adds the three actions of tags as a service calls them.
func tagged(service string, n needs) needs {
	return needs{
		append(n.read, service+":ListTagsForResource"), append(n.write, service+":TagResource", service+":UntagResource"), n.remove,
	}
}

// ec2 adds the actions of tags of EC2, where tags are part of every description.
func ec2(read, write, remove []string) needs {
	return needs{read, append(write, "ec2:CreateTags", "ec2:DeleteTags"), remove}
}

// rule is one rule of a security group.
func rule(direction string) needs {
	return ec2([]string{"ec2:DescribeSecurityGroupRules"},
		[]string{"ec2:AuthorizeSecurityGroup" + direction, "ec2:ModifySecurityGroupRules"}, []string{"ec2:RevokeSecurityGroup" + direction})
}

// old adds the actions of tags of the services that call them otherwise.
func old(service string, read, write, remove []string) needs {
	return needs{append(read, service+":ListTagsForResource"), append(write, service+":AddTagsToResource", service+":RemoveTagsFromResource"), remove}
}

// elb adds the actions of tags of Elastic Load Balancing.
func elb(read, write, remove []string) needs {
	return needs{append(read, "elasticloadbalancing:DescribeTags"), append(write, "elasticloadbalancing:AddTags", "elasticloadbalancing:RemoveTags"), remove}
}

var needed = map[string]needs{
	"aws:acm/certificate:Certificate": {[]string{"acm:DescribeCertificate", "acm:ListTagsForCertificate"},
		[]string{"acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate", "acm:RequestCertificate", "acm:UpdateCertificateOptions"}, []string{"acm:DeleteCertificate"}},
	"aws:acm/certificateValidation:CertificateValidation": {[]string{"acm:DescribeCertificate"}, nil, nil},
	"aws:apigatewayv2/api:Api": {[]string{"apigateway:GET"},
		[]string{"apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource"}, []string{"apigateway:DELETE"}},
	"aws:apigatewayv2/integration:Integration": {[]string{"apigateway:GET"}, []string{"apigateway:PATCH", "apigateway:POST"}, []string{"apigateway:DELETE"}},
	"aws:apigatewayv2/route:Route":             {[]string{"apigateway:GET"}, []string{"apigateway:PATCH", "apigateway:POST"}, []string{"apigateway:DELETE"}},
	// API Gateway Developer Guide, "Configure logging for HTTP APIs": the delivery of the access log is set up in the caller's name.
	"aws:apigatewayv2/stage:Stage": {[]string{"apigateway:GET"},
		[]string{
			"apigateway:PATCH", "apigateway:POST", "apigateway:PUT", "apigateway:TagResource", "apigateway:UntagResource",
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
		}, []string{"apigateway:DELETE"}},
	"aws:autoscaling/attachment:Attachment": {[]string{"autoscaling:DescribeAutoScalingGroups"},
		[]string{"autoscaling:AttachLoadBalancerTargetGroups"}, []string{"autoscaling:DetachLoadBalancerTargetGroups"}},
	"aws:budgets/budget:Budget": tagged("budgets", needs{[]string{"budgets:ViewBudget"}, []string{"budgets:ModifyBudget"}, nil}),
	"aws:budgets/budgetAction:BudgetAction": tagged("budgets", needs{
		[]string{"budgets:DescribeBudgetAction"}, []string{"budgets:CreateBudgetAction", "budgets:UpdateBudgetAction"}, []string{"budgets:DeleteBudgetAction"},
	}),
	"aws:cloudtrail/trail:Trail": {
		[]string{"cloudtrail:DescribeTrails", "cloudtrail:GetEventSelectors", "cloudtrail:GetInsightSelectors", "cloudtrail:GetTrailStatus", "cloudtrail:ListTags"},
		[]string{"cloudtrail:AddTags", "cloudtrail:CreateTrail", "cloudtrail:PutEventSelectors", "cloudtrail:RemoveTags", "cloudtrail:StartLogging", "cloudtrail:UpdateTrail"},
		[]string{"cloudtrail:DeleteTrail"},
	},
	"aws:cloudwatch/dashboard:Dashboard": {[]string{"cloudwatch:GetDashboard"}, []string{"cloudwatch:PutDashboard"}, []string{"cloudwatch:DeleteDashboards"}},
	"aws:cloudwatch/eventRule:EventRule": tagged("events", needs{
		[]string{"events:DescribeRule"}, []string{"events:PutRule"}, []string{"events:DeleteRule"},
	}),
	"aws:cloudwatch/eventTarget:EventTarget": {[]string{"events:ListTargetsByRule"}, []string{"events:PutTargets"}, []string{"events:RemoveTargets"}},
	"aws:cloudwatch/logGroup:LogGroup": tagged("logs", needs{
		[]string{"logs:DescribeLogGroups"},
		[]string{"logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:DeleteRetentionPolicy", "logs:DisassociateKmsKey", "logs:PutRetentionPolicy"},
		[]string{"logs:DeleteLogGroup"},
	}),
	"aws:cloudwatch/metricAlarm:MetricAlarm": tagged("cloudwatch", needs{
		[]string{"cloudwatch:DescribeAlarms"}, []string{"cloudwatch:PutMetricAlarm"}, []string{"cloudwatch:DeleteAlarms"},
	}),
	"aws:cloudwatch/compositeAlarm:CompositeAlarm": tagged("cloudwatch", needs{
		[]string{"cloudwatch:DescribeAlarms"}, []string{"cloudwatch:PutCompositeAlarm"}, []string{"cloudwatch:DeleteAlarms"},
	}),
	// AWS CodeBuild User Guide, "Actions, resources and condition keys" and "GitHub App connections": the project is made with the
	// connection's name, by who may pass it.
	"aws:codebuild/project:Project": {[]string{"codebuild:BatchGetProjects"},
		[]string{
			"codebuild:CreateProject", "codebuild:UpdateProject", "codeconnections:PassConnection", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs",
		}, []string{"codebuild:DeleteProject"}},
	"aws:codebuild/webhook:Webhook": {[]string{"codebuild:BatchGetProjects"},
		[]string{"codebuild:CreateWebhook", "codebuild:UpdateWebhook"}, []string{"codebuild:DeleteWebhook"}},
	"aws:costexplorer/anomalyMonitor:AnomalyMonitor": tagged("ce", needs{
		[]string{"ce:GetAnomalyMonitors"}, []string{"ce:CreateAnomalyMonitor", "ce:UpdateAnomalyMonitor"}, []string{"ce:DeleteAnomalyMonitor"},
	}),
	"aws:costexplorer/anomalySubscription:AnomalySubscription": tagged("ce", needs{
		[]string{"ce:GetAnomalySubscriptions"}, []string{"ce:CreateAnomalySubscription", "ce:UpdateAnomalySubscription"}, []string{"ce:DeleteAnomalySubscription"},
	}),
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ec2([]string{"ec2:DescribeSecurityGroups"}, []string{
		"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
	}, nil),
	"aws:ec2/eip:Eip": ec2([]string{"ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"},
		[]string{"ec2:AllocateAddress", "ec2:AssociateAddress"}, []string{"ec2:DisassociateAddress", "ec2:ReleaseAddress"}),
	"aws:ec2/flowLog:FlowLog": ec2([]string{"ec2:DescribeFlowLogs"}, []string{"ec2:CreateFlowLogs", "logs:CreateLogDelivery"},
		[]string{"ec2:DeleteFlowLogs", "logs:DeleteLogDelivery"}),
	"aws:ec2/internetGateway:InternetGateway": ec2([]string{"ec2:DescribeInternetGateways"},
		[]string{"ec2:AttachInternetGateway", "ec2:CreateInternetGateway"}, []string{"ec2:DeleteInternetGateway", "ec2:DetachInternetGateway"}),
	"aws:ec2/launchTemplate:LaunchTemplate": ec2([]string{"ec2:DescribeLaunchTemplates", "ec2:DescribeLaunchTemplateVersions"},
		[]string{"ec2:CreateLaunchTemplate", "ec2:CreateLaunchTemplateVersion", "ec2:ModifyLaunchTemplate"}, []string{"ec2:DeleteLaunchTemplate"}),
	"aws:ec2/natGateway:NatGateway": ec2([]string{"ec2:DescribeNatGateways"}, []string{"ec2:CreateNatGateway"}, []string{"ec2:DeleteNatGateway"}),
	"aws:ec2/routeTable:RouteTable": ec2([]string{"ec2:DescribeRouteTables"},
		[]string{"ec2:CreateRoute", "ec2:CreateRouteTable", "ec2:DeleteRoute", "ec2:ReplaceRoute"}, []string{"ec2:DeleteRouteTable", "ec2:DisassociateRouteTable"}),
	"aws:ec2/routeTableAssociation:RouteTableAssociation": {[]string{"ec2:DescribeRouteTables"},
		[]string{"ec2:AssociateRouteTable", "ec2:ReplaceRouteTableAssociation"}, []string{"ec2:DisassociateRouteTable"}},
	"aws:ec2/securityGroup:SecurityGroup": ec2([]string{"ec2:DescribeSecurityGroups"}, []string{
		"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateSecurityGroup", "ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress",
	}, []string{"ec2:DeleteSecurityGroup", "ec2:DescribeNetworkInterfaces"}),
	"aws:ec2/securityGroupRule:SecurityGroupRule": {[]string{"ec2:DescribeSecurityGroups"}, []string{
		"ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress",
		"ec2:UpdateSecurityGroupRuleDescriptionsEgress", "ec2:UpdateSecurityGroupRuleDescriptionsIngress",
	}, []string{"ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"}},
	"aws:ec2/subnet:Subnet": ec2([]string{"ec2:DescribeSubnets"}, []string{"ec2:CreateSubnet", "ec2:ModifySubnetAttribute"},
		[]string{"ec2:DeleteSubnet", "ec2:DescribeNetworkInterfaces"}),
	"aws:ec2/vpc:Vpc": ec2([]string{"ec2:DescribeNetworkAcls", "ec2:DescribeRouteTables", "ec2:DescribeSecurityGroups", "ec2:DescribeVpcAttribute", "ec2:DescribeVpcs"},
		[]string{"ec2:CreateVpc", "ec2:ModifyVpcAttribute"}, []string{"ec2:DeleteVpc"}),
	"aws:ec2/vpcEndpoint:VpcEndpoint": ec2([]string{"ec2:DescribePrefixLists", "ec2:DescribeVpcEndpoints"},
		[]string{"ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint", "route53:AssociateVPCWithHostedZone"}, []string{"ec2:DeleteVpcEndpoints"}),
	"aws:ecr/lifecyclePolicy:LifecyclePolicy": {[]string{"ecr:GetLifecyclePolicy"}, []string{"ecr:PutLifecyclePolicy"}, []string{"ecr:DeleteLifecyclePolicy"}},
	"aws:ecr/repository:Repository": tagged("ecr", needs{
		[]string{"ecr:DescribeRepositories"}, []string{"ecr:CreateRepository", "ecr:PutImageScanningConfiguration", "ecr:PutImageTagMutability"}, []string{"ecr:DeleteRepository"},
	}),
	"aws:ecr/repositoryPolicy:RepositoryPolicy": {[]string{"ecr:GetRepositoryPolicy"}, []string{"ecr:SetRepositoryPolicy"}, []string{"ecr:DeleteRepositoryPolicy"}},
	"aws:eks/accessEntry:AccessEntry": {[]string{"eks:DescribeAccessEntry"},
		[]string{"eks:CreateAccessEntry", "eks:TagResource", "eks:UntagResource", "eks:UpdateAccessEntry"}, []string{"eks:DeleteAccessEntry"}},
	"aws:eks/accessPolicyAssociation:AccessPolicyAssociation": {[]string{"eks:ListAssociatedAccessPolicies"},
		[]string{"eks:AssociateAccessPolicy"}, []string{"eks:DisassociateAccessPolicy"}},
	"aws:eks/addon:Addon": {[]string{"eks:DescribeAddon", "eks:DescribeUpdate"},
		[]string{"eks:CreateAddon", "eks:TagResource", "eks:UntagResource", "eks:UpdateAddon"}, []string{"eks:DeleteAddon"}},
	"aws:eks/cluster:Cluster": {[]string{"eks:DescribeCluster", "eks:DescribeUpdate"},
		[]string{
			"eks:AssociateEncryptionConfig", "eks:CreateCluster", "eks:TagResource", "eks:UntagResource", "eks:UpdateClusterConfig", "eks:UpdateClusterVersion", "iam:GetRole",
		}, []string{"eks:DeleteCluster"}},
	"aws:eks/nodeGroup:NodeGroup": {[]string{"eks:DescribeNodegroup", "eks:DescribeUpdate"},
		[]string{
			"ec2:CreateTags", "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeSubnets", "ec2:RunInstances", "eks:CreateNodegroup", "eks:TagResource", "eks:UntagResource",
			"eks:UpdateNodegroupConfig", "eks:UpdateNodegroupVersion", "iam:GetRole", "iam:ListAttachedRolePolicies",
		}, []string{"eks:DeleteNodegroup"}},
	"aws:eks/podIdentityAssociation:PodIdentityAssociation": {[]string{"eks:DescribePodIdentityAssociation", "eks:ListPodIdentityAssociations"},
		[]string{"eks:CreatePodIdentityAssociation", "eks:TagResource", "eks:UntagResource", "eks:UpdatePodIdentityAssociation", "iam:GetRole"},
		[]string{"eks:DeletePodIdentityAssociation"}},
	"aws:elasticache/parameterGroup:ParameterGroup": old("elasticache",
		[]string{"elasticache:DescribeCacheParameterGroups", "elasticache:DescribeCacheParameters"},
		[]string{"elasticache:CreateCacheParameterGroup", "elasticache:ModifyCacheParameterGroup", "elasticache:ResetCacheParameterGroup"},
		[]string{"elasticache:DeleteCacheParameterGroup"}),
	// Amazon ElastiCache User Guide, "ElastiCache logging destinations": ElastiCache sets the delivery of logs up in the caller's name.
	"aws:elasticache/replicationGroup:ReplicationGroup": old("elasticache",
		[]string{"elasticache:DescribeCacheClusters", "elasticache:DescribeReplicationGroups"},
		[]string{
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery", "logs:ListLogDeliveries",
			"logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
			"elasticache:CreateReplicationGroup", "elasticache:DecreaseReplicaCount", "elasticache:IncreaseReplicaCount", "elasticache:ModifyReplicationGroup",
			"elasticache:ModifyReplicationGroupShardConfiguration",
		}, []string{"elasticache:DeleteReplicationGroup"}),
	"aws:elasticache/subnetGroup:SubnetGroup": old("elasticache", []string{"elasticache:DescribeCacheSubnetGroups"},
		[]string{"elasticache:CreateCacheSubnetGroup", "elasticache:ModifyCacheSubnetGroup"}, []string{"elasticache:DeleteCacheSubnetGroup"}),
	"aws:iam/role:Role": {[]string{"iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListRolePolicies"},
		[]string{
			"iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
		}, []string{"iam:DeleteRole", "iam:ListInstanceProfilesForRole"}},
	"aws:iam/rolePolicy:RolePolicy": {[]string{"iam:GetRolePolicy"}, []string{"iam:PutRolePolicy"}, []string{"iam:DeleteRolePolicy"}},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": {[]string{"iam:ListAttachedRolePolicies"},
		[]string{"iam:AttachRolePolicy"}, []string{"iam:DetachRolePolicy"}},
	"aws:kms/alias:Alias": {[]string{"kms:ListAliases"}, []string{"kms:CreateAlias", "kms:UpdateAlias"}, []string{"kms:DeleteAlias"}},
	"aws:kms/key:Key": {[]string{"kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:ListResourceTags"},
		[]string{"kms:CreateKey", "kms:EnableKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription"},
		[]string{"kms:ScheduleKeyDeletion"}},
	"aws:lambda/function:Function": {[]string{"lambda:GetFunction", "lambda:GetFunctionCodeSigningConfig", "lambda:ListVersionsByFunction"},
		[]string{
			"ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "lambda:CreateFunction", "lambda:DeleteFunctionConcurrency", "lambda:PutFunctionConcurrency",
			"lambda:TagResource", "lambda:UntagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
		}, []string{"ec2:DescribeNetworkInterfaces", "lambda:DeleteFunction"}},
	"aws:lambda/functionEventInvokeConfig:FunctionEventInvokeConfig": {[]string{"lambda:GetFunctionEventInvokeConfig"},
		[]string{"lambda:PutFunctionEventInvokeConfig"}, []string{"lambda:DeleteFunctionEventInvokeConfig"}},
	"aws:lambda/invocation:Invocation": {nil, []string{"lambda:InvokeFunction"}, []string{"lambda:InvokeFunction"}},
	"aws:lambda/permission:Permission": {[]string{"lambda:GetPolicy"}, []string{"lambda:AddPermission"}, []string{"lambda:RemovePermission"}},
	"aws:lb/listener:Listener": elb([]string{"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerAttributes"},
		[]string{"elasticloadbalancing:CreateListener", "elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes"},
		[]string{"elasticloadbalancing:DeleteListener"}),
	"aws:lb/loadBalancer:LoadBalancer": elb(
		[]string{"elasticloadbalancing:DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancerAttributes", "elasticloadbalancing:DescribeCapacityReservation"},
		[]string{
			"elasticloadbalancing:CreateLoadBalancer", "elasticloadbalancing:ModifyLoadBalancerAttributes", "elasticloadbalancing:SetSecurityGroups",
			"elasticloadbalancing:SetSubnets", "ec2:DescribeSecurityGroups", "ec2:DescribeSubnets", "ec2:DescribeVpcs", "ec2:DescribeInternetGateways",
		}, []string{"elasticloadbalancing:DeleteLoadBalancer", "ec2:DescribeNetworkInterfaces"}),
	"aws:lb/targetGroup:TargetGroup": elb([]string{"elasticloadbalancing:DescribeTargetGroups", "elasticloadbalancing:DescribeTargetGroupAttributes"},
		[]string{"elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:ModifyTargetGroup", "elasticloadbalancing:ModifyTargetGroupAttributes"},
		[]string{"elasticloadbalancing:DeleteTargetGroup"}),
	"aws:rds/instance:Instance": old("rds", []string{"rds:DescribeDBInstances"},
		[]string{
			"rds:CreateDBInstance", "rds:ModifyDBInstance", "rds:RebootDBInstance",
			"secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource", // the administrator's password, in the caller's name
		}, []string{"rds:DeleteDBInstance", "rds:DeleteDBInstanceAutomatedBackup"}),
	"aws:rds/parameterGroup:ParameterGroup": old("rds", []string{"rds:DescribeDBParameterGroups", "rds:DescribeDBParameters"},
		[]string{"rds:CreateDBParameterGroup", "rds:ModifyDBParameterGroup", "rds:ResetDBParameterGroup"}, []string{"rds:DeleteDBParameterGroup"}),
	"aws:rds/subnetGroup:SubnetGroup": old("rds", []string{"rds:DescribeDBSubnetGroups"},
		[]string{"rds:CreateDBSubnetGroup", "rds:ModifyDBSubnetGroup"}, []string{"rds:DeleteDBSubnetGroup"}),
	"aws:route53/record:Record": {[]string{"route53:GetHostedZone", "route53:ListResourceRecordSets"},
		[]string{"route53:ChangeResourceRecordSets", "route53:GetChange"}, []string{"route53:ChangeResourceRecordSets"}},
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2": {[]string{"s3:GetLifecycleConfiguration"}, []string{"s3:PutLifecycleConfiguration"}, nil},
	"aws:s3/bucketOwnershipControls:BucketOwnershipControls":               {[]string{"s3:GetBucketOwnershipControls"}, []string{"s3:PutBucketOwnershipControls"}, nil},
	"aws:s3/bucketPolicy:BucketPolicy":                                     {[]string{"s3:GetBucketPolicy"}, []string{"s3:PutBucketPolicy"}, []string{"s3:DeleteBucketPolicy"}},
	"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock":               {[]string{"s3:GetBucketPublicAccessBlock"}, []string{"s3:PutBucketPublicAccessBlock"}, nil},
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": {
		[]string{"s3:GetEncryptionConfiguration"}, []string{"s3:PutEncryptionConfiguration"}, nil,
	},
	"aws:s3/bucketV2:BucketV2": {
		[]string{
			"s3:GetAccelerateConfiguration", "s3:GetBucketAcl", "s3:GetBucketCORS", "s3:GetBucketLocation", "s3:GetBucketLogging", "s3:GetBucketObjectLockConfiguration",
			"s3:GetBucketPolicy", "s3:GetBucketRequestPayment", "s3:GetBucketTagging", "s3:GetBucketVersioning", "s3:GetBucketWebsite", "s3:GetEncryptionConfiguration",
			"s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
		},
		[]string{"s3:CreateBucket", "s3:PutBucketTagging"}, []string{"s3:DeleteBucket"},
	},
	"aws:s3/bucketVersioningV2:BucketVersioningV2": {[]string{"s3:GetBucketVersioning"}, []string{"s3:PutBucketVersioning"}, nil},
	"aws:secretsmanager/secret:Secret": {[]string{"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy"},
		[]string{
			"secretsmanager:CreateSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret",
		}, []string{"secretsmanager:DeleteSecret"}},
	"aws:secretsmanager/secretVersion:SecretVersion": {[]string{"secretsmanager:GetSecretValue"},
		[]string{"secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"}, []string{"secretsmanager:UpdateSecretVersionStage"}},
	"aws:sesv2/emailIdentity:EmailIdentity": tagged("ses", needs{[]string{"ses:GetEmailIdentity"},
		[]string{"ses:CreateEmailIdentity", "ses:PutEmailIdentityDkimSigningAttributes"}, []string{"ses:DeleteEmailIdentity"}}),
	"aws:sesv2/configurationSet:ConfigurationSet": tagged("ses", needs{[]string{"ses:GetConfigurationSet"},
		[]string{"ses:CreateConfigurationSet", "ses:PutConfigurationSetDeliveryOptions"}, []string{"ses:DeleteConfigurationSet"}}),
	"aws:sesv2/configurationSetEventDestination:ConfigurationSetEventDestination": {[]string{"ses:GetConfigurationSetEventDestinations"},
		[]string{"ses:CreateConfigurationSetEventDestination", "ses:UpdateConfigurationSetEventDestination"}, []string{"ses:DeleteConfigurationSetEventDestination"}},
	"aws:sns/topic:Topic":             tagged("sns", needs{[]string{"sns:GetTopicAttributes"}, []string{"sns:CreateTopic", "sns:SetTopicAttributes"}, []string{"sns:DeleteTopic"}}),
	"aws:sns/topicPolicy:TopicPolicy": {[]string{"sns:GetTopicAttributes"}, []string{"sns:SetTopicAttributes"}, nil},
	"aws:sns/topicSubscription:TopicSubscription": {[]string{"sns:GetSubscriptionAttributes"},
		[]string{"sns:SetSubscriptionAttributes", "sns:Subscribe"}, []string{"sns:Unsubscribe"}},
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   rule("Egress"),
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": rule("Ingress"),
}

// keyedBy are the services through which a kind of resource uses a key of ours in the caller's name, as its condition
// kms:ViaService has them (AWS KMS Developer Guide, "kms:ViaService"; for DAX Amazon ElastiCache User Guide, "At-Rest Encryption").
var keyedBy = map[string][]string{
	"aws:cloudwatch/logGroup:LogGroup":                  {"logs"},
	"aws:ecr/repository:Repository":                     {"ecr"},
	"aws:eks/cluster:Cluster":                           {"eks"},
	"aws:eks/nodeGroup:NodeGroup":                       {"ec2"},
	"aws:elasticache/replicationGroup:ReplicationGroup": {"elasticache", "dax"},
	"aws:lambda/function:Function":                      {"lambda"},
	"aws:rds/instance:Instance":                         {"rds", "secretsmanager"},
	"aws:s3/bucketV2:BucketV2":                          {"s3"},
	"aws:secretsmanager/secret:Secret":                  {"secretsmanager"},
	"aws:sns/topic:Topic":                               {"sns"},
}
