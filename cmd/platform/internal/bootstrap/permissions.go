package bootstrap

// condition narrows a statement: an operator, the keys that it looks at, and the values that it takes.
type condition = map[string]map[string][]string

// readPermissions is looking at everything that the program makes, and at no secret's value.
func (a *account) readPermissions() string {
	return policy(statement{
		Sid: "Observe", Effect: allow, Resource: []string{"*"}, // most descriptions cannot be narrowed to a resource
		Action: []string{
			"budgets:Describe*", "budgets:ListTagsForResource", "budgets:ViewBudget", "ce:Describe*", "ce:Get*", "ce:List*",
			"cloudtrail:DescribeTrails", "cloudtrail:Get*", "cloudtrail:ListTags", "cloudwatch:Describe*", "cloudwatch:GetDashboard",
			"cloudwatch:List*", "ec2:Describe*", "eks:Describe*", "eks:List*", "elasticache:Describe*", "elasticache:ListTagsForResource",
			"events:Describe*", "events:List*", "iam:Get*", "iam:List*", "kms:Describe*", "kms:GetKey*", "kms:List*", "lambda:Get*", "lambda:List*",
			"logs:Describe*", "logs:ListTagsForResource", "rds:Describe*", "rds:ListTagsForResource", "route53:Get*", "route53:List*",
			"s3:GetAccelerateConfiguration", "s3:GetBucket*", "s3:GetEncryptionConfiguration", "s3:GetLifecycleConfiguration", "s3:GetReplicationConfiguration", "s3:ListBucket",
			"secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets",
			"sns:Get*", "sns:List*", "sts:GetCallerIdentity",
		},
	})
}

// statePermissions is reading Pulumi's state with its secrets. Whoever writes, writes the stacks whose files and
// folders fit the patterns: Pulumi keeps a stack's locks, history and backups in folders of its name.
func (a *account) statePermissions(writes ...string) string {
	bucket := "arn:aws:s3:::" + a.Bucket()
	uses := []string{"kms:Decrypt", "kms:DescribeKey"}
	statements := []statement{
		{Sid: "Find", Effect: allow, Action: []string{"s3:ListBucket", "s3:GetBucketLocation"}, Resource: []string{bucket}},
		{Sid: "Read", Effect: allow, Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: []string{bucket + "/*"}}, // every stack: a tenant's reads its environment's
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

// comparePermissions is the one secret value that a refresh reads: what the program itself put into Secrets Manager.
func (a *account) comparePermissions() string {
	return policy(statement{
		Sid: "ReadWhatTheProgramWrote", Effect: allow, Action: []string{"secretsmanager:GetSecretValue"},
		Resource: []string{a.arn("secretsmanager", a.Region, "secret:*")}, Condition: a.ofTheEnvironment(), // their names end at random: the tag tells
	}, a.keysOf("secretsmanager"))
}

// ofTheEnvironment is true of what carries the environment's tag.
func (a *account) ofTheEnvironment() condition {
	return condition{"StringEquals": {"aws:ResourceTag/environment": {a.Environment}}}
}

// keysOf is using the environment's keys, through the named services alone.
func (a *account) keysOf(services ...string) statement {
	via := make([]string, len(services))
	for i, service := range services {
		via[i] = service + "." + a.Region + ".amazonaws.com"
	}
	return statement{
		Sid: "KeysThroughServices", Effect: allow, Resource: []string{a.arn("kms", a.Region, "key/*")}, // their ids are AWS's choice, and change
		Action:    []string{"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"},
		Condition: condition{"StringEquals": {"kms:ViaService": via}},
	}
}

// keepState denies to weaken the bucket and the keys that the state is in, and to take old states away.
func (a *account) keepState() []statement {
	bucket := "arn:aws:s3:::" + a.Bucket()
	return []statement{
		{
			Sid: "KeepTheState", Effect: deny, Resource: []string{bucket, bucket + "/*"},
			Action: []string{
				"s3:DeleteBucket*", "s3:DeleteObjectVersion", "s3:PutBucket*", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutReplicationConfiguration",
			},
		},
		{
			Sid: "KeepItsKeys", Effect: deny, Resource: []string{a.arn("kms", a.Region, "key/*")}, Condition: a.ofTheState(),
			Action: []string{"kms:*Alias", "kms:CreateGrant", "kms:Disable*", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion"},
		},
		{
			Sid: "KeepTheirNames", Effect: deny, Action: []string{"kms:*Alias"},
			Resource: []string{a.arn("kms", a.Region, stateAlias), a.arn("kms", a.Region, secretsAlias)},
		},
	}
}
