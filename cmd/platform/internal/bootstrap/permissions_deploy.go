package bootstrap

import (
	"slices"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/registry"
)

// deployPermissions is making, changing and, outside production, removing what the program consists of. The guardrails take
// from it what no deployment may do.
//
// Whoever deploys decides what the functions' programs and the roles within the boundary do. So this role comes as far as they
// do: what keeps it from tenants' data in the end is the review of the change that it deploys. What it may not do is to reach
// there by itself: read a secret, call the provisioner, or leave the boundary.
func (a *account) deployPermissions() string {
	statements := []statement{
		{
			Sid: "Deploy", Effect: allow, Resource: []string{"*"}, // a resource has no name before it is made, and few kinds take a tag for one
			Condition: condition{"StringEquals": {"aws:RequestedRegion": {a.Region, "us-east-1"}}}, // budgets and identities live in the latter
			Action: []string{
				"acm:AddTagsToCertificate", "acm:DeleteCertificate", "acm:RemoveTagsFromCertificate", "acm:RequestCertificate", "acm:UpdateCertificateOptions",
				"budgets:CreateBudgetAction", "budgets:DeleteBudgetAction", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource", "budgets:UpdateBudgetAction",
				"ce:*AnomalyMonitor", "ce:*AnomalySubscription", "ce:TagResource", "ce:UntagResource",
				"cloudtrail:*Tags", "cloudtrail:*Trail", "cloudtrail:*Logging", "cloudtrail:PutEventSelectors",
				"codebuild:*Project", "codebuild:*Webhook",
				"cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutCompositeAlarm", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
				"ec2:*Address", "ec2:*FlowLogs", "ec2:*InternetGateway", "ec2:*LaunchTemplate*", "ec2:*NatGateway", "ec2:*Route", "ec2:*RouteTable*",
				"ec2:*SecurityGroup*", "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc", "ec2:*VpcAttribute", "ec2:*VpcEndpoint*", "ec2:RunInstances",
				"eks:*AccessEntry", "eks:*AccessPolicy", "eks:*Addon", "eks:*Cluster*", "eks:AssociateEncryptionConfig", "eks:*Nodegroup*", "eks:*PodIdentityAssociation", "eks:TagResource", "eks:UntagResource",
				"elasticache:*CacheParameterGroup", "elasticache:*CacheSubnetGroup", "elasticache:*ReplicaCount", "elasticache:*ReplicationGroup*", "elasticache:*Tags*",
				"elasticloadbalancing:*Listener", "elasticloadbalancing:*Tags", "elasticloadbalancing:*TargetGroup", "elasticloadbalancing:CreateLoadBalancer",
				"elasticloadbalancing:DeleteLoadBalancer", "elasticloadbalancing:Modify*Attributes", "elasticloadbalancing:SetSecurityGroups", "elasticloadbalancing:SetSubnets",
				"events:*Rule", "events:*Targets", "events:TagResource", "events:UntagResource",
				"kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:EnableKey*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
				"logs:*LogDelivery", "logs:ListLogDeliveries", "logs:*LogGroup", "logs:*RetentionPolicy", "logs:*ResourcePolicy", "logs:*KmsKey", "logs:TagResource", "logs:UntagResource",
				"rds:*DBInstance", "rds:DeleteDBInstanceAutomatedBackup", "rds:*DBParameterGroup", "rds:*DBSubnetGroup", "rds:*Tags*",
				"route53:AssociateVPCWithHostedZone", // an endpoint's private names
				"ses:*ConfigurationSet*", "ses:*EmailIdentity*", "ses:TagResource", "ses:UntagResource",
				"sns:*Topic", "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe", "sns:Unsubscribe", "sns:*agResource", // Tag and Untag
			},
		},
		{
			Sid: "Buckets", Effect: allow, Resource: a.inBuckets(slices.Concat(dataBuckets, logBuckets)),
			Action: []string{"s3:CreateBucket", "s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"},
		},
		{
			// The names that lead to the edge, and the records by which AWS knows that the domain is ours, also for mail. Route 53 writes a * as \052.
			// Source: Route 53 Developer Guide, "Using IAM policy conditions for fine-grained access control", 2026-11.
			Sid: "NamesOfTheEdge", Effect: allow, Action: []string{"route53:ChangeResourceRecordSets"},
			Resource: []string{"arn:aws:route53:::hostedzone/*"}, // the zone is a setting, made after this role: what may change in it is narrowed
			Condition: condition{
				"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {"A", "CNAME"}},
				"ForAllValues:StringLike":   {"route53:ChangeResourceRecordSetsNormalizedRecordNames": {"app.*", `\052.app.*`, "_*.app.*", "*._domainkey.*"}},
			},
		},
		{
			// EKS makes the Auto Scaling groups of nodes, and names them so.
			Sid: "NodesAreTargets", Effect: allow, Action: []string{"autoscaling:AttachLoadBalancerTargetGroups", "autoscaling:DetachLoadBalancerTargetGroups"},
			Resource: []string{a.arn("autoscaling", a.Region, "autoScalingGroup:*:autoScalingGroupName/eks-*")},
		},
		{
			// The repositories, and what is pushed to them.
			Sid: "Images", Effect: allow, Resource: a.repositories(),
			Action: []string{
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:CompleteLayerUpload", "ecr:CreateRepository", "ecr:*LifecyclePolicy",
				"ecr:*RepositoryPolicy", "ecr:GetDownloadUrlForLayer", "ecr:InitiateLayerUpload", "ecr:PutImage*", "ecr:TagResource", "ecr:UntagResource", "ecr:UploadLayerPart",
			},
		},
		{Sid: "LogInToTheRegistry", Effect: allow, Action: []string{"ecr:GetAuthorizationToken"}, Resource: []string{"*"}}, // it is about no repository
		{
			Sid: "Functions", Effect: allow, Resource: a.functions(),
			Action: []string{
				"lambda:CreateFunction", "lambda:DeleteFunction*", "lambda:PutFunctionConcurrency", "lambda:PutFunctionEventInvokeConfig", "lambda:RemovePermission",
				"lambda:TagResource", "lambda:UntagResource", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration",
			},
		},
		{
			// Stripe's events reach billing through an API. AWS names an API's tags in an ARN of their own.
			// Source: API Gateway Developer Guide, "How Amazon API Gateway works with IAM", 2026-11.
			Sid: "TheWebhook", Effect: allow, Resource: append(a.apis(), "arn:aws:apigateway:"+a.Region+"::/tags/*"),
			Action: []string{"apigateway:*agResource", "apigateway:DELETE", "apigateway:GET", "apigateway:P*"}, // its actions are the methods of HTTP
		},
		{
			// A person writes Stripe's keys and Better Stack's token. No workflow writes them, or reads the former.
			Sid: "SecretsOfPeople", Effect: allow, Resource: []string{a.arn("secretsmanager", a.Region, "secret:billing-secret-*"), a.tokenOfBetterStack()},
			Action: []string{"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:*agResource", "secretsmanager:UpdateSecret"}, // Tag and Untag
		},
		{
			// Whoever deploys makes by it what stands at Better Stack.
			Sid: "BetterStack", Effect: allow, Resource: []string{a.tokenOfBetterStack()}, Action: []string{"secretsmanager:GetSecretValue"},
		},
		{
			Sid: "SecretsOfTheProgram", Effect: allow, Resource: a.secretsOfTheProgram(),
			Action: []string{
				"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue",
				"secretsmanager:*agResource", "secretsmanager:UpdateSecret*", // Tag and Untag; the secret and its versions' stages
			},
		},
		{
			// RDS makes the administrator's password in the caller's name, under a name of its own. Nobody here reads it.
			Sid: "SecretsOfDatabases", Effect: allow, Action: []string{"secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"},
			Resource: []string{a.arn("secretsmanager", a.Region, "secret:rds!*")},
		},
		{
			// The runner's project asks GitHub in the connection's name. A person makes the connection; no deployment does.
			Sid: "ConnectionsOfRunners", Effect: allow, Action: []string{"codeconnections:GetConnection", "codeconnections:PassConnection", "codeconnections:UseConnection"},
			Resource: []string{a.arn("codeconnections", a.Region, "connection/*"), a.arn("codestar-connections", a.Region, "connection/*")},
		},
		a.useKeys([]string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
			// ElastiCache calls in the name of DAX, too: Amazon ElastiCache User Guide, "At-Rest Encryption in ElastiCache".
			"dax", "ec2", "ecr", "eks", "elasticache", "lambda", "logs", "rds", "s3", "secretsmanager", "sns"),
	}
	if !a.production() {
		statements = append(statements, statement{
			Sid: "DeleteImages", Effect: allow, Action: []string{"ecr:BatchDeleteImage", "ecr:DeleteRepository"}, Resource: a.repositories(),
		}, statement{
			Sid: "EmptyBuckets", Effect: allow, Action: []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"}, Resource: a.inBuckets(slices.Concat(dataBuckets, logBuckets)),
		})
	}
	return policy(statements...)
}

// repositories are the environment's, of images.
func (a *account) repositories() []string {
	return []string{a.arn("ecr", a.Region, "repository/"+registry.Prefix(a.Environment)+"*")}
}

// functions are the environment's: each is named by its service.
func (a *account) functions() []string {
	return []string{a.arn("lambda", a.Region, "function:platform-"+a.Environment+"-*")}
}

// apis are those of API Gateway, whose ids are AWS's choice.
func (a *account) apis() []string {
	prefix := "arn:aws:apigateway:" + a.Region + "::/apis"
	return []string{prefix, prefix + "/*"}
}

// identityPermissions is making the roles that the program's parts work in, each within the boundary and under its path, and saying which
// services of AWS call its functions.
func (a *account) identityPermissions() string {
	roles := []string{permissionsboundary.RoleARN(a.Account, "*")} // the provider of AWS ends their names at random
	services := []string{
		"cloudtrail.amazonaws.com", "codebuild.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "lambda.amazonaws.com",
		"monitoring.rds.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com",
	}
	within := []string{permissionsboundary.ARN(a.Account)}
	return policy(
		statement{
			Sid: "RolesWithinTheBoundary", Effect: allow, Resource: roles,
			Action:    []string{"iam:CreateRole", "iam:DeleteRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"},
			Condition: condition{"StringEquals": {"iam:PermissionsBoundary": within}},
		},
		statement{
			Sid: "Roles", Effect: allow, Resource: roles, // these actions know no boundary, but under this path there is no role without it
			Action: []string{"iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"},
		},
		statement{
			Sid: "AttachWhatIsKnown", Effect: allow, Action: []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, Resource: roles,
			Condition: condition{
				"StringEquals": {"iam:PermissionsBoundary": within},
				"ArnLike": {"iam:PolicyARN": {
					"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistry*", "arn:aws:iam::aws:policy/AmazonEKS*", "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy*",
				}},
			},
		},
		statement{
			Sid: "Pass", Effect: allow, Action: []string{"iam:PassRole"}, Resource: roles,
			Condition: condition{"StringEquals": {"iam:PassedToService": services}},
		},
		statement{
			Sid: "ArmTheBreaker", Effect: allow, Action: []string{"iam:PassRole"}, Resource: []string{budget.BreakerRoleARN(a.Account)},
			Condition: condition{"StringEquals": {"iam:PassedToService": {"budgets.amazonaws.com"}}},
		},
		statement{
			// Schedules call the functions, and nobody else is let in: no account, no other service.
			Sid: "LetSchedulesCall", Effect: allow, Action: []string{"lambda:AddPermission"}, Resource: a.functions(),
			Condition: condition{"StringEquals": {"lambda:Principal": {"events.amazonaws.com"}}},
		},
		statement{
			// Stripe's events come through an API, to billing alone.
			Sid: "LetTheWebhookCall", Effect: allow, Action: []string{"lambda:AddPermission"}, Resource: []string{a.arn("lambda", a.Region, "function:platform-"+a.Environment+"-*-billing")},
			Condition: condition{"StringEquals": {"lambda:Principal": {"apigateway.amazonaws.com"}}},
		},
		statement{Sid: "ServicesOwnRoles", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{a.arn("iam", "", "role/aws-service-role/*")}}, // AWS names them
	)
}
