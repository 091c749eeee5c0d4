package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// verifyTarget refuses to deploy an environment anywhere but where its settings say. A file copied to another stack
// would leave the rules of production behind; credentials of another account would build a second environment there. A
// preview only warns of the account: it makes nothing, and pull requests are previewed on a local cloud.
func verifyTarget(ctx *pulumi.Context, region string, settings *EnvironmentSettings) error {
	if err := verifyName(ctx, "environment "+settings.Environment, settings.Environment); err != nil {
		return err
	}
	right, err := verifyAccount(ctx, settings.Account, fmt.Sprintf("%s.account of stack %s", settingsKey, ctx.Stack()))
	if err != nil {
		return err
	}
	if !right {
		return nil
	}
	return verifyZones(ctx, region, settings)
}

// verifyAccount says whether the credentials are of the account that source says. A deployment is refused when they are not.
func verifyAccount(ctx *pulumi.Context, account, source string) (right bool, err error) {
	caller, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return false, fmt.Errorf("ask AWS which account this is: %w", err)
	}
	if caller.AccountId == account {
		return true, nil
	}
	err = fmt.Errorf("the AWS credentials are of account %s, expected %s, which %s says", caller.AccountId, account, source)
	if ctx.DryRun() {
		return false, ctx.Log.Warn(err.Error()+": a deployment would be refused", nil)
	}
	return false, err
}

// verifyName refuses settings in a stack of another name: a file that was copied would change what another stack has.
func verifyName(ctx *pulumi.Context, of, name string) error {
	if ctx.Stack() == name {
		return nil
	}
	return fmt.Errorf("stack %s has the settings of %s, whose stack is %s: one of them is a copy", ctx.Stack(), of, name)
}
