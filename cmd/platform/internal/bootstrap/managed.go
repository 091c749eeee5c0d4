package bootstrap

import (
	"context"
	"net/url"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/genericcorp/platform/components/budget"
	"github.com/genericcorp/platform/components/permissionsboundary"
)

// managedPolicies wants the policies that stand by themselves: the boundary of the program's roles, what the deployer may do with
// roles, the workflows' guardrails, and the breaker's.
func (a *account) managedPolicies() []desired {
	return []desired{
		a.managedPolicy(permissionsboundary.PolicyName, "The most that the roles of the platform's parts may", a.boundaryPolicy()),
		a.managedPolicy(identityPolicy, "How a deployment makes the roles of the platform's parts", a.identityPermissions()),
		a.managedPolicy(guardrailsPolicy, "What no workflow may do", a.guardrails()),
		a.managedPolicy(budget.BreakerName, "Denies what costs new money; attached while the month's budget is used up", a.breakerPolicy()),
	}
}

func (a *account) managedPolicy(name, description, document string) desired {
	arn := aws.String(a.arn("iam", "", "policy/"+name))
	return desired{
		resource: "policy " + name, aspect: "document", want: document, same: sameDocument,
		read: func(ctx context.Context) (string, error) {
			found, err := a.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: arn})
			if err != nil {
				return "", absent(err, "NoSuchEntity")
			}
			out, err := a.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: arn, VersionId: found.Policy.DefaultVersionId})
			if err != nil {
				return "", err
			}
			return url.QueryUnescape(aws.ToString(out.PolicyVersion.Document))
		},
		write: func(ctx context.Context) error {
			_, err := a.iam.CreatePolicy(ctx, &iam.CreatePolicyInput{
				PolicyName: aws.String(name), PolicyDocument: aws.String(document), Description: aws.String(description),
			})
			if !isCode(err, "EntityAlreadyExists") {
				return err
			}
			return a.replacePolicy(ctx, arn, document)
		},
	}
}

// keptVersions is how many versions of a policy AWS keeps.
const keptVersions = 5

// replacePolicy makes the document the policy's default version, in place of its oldest one when there is no room.
func (a *account) replacePolicy(ctx context.Context, arn *string, document string) error {
	out, err := a.iam.ListPolicyVersions(ctx, &iam.ListPolicyVersionsInput{PolicyArn: arn})
	if err != nil {
		return err
	}
	old := slices.DeleteFunc(out.Versions, func(v types.PolicyVersion) bool { return v.IsDefaultVersion })
	if len(old) >= keptVersions-1 {
		oldest := slices.MinFunc(old, func(x, y types.PolicyVersion) int { return aws.ToTime(x.CreateDate).Compare(aws.ToTime(y.CreateDate)) })
		if _, err := a.iam.DeletePolicyVersion(ctx, &iam.DeletePolicyVersionInput{PolicyArn: arn, VersionId: oldest.VersionId}); err != nil {
			return err
		}
	}
	_, err = a.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: arn, PolicyDocument: aws.String(document), SetAsDefault: true})
	return err
}
