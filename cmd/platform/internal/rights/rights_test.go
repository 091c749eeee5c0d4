package rights_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/rights"
	"github.com/genericcorp/platform/internal/iampolicy"
)

const arn = "arn:aws:iam::123456789012:role/bounded/reader"

// account has the role reader, with two inline policies on two pages, one that is attached, and a boundary.
type account struct{ broken string }

func document(statements string) *string {
	return aws.String(url.QueryEscape(`{"Version": "2012-10-17", "Statement": [` + statements + `]}`))
}

func (a account) fail(operation string) error {
	if a.broken == operation {
		return errors.New("AccessDenied: " + operation)
	}
	return nil
}

func (a account) GetRole(_ context.Context, in *iam.GetRoleInput, _ ...func(*iam.Options)) (*iam.GetRoleOutput, error) {
	if *in.RoleName != "reader" {
		return nil, &types.NoSuchEntityException{}
	}
	return &iam.GetRoleOutput{Role: &types.Role{
		Arn: aws.String(arn), Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("a")}},
		PermissionsBoundary: &types.AttachedPermissionsBoundary{PermissionsBoundaryArn: aws.String("arn:aws:iam::123456789012:policy/bounds")},
	}}, a.fail("GetRole")
}

func (a account) ListRolePolicies(_ context.Context, in *iam.ListRolePoliciesInput, _ ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error) {
	if in.Marker == nil {
		return &iam.ListRolePoliciesOutput{PolicyNames: []string{"one"}, IsTruncated: true, Marker: aws.String("more")}, nil
	}
	return &iam.ListRolePoliciesOutput{PolicyNames: []string{"two"}}, nil
}

func (a account) GetRolePolicy(_ context.Context, in *iam.GetRolePolicyInput, _ ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error) {
	return &iam.GetRolePolicyOutput{PolicyDocument: map[string]*string{
		"one": document(`{"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
			{"Effect": "Allow", "Action": "ec2:StopInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/team": "${aws:PrincipalTag/team}"}}}`),
		"two": document(`{"Sid": "Here", "Effect": "Allow", "Action": "ec2:RunInstances", "Resource": "*", "Condition": {"StringEquals": {"aws:RequestedRegion": "us-east-1"}}},
			{"Effect": "Allow", "Action": "iam:*", "Resource": "*"}`),
	}[*in.PolicyName]}, a.fail("GetRolePolicy")
}

func (a account) ListAttachedRolePolicies(context.Context, *iam.ListAttachedRolePoliciesInput, ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error) {
	return &iam.ListAttachedRolePoliciesOutput{AttachedPolicies: []types.AttachedPolicy{{PolicyArn: aws.String("arn:aws:iam::aws:policy/guardrails")}}}, nil
}

func (a account) GetPolicy(context.Context, *iam.GetPolicyInput, ...func(*iam.Options)) (*iam.GetPolicyOutput, error) {
	return &iam.GetPolicyOutput{Policy: &types.Policy{DefaultVersionId: aws.String("v2")}}, a.fail("GetPolicy")
}

func (a account) GetPolicyVersion(_ context.Context, in *iam.GetPolicyVersionInput, _ ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error) {
	if *in.VersionId != "v2" {
		return nil, errors.New("not the one that holds")
	}
	return &iam.GetPolicyVersionOutput{PolicyVersion: &types.PolicyVersion{Document: map[string]*string{
		"arn:aws:iam::aws:policy/guardrails":      document(`{"Sid": "NoSecrets", "Effect": "Deny", "Action": "s3:*", "Resource": "arn:aws:s3:::b/secret"}`),
		"arn:aws:iam::123456789012:policy/bounds": document(`{"Sid": "Most", "Effect": "Allow", "Action": ["s3:*", "ec2:*"], "Resource": "*"}`),
	}[*in.PolicyArn]}}, a.fail("GetPolicyVersion")
}

func TestExplain(t *testing.T) {
	t.Parallel()
	role, err := rights.Read(t.Context(), account{}, arn)
	require.NoError(t, err)
	for _, c := range []struct {
		action, resource string
		context          iampolicy.Context
		allowed          bool
		by, why          string
		unknown          []string
	}{
		{action: "s3:GetObject", resource: "arn:aws:s3:::b/a", allowed: true, by: "statement Read of inline policy one"},
		{action: "s3:GetObject", resource: "arn:aws:s3:::b/secret", by: "statement NoSecrets of AWS's policy guardrails", why: "with an explicit deny in an identity-based policy"},
		{action: "s3:PutObject", resource: "arn:aws:s3:::b/a", why: "because no identity-based policy allows the s3:PutObject action"},
		{action: "iam:CreateUser", resource: "*", why: "because no permissions boundary allows the iam:CreateUser action"},
		{action: "ec2:RunInstances", resource: "*", allowed: true, by: "statement Here of inline policy two"},
		{action: "ec2:RunInstances", resource: "*", context: iampolicy.Context{"AWS:requestedregion": {"eu-west-1"}}, why: "because no identity-based policy allows the ec2:RunInstances action"},
		{action: "ec2:StopInstances", resource: "*", unknown: []string{"aws:ResourceTag/team"}, why: "because it is not said what AWS sends of a condition key"},
		{action: "ec2:StopInstances", resource: "*", context: iampolicy.Context{"aws:ResourceTag/team": nil}, why: "because no identity-based policy allows the ec2:StopInstances action"},
		{action: "ec2:StopInstances", resource: "*", context: iampolicy.Context{"aws:ResourceTag/team": {"a"}}, allowed: true, by: "statement 2 of inline policy one"},
	} {
		got, err := role.Explain(rights.Question{Action: c.action, Resource: c.resource, Context: c.context, Region: "us-east-1", Now: time.Now()})
		require.NoError(t, err)
		unknown := append([]string{}, c.unknown...)
		require.Equal(t, rights.Answer{
			Role: arn, Action: c.action, Resource: c.resource, Allowed: c.allowed, By: c.by, Why: c.why, Unknown: unknown,
			Policies: []string{"inline policy one", "inline policy two", "AWS's policy guardrails", "permissions boundary bounds"},
		}, got, "%+v", c)
	}
}

// What cannot be read is told, and nothing is said without it.
func TestRead(t *testing.T) {
	t.Parallel()
	_, err := rights.Read(t.Context(), account{}, "writer")
	require.EqualError(t, err, "the account has no role writer: `aws iam list-roles` names all")
	for _, operation := range []string{"GetRole", "GetRolePolicy", "GetPolicy", "GetPolicyVersion"} {
		_, err := rights.Read(t.Context(), account{operation}, "reader")
		require.ErrorContains(t, err, "role reader: AccessDenied: "+operation)
	}
}
