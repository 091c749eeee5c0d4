package bootstrap

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// carriedBy lists, for each condition key of a service, the actions that carry it: of every other action the condition is never
// true, so an allowance is none, and a denial is none either.
//
// Source: Service Authorization Reference, the pages of the services, 2026-09: the keys of an action, and of the resource that it
// is about. https://docs.aws.amazon.com/service-authorization/latest/reference/
var carriedBy = map[string][]string{
	"elasticache:SnapshotRetentionLimit": {"elasticache:ModifyReplicationGroup"},
	"cloudwatch:namespace":               {"cloudwatch:PutMetricData"},
	"ec2:AuthorizedService":              {"ec2:CreateNetworkInterfacePermission"},
	"iam:PassedToService":                {"iam:PassRole"},
	"iam:PermissionsBoundary": {
		"iam:AttachRolePolicy", "iam:CreateRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy",
	},
	"iam:PolicyARN":                            {"iam:AttachRolePolicy", "iam:DetachRolePolicy"},
	"kms:BypassPolicyLockoutSafetyCheck":       {"kms:CreateKey", "kms:PutKeyPolicy"},
	"kms:EncryptionContext:aws:logs:arn":       contextual,
	"kms:EncryptionContext:aws:cloudtrail:arn": contextual,
	// Of the resource "key", so of every action on a key; not of kms:CreateKey and the lists, which are about none.
	"kms:ResourceAliases": {
		"kms:*", "kms:*Alias", "kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Disable*", "kms:Encrypt", "kms:GenerateDataKey", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion",
	},
	"kms:ViaService":   append([]string{"kms:CreateGrant", "kms:DescribeKey"}, contextual...),
	"lambda:Principal": {"lambda:AddPermission", "lambda:RemovePermission"},
	// Every call of a function's own program. AWS Lambda Developer Guide, "Working with Lambda execution environment credentials".
	"lambda:SourceFunctionArn":                              {"*"},
	"route53:ChangeResourceRecordSetsNormalizedRecordNames": {"route53:ChangeResourceRecordSets"},
	"route53:ChangeResourceRecordSetsRecordTypes":           {"route53:ChangeResourceRecordSets"},
	"s3:x-amz-acl": {"s3:PutObject"},
	"s3:prefix":    {"s3:ListBucket", "s3:ListBucketVersions"},
	"secretsmanager:ForceDeleteWithoutRecovery": {"secretsmanager:DeleteSecret"},
	"secretsmanager:RecoveryWindowInDays":       {"secretsmanager:DeleteSecret"},
	"ses:FromAddress":                           {"ses:SendEmail"},
	issuer + ":aud":                             {"sts:AssumeRoleWithWebIdentity"},
	issuer + ":sub":                             {"sts:AssumeRoleWithWebIdentity"},

	// Global keys that every call carries (IAM User Guide, "AWS global condition context keys").
	"aws:RequestedRegion": {"*"}, "aws:SecureTransport": {"*"}, "aws:PrincipalAccount": {"*"}, "aws:PrincipalIsAWSService": {"*"},
	"aws:RequestTag/": {"sts:AssumeRole", "sts:TagSession", "eks:CreatePodIdentityAssociation", "eks:TagResource"},
	// Of a resource that has tags.
	"aws:ResourceTag/": {
		"eks:DeletePodIdentityAssociation", "eks:TagResource", "eks:UntagResource", "eks:UpdatePodIdentityAssociation", "secretsmanager:GetSecretValue",
	},
	// Of a role's session, if it was made with a second factor.
	"aws:MultiFactorAuthPresent": {"sts:AssumeRole"},
}

// contextual are the actions of KMS that take an encryption context.
var contextual = []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKey*", "kms:ReEncrypt*"}

// ofServices are the global keys that only a call of an AWS service in its own name carries.
var ofServices = []string{"aws:SourceAccount", "aws:SourceArn"}

// asAWSWritesIt are statements that AWS's own documentation has in this form, although its reference says otherwise.
var asAWSWritesIt = map[string]string{
	// CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS".
	"LogGroups": "kms:DescribeKey",
}

// Each condition is on a key that the statement's actions carry.
func TestConditionsAreOnKeysThatCallsCarry(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, environment := range []string{"dev", "prod"} {
		for where, text := range everyDocument(t, environment) {
			for _, s := range statementsOf(t, text) {
				for _, keys := range s.Condition {
					for key := range keys {
						checked++
						checkKey(t, environment+", "+where, s, key)
					}
				}
			}
		}
	}
	require.Greater(t, checked, 50)
}

func checkKey(t *testing.T, where string, s iampolicy.Statement, key string) {
	t.Helper()
	if slices.Contains(ofServices, key) {
		require.NotNil(t, s.Principal, "%s, %s: %s is carried by services in their own name alone", where, s.Sid, key)
		assert.Contains(t, *s.Principal, "Service", "%s, %s: %s is carried by services in their own name alone", where, s.Sid, key)
		return
	}
	family := key
	for _, tags := range []string{"aws:RequestTag/", "aws:ResourceTag/"} {
		if strings.HasPrefix(key, tags) {
			family = tags // whatever the tag
		}
	}
	carriers, known := carriedBy[family]
	require.True(t, known, "%s, %s: say in carriedBy which actions carry %s, with the source", where, s.Sid, key)
	require.NotEmpty(t, s.Action, "%s, %s: a condition beside NotAction", where, s.Sid)
	for _, action := range s.Action {
		carried := slices.Contains(carriers, "*") || slices.Contains(carriers, action) || asAWSWritesIt[s.Sid] == action
		assert.True(t, carried, "%s, %s: %s does not carry %s, so the condition is never true of it", where, s.Sid, action, key)
	}
}

// everyDocument gives all policies of an environment, bootstrap's and the program's, by where they are.
func everyDocument(t *testing.T, environment string) map[string]string {
	t.Helper()
	a := accountOf(environment)
	all := map[string]string{"the state's bucket": a.bucketPolicy()}
	for _, m := range a.managed() {
		all[m.name] = m.document
	}
	for _, r := range a.roles() {
		all["trust of "+r.name] = r.trust
		for name, text := range r.permissions {
			all[name+" of "+r.name] = text
		}
	}
	ofBootstrap := len(all)
	for _, r := range planOf(t, environment) {
		for _, property := range []string{"policy", "assumeRolePolicy"} {
			if strings.HasPrefix(r.Type, "aws:") && r.Type != "aws:ecr/lifecyclePolicy:LifecyclePolicy" && r.Has(property) {
				all[r.Type+" "+r.Name+" "+property] = fmt.Sprint(r.Value(t, property))
			}
		}
	}
	require.Greater(t, len(all), ofBootstrap+15, "%v", slices.Sorted(maps.Keys(all)))
	return all
}
