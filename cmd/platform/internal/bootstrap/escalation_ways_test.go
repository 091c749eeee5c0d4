package bootstrap

import (
	"slices"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/internal/pulumitest"
)

// way is one way to more than a role has: calls of which each is enough, or is a step that the others are of no use without.
type way struct {
	goal, what string
	calls      []call
}

const (
	aTopic    = "arn:aws:sns:us-east-1:" + pulumitest.Account + ":alerts-topic" + anEnd
	aUser     = iamOf + "user/alice"
	aGroup    = iamOf + "group/platform-people"
	aStranger = aRole + "network-operations" // somebody else's in the account
	aBilling  = aFunction + "platform-prod-us-east-1-billing"
	anImage   = "arn:aws:ecr:us-east-1:" + pulumitest.Account + ":repository/platform-prod/sample"
	aDatabase = "arn:aws:rds:us-east-1:" + pulumitest.Account + ":db:platform-prod-database-main"
	aCache    = "arn:aws:elasticache:us-east-1:" + pulumitest.Account + ":replicationgroup:platform-prod-cache"
	aMachine  = "arn:aws:ec2:us-east-1:" + pulumitest.Account + ":instance/i-1"
	aProject  = "arn:aws:codebuild:us-east-1:" + pulumitest.Account + ":project/platform-prod-us-east-1-runner"
	aRecord   = aLogGroup + "/aws/eks/platform-prod-cluster/cluster"
	aProvider = iamOf + "oidc-provider/" + issuer
)

// usersServices take a role and run a program in it. Those of the program are among them.
var usersServices = []string{
	"apigateway", "apprunner", "autoscaling", "batch", "bedrock", "budgets", "cloudformation", "cloudtrail", "codebuild", "codedeploy", "codepipeline", "config", "datapipeline", "ec2",
	"ecs-tasks", "eks", "eks-fargate-pods", "elasticmapreduce", "events", "firehose", "glue", "imagebuilder", "iot", "lambda", "monitoring.rds", "pods.eks", "sagemaker", "scheduler",
	"ssm", "states", "transfer", "vpc-flow-logs",
}

// each is every action on every resource, in an ordinary call's context.
func each(actions, resources []string) []call {
	return eachWith(circumstances("prod"), actions, resources)
}

func eachWith(context iampolicy.Context, actions, resources []string) (calls []call) {
	for _, action := range actions {
		for _, resource := range resources {
			calls = append(calls, call{action, resource, context})
		}
	}
	return calls
}

// passing hands roles to services.
func passing(roles, services []string) (calls []call) {
	for _, service := range services {
		calls = append(calls, eachWith(with("iam:PassedToService", service+".amazonaws.com"), []string{"iam:PassRole"}, roles)...)
	}
	return calls
}

func one(list ...string) []string { return list }

// without are the services but some.
func without(services []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(services), func(service string) bool { return slices.Contains(some, service) })
}

// ways are those that are published: Rhino Security Labs, "AWS IAM Privilege Escalation Methods and Mitigation"; Bishop Fox, "IAM
// Vulnerable"; Hacking the Cloud, "AWS IAM Privilege Escalation Techniques"; DataDog, pathfinding.cloud; and for resources "Resource-based
// policies" of each service's guide, 2026-11. The others are of this platform.
func ways() []way {
	var all []way
	for _, part := range []struct {
		goal string
		ways []way
	}{
		{"Rights of one's own", ofIdentities()}, {"Users, groups and providers", ofUsers()}, {"A stronger role, through a service", throughServices()},
		{"A function's program, and who calls it", throughFunctions()}, {"The cluster", throughTheCluster()}, {"Secrets and keys", ofSecretsAndKeys()},
		{"Data, state and what others read", ofData()}, {"The network and names", ofTheNetwork()}, {"What watches", ofWatch()},
	} {
		for _, w := range part.ways {
			w.goal = part.goal
			all = append(all, w)
		}
	}
	return all
}

// workflowsRoles are bootstrap's, and one of somebody else.
var workflowsRoles = one(aRole+"platform-administrator", aRole+"platform-deployer", aRole+"platform-tenant", aRole+"platform-drift", aRole+"platform-preview",
	aRole+"platform-developer", aRole+breaker, aStranger)

func ofIdentities() []way {
	policies := one(aPolicy+"platform-boundary", aPolicy+guardrailsPolicy, aPolicy+identityPolicy, aPolicy+observePolicy, aPolicy+breaker, aPolicy+"another")
	return []way{
		{what: "another version of a policy", calls: each(one("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"), policies)},
		{what: "a policy without one of its versions, or none", calls: each(one("iam:DeletePolicyVersion", "iam:DeletePolicy"), policies)},
		{what: "a policy of one's own", calls: each(one("iam:CreatePolicy"), one(aPolicy+"mine", aPolicy+"budget-deny-spend-mine"))},
		{what: "AdministratorAccess for a workflow's role, or a stranger's", calls: eachWith(with("iam:PolicyARN", admin), one("iam:AttachRolePolicy"), workflowsRoles)},
		{what: "AdministratorAccess for a role of the program", calls: eachWith(with("iam:PolicyARN", admin), one("iam:AttachRolePolicy"), one(aPart))},
		{what: "a policy of one's own for a role of the program", calls: eachWith(with("iam:PolicyARN", aPolicy+"mine"), one("iam:AttachRolePolicy"), one(aPart))},
		{what: "AWS's policies of EKS for a role of the program", calls: each(one("iam:AttachRolePolicy"), one(aPart))},
		{what: "a workflow's role without its guardrails", calls: eachWith(with("iam:PolicyARN", aPolicy+guardrailsPolicy), one("iam:DetachRolePolicy"), workflowsRoles)},
		{what: "the deployer's or the developers' role without the breaker", calls: eachWith(with("iam:PolicyARN", aPolicy+breaker), one("iam:DetachRolePolicy"),
			one(aRole+"platform-deployer", aRole+"platform-developer"))},
		{what: "other rights in a workflow's role, or a stranger's", calls: each(one("iam:PutRolePolicy", "iam:DeleteRolePolicy"), workflowsRoles)},
		{what: "other rights in a role of the program", calls: each(one("iam:PutRolePolicy", "iam:DeleteRolePolicy"), one(aPart))},
		{what: "a role of the program without its boundary, or within another", calls: append(each(one("iam:DeleteRolePermissionsBoundary"), one(aPart)),
			eachWith(with("iam:PermissionsBoundary", admin), one("iam:PutRolePermissionsBoundary"), one(aPart))...)},
		{what: "another boundary for a workflow's role, or a stranger's", calls: each(one("iam:PutRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary"), workflowsRoles)},
		{what: "a new role without the boundary", calls: append(eachWith(nil, one("iam:CreateRole"), one(aPart, aRole+"mine")), each(one("iam:CreateRole"), one(aRole+"mine"))...)},
		{what: "a new role within the boundary", calls: each(one("iam:CreateRole"), one(aPart))},
		{what: "the trust of a workflow's role, or a stranger's", calls: each(one("iam:UpdateAssumeRolePolicy"), workflowsRoles)},
		{what: "the trust of a role of the program", calls: each(one("iam:UpdateAssumeRolePolicy"), one(aPart))},
		{what: "longer sessions, or other tags, of a workflow's role", calls: each(one("iam:UpdateRole", "iam:UpdateRoleDescription", "iam:TagRole", "iam:UntagRole", "iam:DeleteRole"), workflowsRoles)},
		{what: "to take a workflow's role, or the breaker's", calls: each(one("sts:AssumeRole"), workflowsRoles[:len(workflowsRoles)-1])},
		{what: "to take a role of the program", calls: each(one("sts:AssumeRole"), one(aPart, aPodsRole, aRole+"bounded/cluster-node"+anEnd))},
		{what: "to take a role in another account", calls: each(one("sts:AssumeRole"), one("arn:aws:iam::999999999999:role/x"))},
		{what: "a session with other rights, of a user or the root user", calls: each(one("sts:GetFederationToken", "sts:AssumeRoot"), one(aUser, somewhere))},
	}
}

func ofUsers() []way {
	return []way{
		{what: "a key or a password for a user", calls: each(one("iam:CreateUser", "iam:CreateAccessKey", "iam:UpdateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile",
			"iam:CreateServiceSpecificCredential", "iam:ResetServiceSpecificCredential"), one(aUser))},
		{what: "another second factor for a user", calls: each(one("iam:DeactivateMFADevice", "iam:EnableMFADevice", "iam:ResyncMFADevice"), one(aUser))},
		{what: "rights for a user", calls: each(one("iam:AttachUserPolicy", "iam:PutUserPolicy", "iam:DetachUserPolicy", "iam:DeleteUserPolicy", "iam:PutUserPermissionsBoundary",
			"iam:DeleteUserPermissionsBoundary"), one(aUser))},
		{what: "rights for a group, or a user in it", calls: each(one("iam:AttachGroupPolicy", "iam:PutGroupPolicy", "iam:AddUserToGroup"), one(aGroup))},
		{what: "a provider of identities that the account trusts", calls: each(one("iam:CreateOpenIDConnectProvider", "iam:AddClientIDToOpenIDConnectProvider",
			"iam:UpdateOpenIDConnectProviderThumbprint", "iam:CreateSAMLProvider", "iam:UpdateSAMLProvider"), one(aProvider, iamOf+"oidc-provider/evil.example", iamOf+"saml-provider/evil"))},
		{what: "roles by certificates, or by AWS's single sign-on", calls: each(one("rolesanywhere:CreateTrustAnchor", "rolesanywhere:CreateProfile", "sso:CreateAccountAssignment",
			"sso:AttachManagedPolicyToPermissionSet", "sso:PutInlinePolicyToPermissionSet"), one(somewhere))},
		{what: "the account out of its organisation, or without its policies", calls: each(one("organizations:LeaveOrganization", "organizations:DetachPolicy", "organizations:DeletePolicy",
			"account:PutAlternateContact"), one(somewhere))},
	}
}

func throughServices() []way {
	ofTheProgram := one("budgets", "cloudtrail", "codebuild", "ec2", "eks", "lambda", "monitoring.rds", "pods.eks", "vpc-flow-logs")
	return []way{
		{what: "to hand a service a workflow's role, or a stranger's", calls: passing(workflowsRoles, without(usersServices, "budgets"))},
		{what: "to hand AWS Budgets the breaker's role", calls: passing(one(aRole+breaker), one("budgets"))},
		{what: "to hand AWS Budgets another role", calls: passing(append(one(aPart), workflowsRoles[:6]...), one("budgets"))},
		{what: "to hand a role of the program to a service that the program does not use", calls: passing(one(aPart), without(usersServices, ofTheProgram...))},
		{what: "to hand a role of the program to a service that the program uses", calls: passing(one(aPart), without(ofTheProgram, "budgets"))},
		{what: "to hand pods the tenants' role", calls: passing(one(aPodsRole), one("pods.eks"))},
		{what: "a program in a service that the platform does not use", calls: each(one("apprunner:CreateService", "batch:RegisterJobDefinition", "batch:SubmitJob",
			"bedrock-agentcore:CreateCodeInterpreter", "cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:CreateChangeSet", "cloudformation:CreateStackSet",
			"codedeploy:CreateDeployment", "codepipeline:CreatePipeline", "datapipeline:CreatePipeline", "datapipeline:PutPipelineDefinition", "ecs:RegisterTaskDefinition",
			"ecs:RunTask", "ecs:ExecuteCommand", "ecs:UpdateService", "elasticmapreduce:RunJobFlow", "glue:CreateDevEndpoint", "glue:UpdateDevEndpoint", "glue:CreateJob", "glue:UpdateJob",
			"imagebuilder:CreateInfrastructureConfiguration", "sagemaker:CreateNotebookInstance", "sagemaker:CreatePresignedNotebookInstanceUrl", "sagemaker:CreateProcessingJob",
			"sagemaker:CreateTrainingJob", "scheduler:CreateSchedule", "states:CreateStateMachine", "states:UpdateStateMachine", "transfer:CreateUser"), one(somewhere))},
		{what: "a build in a role", calls: each(one("codebuild:CreateProject", "codebuild:UpdateProject"), one(aProject))},
		{what: "to start a build, with other commands", calls: each(one("codebuild:StartBuild", "codebuild:StartBuildBatch", "codebuild:RetryBuild", "codebuild:ImportSourceCredentials"), one(aProject))},
		{what: "a machine in a role", calls: each(one("ec2:RunInstances", "ec2:CreateLaunchTemplateVersion"), one(somewhere))},
		{what: "another role on a machine", calls: each(one("iam:CreateInstanceProfile", "iam:AddRoleToInstanceProfile"), one(iamOf+"instance-profile/x"))},
		{what: "a machine's profile", calls: each(one("ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"), one(aMachine))},
		{what: "a machine's first commands, or its metadata for all", calls: each(one("ec2:ModifyInstanceAttribute", "ec2:ModifyInstanceMetadataOptions"), one(aMachine))},
		{what: "commands or a session on a machine", calls: each(one("ssm:SendCommand", "ssm:StartSession", "ssm:ResumeSession", "ssm:CreateAssociation", "ssm:StartAutomationExecution",
			"ssm:CreateDocument", "ssm:UpdateDocument", "ec2-instance-connect:SendSSHPublicKey", "ec2-instance-connect:SendSerialConsoleSSHPublicKey", "ec2:GetPasswordData"), one(aMachine))},
		{what: "other machines for the groups of nodes", calls: each(one("autoscaling:CreateLaunchConfiguration", "autoscaling:CreateAutoScalingGroup", "autoscaling:UpdateAutoScalingGroup"),
			one("arn:aws:autoscaling:us-east-1:"+pulumitest.Account+":autoScalingGroup:1-2:autoScalingGroupName/eks-general-1"))},
		{what: "a rule that calls with a role", calls: each(one("events:PutRule", "events:PutTargets"), one("arn:aws:events:us-east-1:"+pulumitest.Account+":rule/x"))},
		{what: "an action of a budget, which attaches a policy", calls: each(one("budgets:CreateBudgetAction", "budgets:UpdateBudgetAction"), one(aBudget+"/action/1"))},
		{what: "to pull or reset the breaker", calls: each(one("budgets:ExecuteBudgetAction", "budgets:DeleteBudgetAction"), one(aBudget+"/action/1"))},
	}
}

func throughFunctions() []way {
	mapping := "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":event-source-mapping:1"
	layer := "arn:aws:lambda:us-east-1:" + pulumitest.Account + ":layer:x"
	return []way{
		{what: "a new function in a role", calls: each(one("lambda:CreateFunction"), one(provision))},
		{what: "another program in a function", calls: each(one("lambda:UpdateFunctionCode"), one(provision))},
		{what: "other settings of a function: its role, its layers, its environment", calls: each(one("lambda:UpdateFunctionConfiguration"), one(provision))},
		{what: "the program or the settings of somebody else's function", calls: each(one("lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"),
			one(aFunction+"of-somebody-else"))},
		{what: "a layer for functions, or one for other accounts", calls: each(one("lambda:PublishLayerVersion", "lambda:AddLayerVersionPermission"), one(layer, layer+":1"))},
		{what: "a queue or a stream that calls a function", calls: each(one("lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping"), one(mapping, somewhere))},
		{what: "an address of a function", calls: each(one("lambda:CreateFunctionUrlConfig", "lambda:UpdateFunctionUrlConfig", "lambda:InvokeFunctionUrl"), one(provision))},
		{what: "to call the provisioner", calls: each(one("lambda:InvokeFunction", "lambda:InvokeAsync"), one(provision))},
		{what: "to call another function", calls: each(one("lambda:InvokeFunction", "lambda:InvokeAsync"), one(aBilling, aFunction+"of-somebody-else"))},
		{what: "another account, anybody or a bucket that calls a function", calls: slices.Concat(
			eachWith(with("lambda:Principal", "999999999999"), one("lambda:AddPermission"), one(provision, aBilling)), eachWith(with("lambda:Principal", "*"), one("lambda:AddPermission"), one(provision, aBilling)),
			eachWith(with("lambda:Principal", "s3.amazonaws.com"), one("lambda:AddPermission"), one(provision, aBilling)))},
		{what: "a schedule that calls a function", calls: each(one("lambda:AddPermission"), one(provision))},
		{what: "an API that calls billing", calls: eachWith(with("lambda:Principal", "apigateway.amazonaws.com"), one("lambda:AddPermission"), one(aBilling))},
		{what: "an API that calls the provisioner", calls: eachWith(with("lambda:Principal", "apigateway.amazonaws.com"), one("lambda:AddPermission"), one(provision))},
	}
}

func throughTheCluster() []way {
	ofATenants := with("aws:RequestTag/tenant", "acme")
	ofATenants["aws:ResourceTag/tenant"] = []string{"acme"}
	return []way{
		{what: "an administrator of the cluster", calls: each(one("eks:CreateAccessEntry", "eks:UpdateAccessEntry", "eks:AssociateAccessPolicy"), one(aCluster,
			"arn:aws:eks:us-east-1:"+pulumitest.Account+":access-entry/platform-prod-cluster/role/x"))},
		{what: "a role for pods that are no tenant's", calls: each(one("eks:CreatePodIdentityAssociation", "eks:UpdatePodIdentityAssociation"), one(aCluster, aBinding))},
		{what: "a role for a tenant's pods", calls: eachWith(ofATenants, one("eks:CreatePodIdentityAssociation", "eks:UpdatePodIdentityAssociation"), one(aCluster, aBinding))},
		{what: "the tag that makes another's binding a tenant's", calls: eachWith(with("aws:RequestTag/team", "x"), one("eks:TagResource", "eks:UntagResource"), one(aBinding))},
		{what: "another provider of identities for the cluster", calls: each(one("eks:AssociateIdentityProviderConfig"), one(aCluster))},
		{what: "the cluster's API for all, or without its log", calls: each(one("eks:UpdateClusterConfig"), one(aCluster))},
		{what: "nodes or an add-on in another role", calls: each(one("eks:CreateNodegroup", "eks:CreateAddon", "eks:UpdateAddon"), one(aCluster))},
		{what: "pods on Fargate in another role", calls: each(one("eks:CreateFargateProfile"), one(aCluster))},
		{what: "the role of a pod on the node", calls: each(one("eks-auth:AssumeRoleForPodIdentity"), one(aCluster))},
		{what: "another image under the name of one", calls: each(one("ecr:PutImage", "ecr:SetRepositoryPolicy"), one(anImage))},
		{what: "images for other accounts", calls: each(one("ecr:PutRegistryPolicy", "ecr:PutReplicationConfiguration", "ecr:CreatePullThroughCacheRule"), one(somewhere))},
	}
}

func ofSecretsAndKeys() []way {
	secrets := one(ofATenant, ofDatabase, ofTheCache, ofStripe, ofBetter, aSecret+"another")
	ofAcme := with("aws:ResourceTag/kubernetes-namespace", "tenant-acme")
	ofTheState := with("kms:ResourceAliases", stateAlias)
	states := one("arn:aws:kms:us-east-1:"+pulumitest.Account+":"+stateAlias, "arn:aws:kms:us-east-1:"+pulumitest.Account+":"+secretsAlias)
	return []way{
		{what: "what a tenant connects with", calls: eachWith(ofAcme, one("secretsmanager:GetSecretValue"), one(ofATenant))},
		{what: "what the database's administrator connects with", calls: each(one("secretsmanager:GetSecretValue"), one(ofDatabase))},
		{what: "what programs connect to the cache with", calls: each(one("secretsmanager:GetSecretValue"), one(ofTheCache))},
		{what: "the keys of Stripe", calls: each(one("secretsmanager:GetSecretValue"), one(ofStripe))},
		{what: "Better Stack's token", calls: each(one("secretsmanager:GetSecretValue"), one(ofBetter))},
		{what: "somebody else's secret, or a parameter", calls: append(each(one("secretsmanager:GetSecretValue"), one(aSecret+"another")),
			each(one("ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath", "ssm:PutParameter"), one("arn:aws:ssm:us-east-1:"+pulumitest.Account+":parameter/x"))...)},
		{what: "a value of one's own in a tenant's secret", calls: each(one("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"), one(ofATenant))},
		{what: "another description, key or value of a tenant's secret", calls: each(one("secretsmanager:UpdateSecret"), one(ofATenant))},
		{what: "a value in the secret of the database's administrator, of Stripe or of Better Stack", calls: each(one("secretsmanager:PutSecretValue", "secretsmanager:UpdateSecretVersionStage"), one(ofDatabase, ofStripe, ofBetter))},
		{what: "a policy on a secret", calls: each(one("secretsmanager:PutResourcePolicy", "secretsmanager:DeleteResourcePolicy"), secrets)},
		{what: "a copy of a secret elsewhere, or a function that rotates it", calls: each(one("secretsmanager:ReplicateSecretToRegions", "secretsmanager:RotateSecret"),
			one(ofATenant, ofTheCache, ofStripe, ofBetter))},
		{what: "another password of the database's administrator", calls: each(one("secretsmanager:RotateSecret"), one(ofDatabase))},
		{what: "the tag by which pods read a tenant's secret", calls: each(one("secretsmanager:TagResource"), one(ofATenant))},
		{what: "the policy of a key of the environment", calls: each(one("kms:PutKeyPolicy"), one(aKey))},
		{what: "the policy of a key of the state", calls: eachWith(ofTheState, one("kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey", "kms:ScheduleKeyDeletion"), one(aKey))},
		{what: "the names of the state's keys, by which they are told", calls: eachWith(ofTheState, one("kms:CreateAlias", "kms:UpdateAlias", "kms:DeleteAlias"), append(states, aKey))},
		{what: "a grant on a key", calls: each(one("kms:CreateGrant", "kms:RetireGrant"), one(aKey))},
		{what: "to use a key of the environment directly", calls: each(one("kms:Decrypt", "kms:ReEncryptFrom", "kms:GenerateDataKey", "kms:GetParametersForImport", "kms:ReplicateKey"), one(aKey))},
		{what: "to read secrets in the state", calls: eachWith(ofTheState, one("kms:Decrypt"), one(aKey))},
	}
}

func ofData() []way {
	state := one(aState, aState+"/.pulumi/stacks/platform/prod.json")
	return []way{
		{what: "to read the state", calls: each(one("s3:GetObject"), state[1:])},
		{what: "another state of the environment, whose next deployment acts on it", calls: each(one("s3:PutObject", "s3:DeleteObject"), state[1:])},
		{what: "another state of a tenant", calls: each(one("s3:PutObject", "s3:DeleteObject"), one(aState+"/.pulumi/stacks/platform/prod-tenant-acme.json"))},
		{what: "the policy, versions or copies of the state's bucket", calls: each(one("s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketVersioning",
			"s3:PutBucketNotification", "s3:PutReplicationConfiguration", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:DeleteObjectVersion"), state)},
		{what: "the policy of a bucket of data", calls: each(one("s3:PutBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPublicAccessBlock"), one(archives, trail))},
		{what: "copies of a bucket of data elsewhere", calls: each(one("s3:PutReplicationConfiguration", "s3:PutAccessPointPolicy", "s3:CreateAccessPoint", "s3:PutAccountPublicAccessBlock"), one(archives, trail, somewhere))},
		{what: "tenants' archives", calls: each(one("s3:GetObject"), one(archives+"/archives/prod/acme/1"))},
		{what: "another archive of a tenant", calls: each(one("s3:PutObject"), one(archives+"/archives/prod/acme/1"))},
		{what: "the database by another password, or for all", calls: each(one("rds:ModifyDBInstance"), one(aDatabase))},
		{what: "the database by IAM", calls: each(one("rds-db:connect"), one("arn:aws:rds-db:us-east-1:"+pulumitest.Account+":dbuser:db-1/postgres"))},
		{what: "a copy of the database", calls: each(one("rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime", "rds:CreateDBInstanceReadReplica", "rds:CreateDBSnapshot",
			"rds:CopyDBSnapshot", "rds:ModifyDBSnapshotAttribute", "rds:StartExportTask", "rds:DownloadCompleteDBLogFile"), one(aDatabase, somewhere))},
		{what: "the cache by another password", calls: each(one("elasticache:ModifyReplicationGroup"), one(aCache))},
		{what: "the cache by another user, or a copy of it", calls: each(one("elasticache:CreateUser", "elasticache:ModifyUser", "elasticache:Connect", "elasticache:CopySnapshot",
			"elasticache:CreateSnapshot", "elasticache:ExportServerlessCacheSnapshot"), one(aCache, somewhere))},
		{what: "a disk's snapshot for another account", calls: each(one("ec2:ModifySnapshotAttribute", "ec2:ModifyImageAttribute", "ebs:GetSnapshotBlock"), one("arn:aws:ec2:us-east-1::snapshot/snap-1"))},
		{what: "messages of alarms, or in their name", calls: each(one("sns:SetTopicAttributes", "sns:Subscribe", "sns:Publish"), one(aTopic))},
		{what: "a topic for another account", calls: each(one("sns:AddPermission"), one(aTopic))},
		{what: "what is logged, as it comes", calls: each(one("logs:PutSubscriptionFilter", "logs:PutDestination", "logs:PutDestinationPolicy", "logs:CreateExportTask", "logs:PutAccountPolicy"), one(aRecord))},
		{what: "whom CloudWatch Logs lets write", calls: each(one("logs:PutResourcePolicy"), one(somewhere))},
		{what: "to share resources with another account", calls: each(one("ram:CreateResourceShare", "ram:AssociateResourceShare"), one(somewhere))},
	}
}

func ofTheNetwork() []way {
	return []way{
		{what: "a way into the network, or out of it", calls: each(one("ec2:AuthorizeSecurityGroupIngress", "ec2:AuthorizeSecurityGroupEgress", "ec2:CreateRoute"), one(somewhere))},
		{what: "another account's network beside this one", calls: each(one("ec2:CreateVpcPeeringConnection", "ec2:AcceptVpcPeeringConnection", "ec2:CreateTransitGateway", "ec2:CreateVpnConnection",
			"ec2:CreateTrafficMirrorSession", "ec2:CreateNetworkInsightsPath"), one(somewhere))},
		{what: "a tenant's name, or one that is not the edge's", calls: slices.Concat(
			eachWith(ofRecord("A", "acme.app.genericcorp.example"), one("route53:ChangeResourceRecordSets"), one(aZone)),
			eachWith(ofRecord("CNAME", "www.genericcorp.example"), one("route53:ChangeResourceRecordSets"), one(aZone)),
			eachWith(ofRecord("MX", "app.genericcorp.example"), one("route53:ChangeResourceRecordSets"), one(aZone)),
			eachWith(ofRecord("CNAME", "_proof.genericcorp.example"), one("route53:ChangeResourceRecordSets"), one(aZone)))},
		{what: "another zone, or domain", calls: each(one("route53:DeleteHostedZone", "route53:CreateHostedZone", "route53domains:TransferDomain", "route53domains:UpdateDomainNameservers"), one(aZone, somewhere))},
		{what: "a certificate with its key", calls: each(one("acm:ExportCertificate", "acm:ImportCertificate", "acm-pca:IssueCertificate"), one(somewhere))},
		{what: "mail in the company's name", calls: each(one("ses:SendEmail", "ses:SendRawEmail", "ses:PutIdentityPolicy"), one("arn:aws:ses:us-east-1:"+pulumitest.Account+":identity/genericcorp.example"))},
	}
}

func ofWatch() []way {
	return []way{
		{what: "the trail stopped, or recording nothing or elsewhere", calls: each(one("cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
			"cloudtrail:PutInsightSelectors"), one(somewhere))},
		{what: "what the trail has recorded", calls: each(one("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"), one(trail+"/AWSLogs/1"))},
		{what: "records of the cluster, the database and the network", calls: each(one("logs:DeleteLogGroup", "logs:DeleteLogStream", "logs:PutRetentionPolicy"), one(aRecord,
			aLogGroup+"network-flow-log"+anEnd, aLogGroup+"/aws/rds/instance/platform-prod-database-main/postgresql"))},
		{what: "records without their key, or with another", calls: each(one("logs:DisassociateKmsKey", "logs:AssociateKmsKey"), one(aRecord))},
		{what: "the network's log switched off", calls: each(one("ec2:DeleteFlowLogs"), one(somewhere))},
		{what: "threat detection and access analysis switched off", calls: each(one("guardduty:DeleteDetector", "guardduty:UpdateDetector", "guardduty:CreateFilter", "guardduty:DisassociateFromMasterAccount",
			"access-analyzer:DeleteAnalyzer", "access-analyzer:UpdateAnalyzer", "access-analyzer:CreateArchiveRule", "securityhub:DisableSecurityHub", "config:StopConfigurationRecorder"), one(somewhere))},
		{what: "alarms gone", calls: each(one("cloudwatch:DeleteAlarms", "cloudwatch:PutCompositeAlarm", "cloudwatch:PutMetricAlarm"), one("arn:aws:cloudwatch:us-east-1:"+pulumitest.Account+":alarm:x"))},
		{what: "alarms silent", calls: each(one("cloudwatch:DisableAlarmActions", "cloudwatch:SetAlarmState"), one("arn:aws:cloudwatch:us-east-1:"+pulumitest.Account+":alarm:x"))},
		{what: "another limit of the budget", calls: each(one("budgets:ModifyBudget"), one(aBudget))},
	}
}
