package bootstrap

import (
	"maps"
	"slices"
	"strings"
)

// readRights is looking at everything that the program makes, and at no secret's value.
func (a *account) readRights() string {
	return policy(statement{
		Sid: "Observe", Effect: allow, Resource: []string{"*"}, // most descriptions cannot be narrowed to a resource
		Action: []string{
			"budgets:Describe*", "budgets:ListTagsForResource", "budgets:ViewBudget", "ce:Describe*", "ce:Get*", "ce:List*",
			"cloudtrail:DescribeTrails", "cloudtrail:Get*", "cloudtrail:ListTags", "cloudwatch:Describe*", "cloudwatch:GetDashboard",
			"cloudwatch:List*", "ec2:Describe*", "ec2:GetLaunchTemplateData", "eks:Describe*", "eks:List*", "elasticache:Describe*", "elasticache:ListTagsForResource",
			"iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*", "lambda:Get*", "lambda:List*",
			"logs:Describe*", "logs:ListTagsForResource", "rds:Describe*", "rds:ListTagsForResource", "route53:Get*", "route53:List*",
			"s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
			"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets",
			"sns:Get*", "sns:List*", "sts:GetCallerIdentity",
		},
	})
}

// stateRights is reading Pulumi's state with its secrets, or writing it as well. Locks are objects like the state.
func (a *account) stateRights(write bool) string {
	bucket := "arn:aws:s3:::" + a.Bucket()
	objects, uses := []string{"s3:GetObject", "s3:GetObjectVersion"}, []string{"kms:Decrypt", "kms:DescribeKey"}
	if write {
		objects = append(objects, "s3:PutObject", "s3:DeleteObject")
		uses = append(uses, "kms:Encrypt", "kms:GenerateDataKey")
	}
	return policy(
		statement{Sid: "Find", Effect: allow, Action: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resource: []string{bucket}},
		statement{Sid: "State", Effect: allow, Action: objects, Resource: []string{bucket + "/*"}},
		statement{
			Sid: "Keys", Effect: allow, Action: uses, Resource: []string{a.arn("kms", a.Region, "key/*")},
			Condition: map[string]map[string][]string{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {stateAlias, secretsAlias}}},
		},
	)
}

// compareRights is the one secret value that a refresh reads: what the program itself put into Secrets Manager.
func (a *account) compareRights() string {
	return policy(statement{
		Sid: "ReadWhatTheProgramWrote", Effect: allow, Action: []string{"secretsmanager:GetSecretValue"},
		Resource:  []string{a.arn("secretsmanager", a.Region, "secret:*")},
		Condition: map[string]map[string][]string{"StringEquals": {"aws:ResourceTag/environment": {a.Environment}}},
	}, a.keysOf("secretsmanager"))
}

// deployRights is making, changing and, outside production, removing what the program consists of.
func (a *account) deployRights() string {
	here := map[string]map[string][]string{"StringEquals": {"aws:RequestedRegion": {a.Region, "us-east-1"}}} // budgets and identities live in the latter
	statements := []statement{
		{
			Sid: "Deploy", Effect: allow, Resource: []string{"*"}, Condition: here, // a resource has no name before it is made
			Action: []string{
				"budgets:*BudgetAction", "budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource",
				"ce:*AnomalyMonitor", "ce:*AnomalySubscription", "ce:TagResource", "ce:UntagResource",
				"cloudtrail:*Tags", "cloudtrail:*Trail", "cloudtrail:*Logging", "cloudtrail:PutEventSelectors",
				"cloudwatch:*Alarms", "cloudwatch:*Dashboards", "cloudwatch:PutDashboard", "cloudwatch:PutMetricAlarm", "cloudwatch:TagResource", "cloudwatch:UntagResource",
				"ec2:*Address", "ec2:*FlowLogs", "ec2:*InternetGateway", "ec2:*LaunchTemplate*", "ec2:*NatGateway", "ec2:*Route", "ec2:*RouteTable",
				"ec2:*SecurityGroup*", "ec2:*Subnet*", "ec2:*Tags", "ec2:*Vpc", "ec2:*VpcAttribute", "ec2:*VpcEndpoint*", "ec2:RunInstances",
				"eks:*AccessEntry", "eks:*AccessPolicy", "eks:*Addon", "eks:*Cluster*", "eks:*Nodegroup*", "eks:*PodIdentityAssociation", "eks:TagResource", "eks:UntagResource",
				"elasticache:*CacheParameterGroup", "elasticache:*CacheSubnetGroup", "elasticache:*ReplicationGroup*", "elasticache:*Tags*",
				"kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription",
				"lambda:*Function*", "lambda:*Permission", "lambda:TagResource", "lambda:UntagResource",
				"logs:*LogGroup", "logs:*RetentionPolicy", "logs:*LogDelivery", "logs:*ResourcePolicy", "logs:AssociateKmsKey", "logs:TagResource", "logs:UntagResource",
				"rds:*DBInstance", "rds:*DBParameterGroup", "rds:*DBSubnetGroup", "rds:*Tags*",
				"s3:CreateBucket", "s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration",
				"secretsmanager:*Secret", "secretsmanager:*ResourcePolicy", "secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue", "secretsmanager:TagResource", "secretsmanager:UntagResource",
				"sns:*Topic", "sns:SetSubscriptionAttributes", "sns:SetTopicAttributes", "sns:Subscribe", "sns:TagResource", "sns:Unsubscribe", "sns:UntagResource",
			},
		},
		a.keysOf("ec2", "eks", "elasticache", "lambda", "logs", "rds", "s3", "secretsmanager", "sns"),
		a.keepState(),
	}
	if a.Environment == "prod" {
		statements = append(statements, statement{
			Sid: "NeverDestroyData", Effect: deny, Resource: []string{"*"},
			Action: []string{
				"cloudtrail:DeleteTrail", "cloudtrail:StopLogging", "eks:DeleteCluster", "elasticache:DeleteReplicationGroup",
				"kms:ScheduleKeyDeletion", "rds:DeleteDBInstance", "s3:DeleteBucket",
			},
		})
	}
	return policy(statements...)
}

// identityRights is making the roles that the program's parts work in. Nothing that bootstrap made can be touched.
func (a *account) identityRights() string {
	roles, policies := a.arn("iam", "", "role/*"), a.arn("iam", "", "policy/*")
	services := []string{
		"budgets.amazonaws.com", "cloudtrail.amazonaws.com", "ec2.amazonaws.com", "eks.amazonaws.com", "lambda.amazonaws.com",
		"monitoring.rds.amazonaws.com", "pods.eks.amazonaws.com", "vpc-flow-logs.amazonaws.com",
	}
	return policy(
		statement{
			Sid: "Roles", Effect: allow, Resource: []string{roles, policies},
			Action: []string{
				"iam:CreatePolicy*", "iam:CreateRole", "iam:DeletePolicy*", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PutRolePolicy",
				"iam:SetDefaultPolicyVersion", "iam:TagPolicy", "iam:TagRole", "iam:UntagPolicy", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole*",
			},
		},
		statement{
			Sid: "AttachWhatIsKnown", Effect: allow, Action: []string{"iam:AttachRolePolicy", "iam:DetachRolePolicy"}, Resource: []string{roles},
			Condition: map[string]map[string][]string{"ArnLike": {"iam:PolicyARN": {
				"arn:aws:iam::aws:policy/AmazonEC2ContainerRegistry*", "arn:aws:iam::aws:policy/AmazonEKS*", "arn:aws:iam::aws:policy/service-role/*", policies}}},
		},
		statement{
			Sid: "Pass", Effect: allow, Action: []string{"iam:PassRole"}, Resource: []string{roles},
			Condition: map[string]map[string][]string{"StringEquals": {"iam:PassedToService": services}},
		},
		statement{Sid: "ServicesOwnRoles", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{a.arn("iam", "", "role/aws-service-role/*")}},
		statement{
			Sid: "KeepWhatBootstrapMade", Effect: deny, Resource: []string{a.arn("iam", "", "role/platform-*"), a.providerARN()},
			NotAction: []string{"iam:Get*", "iam:List*"},
		},
	)
}

// tenantRights is what a tenant's stack owns: its secret, budget, topic and name, made through the provisioner.
func (a *account) tenantRights() string {
	tenants := map[string]map[string][]string{"StringEquals": {"aws:ResourceTag/environment": {a.Environment}}}
	return policy(
		statement{Sid: "Provision", Effect: allow, Action: []string{"lambda:InvokeFunction"}, Resource: []string{a.arn("lambda", a.Region, "function:*")}, Condition: tenants},
		statement{
			Sid: "NewSecrets", Effect: allow, Action: []string{"secretsmanager:CreateSecret", "secretsmanager:TagResource"},
			Resource: []string{a.arn("secretsmanager", a.Region, "secret:*")}, Condition: map[string]map[string][]string{"StringEquals": {"aws:RequestTag/environment": {a.Environment}}},
		},
		statement{
			Sid: "Secrets", Effect: allow, Resource: []string{a.arn("secretsmanager", a.Region, "secret:*")}, Condition: tenants,
			Action: []string{"secretsmanager:DeleteSecret", "secretsmanager:*ResourcePolicy", "secretsmanager:TagResource", "secretsmanager:UntagResource", "secretsmanager:UpdateSecret"},
		},
		statement{Sid: "Budgets", Effect: allow, Action: []string{"budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"}, Resource: []string{a.arn("budgets", "", "budget/*")}},
		statement{Sid: "Names", Effect: allow, Action: []string{"route53:ChangeResourceRecordSets"}, Resource: []string{"arn:aws:route53:::hostedzone/*"}},
		a.keysOf("lambda", "secretsmanager"),
		a.keepState(),
	)
}

// keysOf is using the environment's keys, through the named services alone.
func (a *account) keysOf(services ...string) statement {
	via := make([]string, len(services))
	for i, service := range services {
		via[i] = service + "." + a.Region + ".amazonaws.com"
	}
	return statement{
		Sid: "KeysThroughServices", Effect: allow, Resource: []string{a.arn("kms", a.Region, "key/*")},
		Action:    []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Condition: map[string]map[string][]string{"StringEquals": {"kms:ViaService": via}},
	}
}

// keepState denies to weaken the bucket that the state is in.
func (a *account) keepState() statement {
	return statement{
		Sid: "KeepTheState", Effect: deny, Resource: []string{"arn:aws:s3:::" + a.Bucket()},
		Action: []string{"s3:DeleteBucket*", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration"},
	}
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// joined sorts a list into one text.
func joined(list []string, err error) (string, error) {
	slices.Sort(list)
	return strings.Join(list, " "), err
}
