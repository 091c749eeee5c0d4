package bootstrap

import (
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// tenantPermissions is what a tenant's stack owns: its secret, budget and name, made through the provisioner.
func (a *account) tenantPermissions() string {
	secrets := []string{a.arn("secretsmanager", a.Region, "secret:"+slug.SecretName(a.Environment, "*"))} // every tenant's
	statements := []statement{
		{
			Sid: "Provision", Effect: allow, Action: []string{"lambda:InvokeFunction"},
			Resource: []string{a.arn("lambda", a.Region, "function:"+provisioner.FunctionName(a.Environment, a.Region))},
		},
		{
			Sid: "Secrets", Effect: allow, Resource: secrets,
			Action: []string{
				"secretsmanager:CreateSecret", "secretsmanager:DeleteSecret", "secretsmanager:TagResource", "secretsmanager:UntagResource",
				"secretsmanager:UpdateSecret", // its description and its key; it could write a value, too, which IAM cannot tell
			},
		},
		{
			Sid: "Budgets", Effect: allow, Action: []string{"budgets:ModifyBudget", "budgets:TagResource", "budgets:UntagResource"},
			Resource: []string{a.arn("budgets", "", "budget/"+slug.BudgetName(a.Environment, "*"))}, // every tenant's, and not the environment's own
		},
		{
			Sid: "Names", Effect: allow, Action: []string{"route53:ChangeResourceRecordSets"},
			Resource: []string{"arn:aws:route53:::hostedzone/*"}, // the zone is a setting, made after this role: what may change in it is narrowed
			Condition: condition{
				"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {"CNAME"}},
				"ForAllValues:StringLike":   {"route53:ChangeResourceRecordSetsNormalizedRecordNames": {"*.app.*"}},
			},
		},
		a.useKeys([]string{"kms:Decrypt", "kms:GenerateDataKey"}, "secretsmanager"), // a secret's key is tried when it is made
	}
	return policy(statements...)
}
