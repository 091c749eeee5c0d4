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

// managed is a policy that stands by itself: several roles share it, or a role's inline policies have no room for it.
type managed struct{ name, description, document string }

// The names of the policies that only bootstrap knows.
const (
	observePolicy    = "platform-observe"
	identityPolicy   = "platform-deployer-identity"
	guardrailsPolicy = "platform-guardrails"
)

// managed are all policies that stand by themselves.
func (a *account) managed() []managed {
	return []managed{
		{permissionsboundary.PolicyName, "The most that the roles of the platform's parts may", a.boundaryPolicy()},
		{observePolicy, "Looking at everything that the program makes, and at no secret's value", a.readPermissions()},
		{identityPolicy, "How a deployment makes the roles of the platform's parts", a.identityPermissions()},
		{guardrailsPolicy, "What no workflow may do", a.guardrails()},
		{budget.BreakerName, "Denies what costs new money; attached while the month's budget is used up", a.breakerPolicy()},
	}
}

// managedARNs are the ARNs of this account's policies with these names.
func (a *account) managedARNs(names ...string) []string {
	arns := make([]string, len(names))
	for i, name := range names {
		arns[i] = a.arn("iam", "", "policy/"+name)
	}
	return arns
}

func (a *account) managedPolicies() []desired {
	var list []desired
	for _, m := range a.managed() {
		list = append(list, a.managedPolicy(m))
	}
	return list
}

func (a *account) managedPolicy(m managed) desired {
	arn := aws.String(a.managedARNs(m.name)[0])
	return desired{
		resource: "policy " + m.name, aspect: "document", want: m.document, same: sameDocument,
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
				PolicyName: aws.String(m.name), PolicyDocument: aws.String(m.document), Description: aws.String(m.description),
			})
			if !isCode(err, "EntityAlreadyExists") {
				return err
			}
			return a.replacePolicy(ctx, arn, m.document)
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
