package bootstrap

// boundaryPolicy is the most that any role of the program may. It gives nothing: a role may what both its own policies,
// which name their actions, and this one allow, so wildcards here take in what AWS adds to its own policies of EKS.
// It takes in what the cluster makes by itself (interfaces, volumes and their snapshots, load balancers), which costs money. What is
// not in it: machines, databases, caches and networks; identities, except the ones that AWS makes for its services; deleting
// objects, secrets and logs; and the state.
func (a *account) boundaryPolicy() string {
	statements := []statement{
		{
			Sid: "Parts", Effect: allow, Resource: []string{"*"}, // the roles' own policies name the resources
			Action: []string{
				"autoscaling:Describe*", "autoscaling:UpdateAutoScalingGroup",
				"codeconnections:GetConnection*", // the runner's, to be given jobs by GitHub
				"ec2:*NetworkInterface*", "ec2:*PrivateIpAddresses", "ec2:*Ipv6Addresses", "ec2:*Route", "ec2:*SecurityGroup*", "ec2:*Snapshot*", "ec2:*Tags", "ec2:*Volume*", "ec2:Describe*",
				"ec2:ModifyInstanceAttribute", "ec2:GetSecurityGroupsForVpc",
				"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:BatchImportUpstreamImage", "ecr:Describe*", "ecr:Get*", "ecr:List*",
				"eks:DescribeCluster", "eks-auth:AssumeRoleForPodIdentity", "elasticloadbalancing:*",
				"kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*",
				"logs:CreateLogGroup", "logs:CreateLogStream", "logs:Describe*", "logs:GetLogEvents", "logs:PutLogEvents", "logs:PutRetentionPolicy",
				"s3:AbortMultipartUpload", "s3:GetObject*", "s3:ListBucket*", "s3:ListMultipartUploadParts", "s3:PutObject*",
				"ssm:UpdateInstanceInformation", "ssmmessages:*Channel", // sessions through nodes
				"secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue", "secretsmanager:ListSecrets", "secretsmanager:PutSecretValue",
				"sns:Publish",
			},
		},
		// The morning report asks the provisioner, and is mailed: by its own function's program and by no other.
		{
			Sid: "TheMorningReport", Effect: allow, Action: []string{"lambda:InvokeFunction", "ses:SendEmail"},
			Resource:  []string{a.arn("lambda", a.Region, "function:platform-*-provisioner"), a.arn("ses", a.Region, "*")},
			Condition: condition{"ArnLike": {"lambda:SourceFunctionArn": {a.arn("lambda", a.Region, "function:platform-*-report")}}},
		},
		// It compares the estimate with the bill, which Cost Explorer has for the account as a whole.
		{
			Sid: "TheBill", Effect: allow, Action: []string{"ce:GetCostAndUsage"}, Resource: []string{"*"},
			Condition: condition{"ArnLike": {"lambda:SourceFunctionArn": {a.arn("lambda", a.Region, "function:platform-*-report")}}},
		},
		// Billing asks the provisioner likewise.
		{
			Sid: "Billing", Effect: allow, Action: []string{"lambda:InvokeFunction"}, Resource: []string{a.arn("lambda", a.Region, "function:platform-*-provisioner")},
			Condition: condition{"ArnLike": {"lambda:SourceFunctionArn": {a.arn("lambda", a.Region, "function:platform-*-billing")}}},
		},
		{Sid: "ServicesOwnRoles", Effect: allow, Action: []string{"iam:CreateServiceLinkedRole"}, Resource: []string{a.arn("iam", "", "role/aws-service-role/*")}}, // AWS names them
		{Sid: "NotTheState", Effect: deny, Action: []string{"s3:*"}, Resource: []string{"arn:aws:s3:::" + a.Bucket(), "arn:aws:s3:::" + a.Bucket() + "/*"}},
		{Sid: "NotItsKeys", Effect: deny, Action: []string{"kms:*"}, Resource: []string{a.arn("kms", a.Region, "key/*")}, Condition: a.ofTheState()},
	}
	return policy(statements...)
}
