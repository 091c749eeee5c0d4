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
	if ctx.Stack() != settings.Environment {
		return fmt.Errorf("stack %s has the settings of environment %s, whose stack is %s: one of them is a copy",
			ctx.Stack(), settings.Environment, settings.Environment)
	}
	caller, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{})
	if err != nil {
		return fmt.Errorf("ask AWS which account this is: %w", err)
	}
	if caller.AccountId == settings.Account {
		return verifyZones(ctx, region, settings)
	}
	err = fmt.Errorf("the AWS credentials are of account %s, expected %s, which %s.account of stack %s says",
		caller.AccountId, settings.Account, settingsKey, ctx.Stack())
	if ctx.DryRun() {
		return ctx.Log.Warn(err.Error()+": a deployment would be refused", nil)
	}
	return err
}
