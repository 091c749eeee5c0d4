package bootstrap

import "github.com/genericcorp/platform/components/permissionsboundary"

// parts begin the names of the roles that the program makes: each is called by its component, and AWS's provider adds a
// random end.
var parts = []string{"budget", "cluster", "database", "monitoring", "network", "provisioner"}

// breakerPolicy begins the name of the policy by which the budget's breaker stops new spend.
const breakerPolicy = "budget-deny-spend-"

// deployPermissions is making, changing and, outside production, removing what the program consists of.
func (a *account) deployPermissions() string {
	statements := []statement{
		{
			Sid: "Deploy", Effect: allow, Resource: []string{"*"}, // a resource has no name before it is made, and few kinds take a tag for one
			Condition: condition{"StringEquals": {"aws:RequestedRegion": {a.Region, "us-east-1"}}}, // budgets and identities live in the latter
			Action: []string{
				"budgets:*teBudgetAction", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource", // create, update, delete: not execute
				"ce:*AnomalyMonitor", "ce:*AnomalySubscription", "ce:TagResource", "ce:UntagResource",
				"cloudtrail:*Tags", "cloudtrail:*Trail", "cloudtrail:*Logging", "cloudtrail:PutEventSelectors",
				"cloudwatch:DeleteAlarms", "cloudwatch:DeleteDashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
				"ec2:*Address", "ec2:*FlowLogs", "ec2:*InternetGateway", "ec2:*LaunchTemplate*", "ec2:*NatGateway", "ec2:*Route", "ec2:*RouteTable*",
				"ec2:*SecurityGroup*", "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc", "ec2:*VpcAttribute", "ec2:*VpcEndpoint*", "ec2:RunInstances",
				"eks:*AccessEntry", "eks:*AccessPolicy", "eks:*Addon", "eks:*Cluster*", "eks:AssociateEncryptionConfig", "eks:*Nodegroup*", "eks:*PodIdentityAssociation", "eks:TagResource", "eks:UntagResource",
				"elasticache:*CacheParameterGroup", "elasticache:*CacheSubnetGroup", "elasticache:*ReplicaCount", "elasticache:*ReplicationGroup*", "elasticache:*Tags*",
				"events:*Rule", "events:*Targets", "events:TagResource", "events:UntagResource",
				"kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:EnableKey*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
				"lambda:CreateFunction", "lambda:DeleteFunction", "lambda:*FunctionConcurrency", "lambda:*FunctionEventInvokeConfig", "lambda:UpdateFunction*", "lambda:*Permission", "lambda:TagResource", "lambda:UntagResource",
				"logs:*LogGroup", "logs:*RetentionPolicy", "logs:*LogDelivery", "logs:*ResourcePolicy", "logs:*KmsKey", "logs:TagResource", "logs:UntagResource",
				"rds:*DBInstance", "rds:DeleteDBInstanceAutomatedBackup", "rds:*DBParameterGroup", "rds:*DBSubnetGroup", "rds:*Tags*",
				"route53:AssociateVPCWithHostedZone", // an endpoint's private names
				"s3:CreateBucket", "s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
				"secretsmanager:*Secret", "secretsmanager:*ResourcePolicy", "secretsmanager:TagResource", "secretsmanager:UntagResource",
				"sns:*Topic", "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource",
			},
		},
		{
			Sid: "SecretsOfTheProgram", Effect: allow, Action: []string{"secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"},
			Resource: []string{a.arn("secretsmanager", a.Region, "secret:*")}, Condition: a.ofTheEnvironment(), // their names end at random: the tag tells
		},
		a.keysOf("ec2", "eks", "elasticache", "lambda", "logs", "rds", "s3", "secretsmanager", "sns"),
		{
			// The breaker is the budget's and a person's to pull and to reset.
			Sid: "KeepTheBreaker", Effect: deny, Action: []string{"budgets:ExecuteBudgetAction"}, Resource: []string{"*"},
		},
	}
	statements = append(statements, a.keepState()...)
	if a.production() {
		statements = append(statements, statement{
			Sid: "NeverDestroyData", Effect: deny, Resource: []string{"*"}, Action: destroying,
		})
	} else {
		statements = append(statements, statement{
			Sid: "EmptyBuckets", Effect: allow, Action: []string{"s3:DeleteObject", "s3:DeleteObjectVersion", "s3:ListBucketVersions"},
			Resource: []string{"arn:aws:s3:::*"}, // a bucket's name ends at random; the state's is kept by the denial above
		})
	}
	return policy(statements...)
}

// destroying is what no deployment of production may do.
var destroying = []string{
	"cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "eks:DeleteCluster", "elasticache:DeleteReplicationGroup",
	"kms:ScheduleKeyDeletion", "rds:DeleteDBInstance*", "s3:DeleteBucket",
}

// identityPermissions is making the roles that the program's parts work in. Each stays within the boundary, and nothing that
// bootstrap made can be touched.
func (a *account) identityPermissions() string {
	roles := make([]string, len(parts))
	for i, part := range parts {
		roles[i] = a.arn("iam", "", "role/"+part+"-*") // the provider of AWS ends their names at random
	}
	services := []string{
		"budgets.amazonaws.com", "cloudtrail.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "lambda.amazonaws.com",
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
			Sid: "Roles", Effect: allow, Resource: roles,
			Action: []string{"iam:DeleteRole", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription"},
		},
		statement{
			Sid: "BreakersPolicy", Effect: allow, Resource: []string{a.arn("iam", "", "policy/"+breakerPolicy+"*")}, // its name ends at random
			Action: []string{"iam:CreatePolicy*", "iam:DeletePolicy*", "iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:UntagPolicy"},
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
		statement{Sid: "ServicesOwnRoles", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{a.arn("iam", "", "role/aws-service-role/*")}}, // AWS names them
		statement{
			// Holds even if somebody should give this role more.
			Sid: "NothingBeyondTheBoundary", Effect: deny, Resource: []string{"*"},
			Action:    []string{"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"},
			Condition: condition{"StringNotEquals": {"iam:PermissionsBoundary": within}},
		},
		statement{
			Sid: "NoOtherIdentities", Effect: deny, Resource: []string{"*"},
			Action: []string{
				"iam:AddRoleToInstanceProfile", "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey", "iam:CreateLoginProfile",
				"iam:CreateUser", "iam:DeleteRolePermissionsBoundary", "iam:PutGroupPolicy", "iam:PutUserPolicy", "iam:UpdateLoginProfile",
			},
		},
		statement{
			Sid: "KeepWhatBootstrapMade", Effect: deny, Resource: []string{a.arn("iam", "", "role/platform-*"), a.arn("iam", "", "policy/platform-*"), a.providerARN()},
			NotAction: []string{"iam:Get*", "iam:List*"},
		},
	)
}
