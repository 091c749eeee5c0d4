package bootstrap

import (
	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// guardrails is what no workflow may do, whatever else its role should ever be given: a denial wins over every allowance.
func (a *account) guardrails() string {
	statements := append(a.keepState(), a.keepIdentities()...)
	statements = append(statements, a.keepTenantsSecrets(), keepWatch())
	if a.production() {
		statements = append(statements, a.keepData()...)
	}
	return policy(statements...)
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

// keepIdentities denies to make or change any identity but the roles of the program within their boundary, to hand any other role
// to a service, and to touch what bootstrap made.
func (a *account) keepIdentities() []statement {
	bounded := permissionsboundary.RoleARN(a.Account, "*")
	return []statement{
		{
			Sid: "NothingBeyondTheBoundary", Effect: deny, Resource: []string{"*"},
			Action:    []string{"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"},
			Condition: condition{"StringNotEquals": {"iam:PermissionsBoundary": {permissionsboundary.ARN(a.Account)}}},
		},
		{
			Sid: "NoOtherRoles", Effect: deny, NotResource: []string{bounded},
			Action: []string{
				"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRole*", "iam:DetachRolePolicy", "iam:PutRole*", "iam:TagRole", "iam:UntagRole",
				"iam:UpdateAssumeRolePolicy", "iam:UpdateRole*",
			},
		},
		{
			Sid: "PassNoOther", Effect: deny, Action: []string{"iam:PassRole"}, NotResource: []string{bounded, budget.BreakerRoleARN(a.Account)},
		},
		{
			Sid: "NoOtherIdentities", Effect: deny, Resource: []string{"*"},
			Action: []string{
				"iam:AddClientIDToOpenIDConnectProvider", "iam:AddRoleToInstanceProfile", "iam:AddUserToGroup", "iam:AttachGroupPolicy", "iam:AttachUserPolicy", "iam:CreateAccessKey",
				"iam:CreateGroup", "iam:CreateInstanceProfile", "iam:CreateLoginProfile", "iam:CreateOpenIDConnectProvider", "iam:CreatePolicy*", "iam:CreateSAMLProvider",
				"iam:CreateUser", "iam:*ServiceSpecificCredential", "iam:DeactivateMFADevice", "iam:DeletePolicy*", "iam:DeleteRolePermissionsBoundary", "iam:DeleteUser*",
				"iam:DetachUserPolicy", "iam:EnableMFADevice", "iam:PutGroupPolicy", "iam:PutUser*", "iam:ResyncMFADevice", "iam:SetDefaultPolicyVersion", "iam:UpdateAccessKey",
				"iam:UpdateLoginProfile", "iam:UpdateOpenIDConnectProviderThumbprint", "iam:UpdateSAMLProvider", "organizations:Leave*", "rolesanywhere:Create*", "sso:*",
			},
		},
		{
			Sid: "KeepWhatBootstrapMade", Effect: deny, Resource: []string{a.arn("iam", "", "role/platform-*"), a.arn("iam", "", "policy/platform-*"), a.providerARN()},
			NotAction: []string{"iam:Get*", "iam:List*", "iam:PassRole"}, // which role may be handed on is said above
		},
		{
			// The breaker is the budget's and a person's to pull and to reset.
			Sid: "KeepTheBreaker", Effect: deny, Action: []string{"budgets:ExecuteBudgetAction"}, Resource: []string{"*"},
		},
	}
}

// keepWatch denies to switch off what watches the account.
func keepWatch() statement {
	return statement{
		Sid: "KeepWatch", Effect: deny, Resource: []string{"*"}, // whichever detector and analyzer the account has
		Action: []string{
			"access-analyzer:Delete*", "access-analyzer:UpdateAnalyzer", "guardduty:Delete*", "guardduty:Disassociate*", "guardduty:StopMonitoringMembers", "guardduty:Update*",
		},
	}
}

// keepTenantsSecrets denies to read and to write what a tenant connects with, and to let others do so. Only the provisioner and the
// tenant's own workloads may, and neither is a workflow.
func (a *account) keepTenantsSecrets() statement {
	return statement{
		Sid: "KeepTenantsSecrets", Effect: deny, Resource: []string{a.arn("secretsmanager", a.Region, "secret:"+slug.SecretName("*", "*"))}, // every tenant's
		Action: []string{
			"secretsmanager:*RotateSecret", "secretsmanager:DeleteResourcePolicy", "secretsmanager:GetSecretValue", "secretsmanager:PutResourcePolicy",
			"secretsmanager:PutSecretValue", "secretsmanager:ReplicateSecretToRegions", "secretsmanager:UpdateSecretVersionStage",
		},
	}
}
