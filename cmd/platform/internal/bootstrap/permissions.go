package bootstrap

// condition narrows a statement: an operator, the keys that it looks at, and the values that it takes.
type condition = map[string]map[string][]string

// readPermissions is looking at everything that the program makes, and at no secret's value.
func (a *account) readPermissions() string {
	return policy(statement{
		Sid: "Observe", Effect: allow, Resource: []string{"*"}, // most descriptions cannot be narrowed to a resource
		Action: []string{
			"acm:DescribeCertificate", "acm:ListTagsForCertificate", "autoscaling:DescribeAutoScalingGroups",
			"budgets:Describe*", "budgets:ListTagsForResource", "budgets:ViewBudget", "ce:Get*", "ce:List*",
			"cloudtrail:DescribeTrails", "cloudtrail:Get*", "cloudtrail:ListTags", "cloudwatch:Describe*", "cloudwatch:GetDashboard",
			"cloudwatch:List*", "codebuild:BatchGetProjects", "ec2:Describe*", "ecr:Describe*", "ecr:GetLifecyclePolicy", "ecr:GetRepositoryPolicy", "ecr:ListTagsForResource",
			"eks:Describe*", "eks:List*", "elasticache:Describe*", "elasticache:ListTagsForResource", "elasticloadbalancing:Describe*",
			"events:Describe*", "events:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*", "lambda:Get*", "lambda:List*",
			"logs:Describe*", "logs:ListTagsForResource", "rds:Describe*", "rds:ListTagsForResource", "route53:Get*", "route53:List*",
			"s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
			"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets",
			"ses:GetConfigurationSet*", "ses:GetEmailIdentity", "ses:ListTagsForResource", "sns:Get*", "sns:List*",
		},
	}, statement{
		Sid: "ObserveTheWebhook", Effect: allow, Action: []string{"apigateway:GET"}, Resource: a.apis(),
	}, statement{
		Sid: "RecommendedReleases", Effect: allow, Action: []string{"ssm:GetParameter"}, // AWS's own, the same for all accounts
		Resource: []string{"arn:aws:ssm:" + a.Region + "::parameter/aws/service/eks/optimized-ami/*"},
	})
}

// rightsPermissions is having IAM report when roles used what they may: to read it is among readPermissions.
func (a *account) rightsPermissions() string {
	return policy(statement{
		Sid: "AskWhatRolesUse", Effect: allow, Action: []string{"iam:GenerateServiceLastAccessedDetails"}, Resource: []string{a.arn("iam", "", "role/*")},
	})
}

// statePermissions is reading Pulumi's state with its secrets. Whoever writes, writes the stacks whose files and
// folders fit the patterns: Pulumi keeps a stack's locks, history and backups in folders of its name.
func (a *account) statePermissions(writes ...string) string {
	bucket := "arn:aws:s3:::" + a.Bucket()
	uses := []string{"kms:Decrypt", "kms:DescribeKey"}
	statements := []statement{
		{Sid: "Find", Effect: allow, Action: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resource: []string{bucket}},
		{Sid: "Read", Effect: allow, Action: []string{"s3:GetObject"}, Resource: []string{bucket + "/*"}}, // every stack: a tenant's reads its environment's
	}
	if len(writes) > 0 {
		uses = append(uses, "kms:Encrypt", "kms:GenerateDataKey")
		write := statement{Sid: "Write", Effect: allow, Action: []string{"s3:PutObject", "s3:DeleteObject"}}
		for _, stack := range writes {
			write.Resource = append(write.Resource, bucket+"/.pulumi/*/platform/"+stack)
		}
		statements = append(statements, write)
	}
	return policy(append(statements, statement{
		Sid: "Keys", Effect: allow, Action: uses, Condition: a.ofTheState(),
		Resource: []string{a.arn("kms", a.Region, "key/*")}, // KMS takes no alias here, and the keys' ids are AWS's choice
	})...)
}

// ofTheState is true of the two keys that bootstrap made.
func (a *account) ofTheState() condition {
	return condition{"ForAnyValue:StringEquals": {"kms:ResourceAliases": {stateAlias, secretsAlias}}}
}

// comparePermissions are the secret values that a refresh reads: what the program itself put into Secrets Manager, and Better Stack's token,
// without which nobody sees what stands there. A tenant's stack has none: the provisioner writes tenants' secrets, and the engine only sees
// that they exist.
func (a *account) comparePermissions() string {
	return policy(
		statement{
			Sid: "ReadWhatTheProgramWrote", Effect: allow, Action: []string{"secretsmanager:GetSecretValue"},
			Resource: append(a.secretsOfTheProgram(), a.tokenOfBetterStack()),
		},
		a.useKeys([]string{"kms:Decrypt"}, "secretsmanager"),
		statement{
			Sid: "TellTheAgeOfNodes", Effect: allow, Action: []string{"cloudwatch:PutMetricData"}, Resource: []string{"*"}, // CloudWatch has no metric as a resource
			Condition: condition{"StringEquals": {"cloudwatch:namespace": {"GenericCorp/Platform"}}},
		},
	)
}

// programSecrets begin the names of the secrets whose values the program writes. A tag would not do to tell them: tenants' secrets
// carry the same ones, and whoever may tag could have any secret.
var programSecrets = []string{"cache-auth-secret-", "edge-public-keys-secret-", "edge-signing-keys-secret-"}

func (a *account) secretsOfTheProgram() []string {
	list := make([]string, len(programSecrets))
	for i, name := range programSecrets {
		list[i] = a.arn("secretsmanager", a.Region, "secret:"+name+"*") // the provider of AWS, and then AWS, end the name at random
	}
	return list
}

// tokenOfBetterStack is the secret that a person writes Better Stack's token into.
func (a *account) tokenOfBetterStack() string {
	return a.arn("secretsmanager", a.Region, "secret:betterstack-secret-*") // its name ends as the others'
}

// useKeys is using the environment's keys, through the named services alone.
func (a *account) useKeys(actions []string, services ...string) statement {
	via := make([]string, len(services))
	for i, service := range services {
		via[i] = service + "." + a.Region + ".amazonaws.com"
	}
	return statement{
		Sid: "KeysThroughServices", Effect: allow, Resource: []string{a.arn("kms", a.Region, "key/*")}, // their ids are AWS's choice, and change
		Action: actions, Condition: condition{"StringEquals": {"kms:ViaService": via}},
	}
}
