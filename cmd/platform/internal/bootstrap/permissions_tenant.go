package bootstrap

import (
	"github.com/genericcorp/platform/components/permissionsboundary"
	"github.com/genericcorp/platform/components/provisioner"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/tenant"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// tenantPermissions is what a tenant's stack owns: its secret and name, made through the provisioner.
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
			Sid: "Names", Effect: allow, Action: []string{"route53:ChangeResourceRecordSets"},
			Resource: []string{"arn:aws:route53:::hostedzone/*"}, // the zone is a setting, made after this role: what may change in it is narrowed
			Condition: condition{
				"ForAllValues:StringEquals": {"route53:ChangeResourceRecordSetsRecordTypes": {"CNAME"}},
				"ForAllValues:StringLike":   {"route53:ChangeResourceRecordSetsNormalizedRecordNames": {"*.app.*"}},
			},
		},
		a.useKeys([]string{"kms:Decrypt", "kms:GenerateDataKey"}, "secretsmanager"), // a secret's key is tried when it is made
	}
	statements = append(statements, a.podsPermissions()...)
	return policy(statements...)
}

// tenantReadPermissions is looking at what a tenant's stack consists of, and for what a run that was killed has left of it.
func (a *account) tenantReadPermissions() string {
	return policy(statement{
		Sid: "ObserveTenants", Effect: allow, Resource: []string{"*"}, // the lists and Route 53's changes know no resource; the others are narrowed where they write
		Action: []string{
			"eks:DescribePodIdentityAssociation", "eks:ListPodIdentityAssociations", "iam:GetRole", "route53:GetChange", "route53:GetHostedZone",
			"route53:ListResourceRecordSets", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy", "secretsmanager:ListSecrets",
		},
	})
}

// podsPermissions is binding tenants' pods to the one role that they share. It makes no role and hands on no other. A binding of
// anybody else's pods is not touched: what tells them is the tag that every resource of a tenant's stack carries.
// Source: Service Authorization Reference, "Amazon Elastic Kubernetes Service", 2026-11.
func (a *account) podsPermissions() []statement {
	associations := []string{a.arn("eks", a.Region, "podidentityassociation/*")} // AWS chooses their names; the engine the cluster's
	return []statement{
		{
			Sid: "BindPods", Effect: allow, Action: []string{"eks:CreatePodIdentityAssociation"}, Resource: []string{a.arn("eks", a.Region, "cluster/*")},
			Condition: condition{"Null": {"aws:RequestTag/" + tagging.KeyTenant: {"false"}}},
		},
		{
			Sid: "TagBindings", Effect: allow, Action: []string{"eks:TagResource"}, Resource: associations,
			Condition: condition{"Null": {"aws:RequestTag/" + tagging.KeyTenant: {"false"}}},
		},
		{
			Sid: "Bindings", Effect: allow, Resource: associations,
			Action:    []string{"eks:DeletePodIdentityAssociation", "eks:TagResource", "eks:UntagResource", "eks:UpdatePodIdentityAssociation"},
			Condition: condition{"Null": {"aws:ResourceTag/" + tagging.KeyTenant: {"false"}}},
		},
		{
			Sid: "HandThePodsTheirRole", Effect: allow, Action: []string{"iam:PassRole"},
			Resource:  []string{permissionsboundary.RoleARN(a.Account, tenant.PodsRole+"-*")}, // the provider of AWS ends its name at random
			Condition: condition{"StringEquals": {"iam:PassedToService": {"pods.eks.amazonaws.com"}}},
		},
	}
}
