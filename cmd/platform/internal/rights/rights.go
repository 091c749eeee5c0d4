// Package rights tells what a role of the account may, and which statement says so, as IAM would.
package rights

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/genericcorp/platform/internal/iampolicy"
)

// IAM is what is asked of the account.
type IAM interface {
	GetRole(ctx context.Context, in *iam.GetRoleInput, o ...func(*iam.Options)) (*iam.GetRoleOutput, error)
	ListRolePolicies(ctx context.Context, in *iam.ListRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListRolePoliciesOutput, error)
	GetRolePolicy(ctx context.Context, in *iam.GetRolePolicyInput, o ...func(*iam.Options)) (*iam.GetRolePolicyOutput, error)
	ListAttachedRolePolicies(ctx context.Context, in *iam.ListAttachedRolePoliciesInput, o ...func(*iam.Options)) (*iam.ListAttachedRolePoliciesOutput, error)
	GetPolicy(ctx context.Context, in *iam.GetPolicyInput, o ...func(*iam.Options)) (*iam.GetPolicyOutput, error)
	GetPolicyVersion(ctx context.Context, in *iam.GetPolicyVersionInput, o ...func(*iam.Options)) (*iam.GetPolicyVersionOutput, error)
}

// Role is one of the account, with the policies that decide what its sessions may.
type Role struct {
	ARN      string
	Tags     map[string]string
	Policies iampolicy.Policies // its own, and its boundary
}

// Read reads a role, by its name or ARN.
func Read(ctx context.Context, account IAM, name string) (Role, error) {
	name = name[strings.LastIndex(name, "/")+1:]
	found, err := account.GetRole(ctx, &iam.GetRoleInput{RoleName: &name})
	if gone := new(types.NoSuchEntityException); errors.As(err, &gone) {
		//page:none it says what to do
		return Role{}, fmt.Errorf("the account has no role %s: `aws iam list-roles` names all", name)
	}
	if err != nil {
		return Role{}, fmt.Errorf("read role %s: %w", name, err)
	}
	role := Role{ARN: aws.ToString(found.Role.Arn), Tags: map[string]string{}}
	for _, tag := range found.Role.Tags {
		role.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	r := reader{account}
	inline, err := r.inline(ctx, name)
	if err != nil {
		return role, fmt.Errorf("read the policies of role %s: %w", name, err)
	}
	attached, err := r.attached(ctx, name)
	if err != nil {
		return role, fmt.Errorf("read the policies of role %s: %w", name, err)
	}
	role.Policies.Identity = slices.Concat(inline, attached)
	if boundary := found.Role.PermissionsBoundary; boundary != nil {
		document, err := r.managed(ctx, aws.ToString(boundary.PermissionsBoundaryArn), "permissions boundary ")
		if err != nil {
			return role, fmt.Errorf("read the permissions boundary of role %s: %w", name, err)
		}
		role.Policies.Boundary = []iampolicy.Document{document}
	}
	return role, nil
}

type reader struct{ account IAM }

func (r reader) inline(ctx context.Context, role string) (list []iampolicy.Document, err error) {
	pages := iam.NewListRolePoliciesPaginator(r.account, &iam.ListRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, name := range page.PolicyNames {
			got, err := r.account.GetRolePolicy(ctx, &iam.GetRolePolicyInput{RoleName: &role, PolicyName: &name})
			if err != nil {
				return nil, err
			}
			document, err := parse("inline policy "+name, got.PolicyDocument)
			if err != nil {
				return nil, err
			}
			list = append(list, document)
		}
	}
	return list, nil
}

func (r reader) attached(ctx context.Context, role string) (list []iampolicy.Document, err error) {
	pages := iam.NewListAttachedRolePoliciesPaginator(r.account, &iam.ListAttachedRolePoliciesInput{RoleName: &role})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, policy := range page.AttachedPolicies {
			document, err := r.managed(ctx, aws.ToString(policy.PolicyArn), "policy ")
			if err != nil {
				return nil, err
			}
			list = append(list, document)
		}
	}
	return list, nil
}

// ofAWS begins the names of policies that AWS writes, and nobody else can change.
const ofAWS = "AWS's policy "

// managed reads the version that holds of a policy with an ARN of its own.
func (r reader) managed(ctx context.Context, arn, kind string) (iampolicy.Document, error) {
	policy, err := r.account.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: &arn})
	if err != nil {
		return iampolicy.Document{}, err
	}
	version, err := r.account.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: &arn, VersionId: policy.Policy.DefaultVersionId})
	if err != nil {
		return iampolicy.Document{}, err
	}
	if strings.HasPrefix(arn, "arn:aws:iam::aws:") {
		kind = ofAWS
	}
	return parse(kind+arn[strings.LastIndex(arn, "/")+1:], version.PolicyVersion.Document)
}

// parse reads a document, which IAM writes as in a URL.
func parse(name string, text *string) (iampolicy.Document, error) {
	plain, err := url.QueryUnescape(aws.ToString(text))
	if err != nil {
		return iampolicy.Document{}, fmt.Errorf("%s: %w", name, err)
	}
	document, err := iampolicy.Parse(plain)
	if err != nil {
		return iampolicy.Document{}, fmt.Errorf("%s: %w", name, err)
	}
	document.Name = name
	return document, nil
}
