// Package permissionsboundary puts every role that the program makes under one permissions boundary, so that whoever may make roles
// cannot make one with more permissions than his own. The boundary's policy is `platform bootstrap`'s: it is in the account
// before the first deployment, and no deployment may change it.
package permissionsboundary

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// PolicyName is the name of the boundary's policy.
const PolicyName = "platform-boundary"

// Path begins the names of all roles that the program makes, in their ARNs. Few of IAM's actions can be narrowed to roles within a
// boundary (passing a role cannot): where roles are made only within one, the path says the same for all of them.
const Path = "/bounded/"

// ARN is the boundary's policy in an account.
func ARN(account string) string { return "arn:aws:iam::" + account + ":policy/" + PolicyName }

// RoleARN is a role of the program in an account. The name may have wildcards.
func RoleARN(account, name string) string { return "arn:aws:iam::" + account + ":role" + Path + name }

// Register bounds every role that this program registers from now on, and puts it under the path.
func Register(ctx *pulumi.Context, account string) error {
	return ctx.RegisterStackTransformation(func(args *pulumi.ResourceTransformationArgs) *pulumi.ResourceTransformationResult {
		role, ok := args.Props.(*iam.RoleArgs)
		if !ok {
			return nil
		}
		role.PermissionsBoundary = pulumi.String(ARN(account))
		role.Path = pulumi.String(Path)
		return &pulumi.ResourceTransformationResult{Props: role, Opts: args.Opts}
	})
}
