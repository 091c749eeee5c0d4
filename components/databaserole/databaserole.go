// Package databaserole gives a program of the platform its role on the tenants' database server. The environment's provisioner makes it,
// which alone has the administrator's password: so no password is in the engine's state.
package databaserole

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Args says whose role it is.
type Args struct {
	Environment     string
	Description     string // of the secret, for people
	Service         api.Service
	PasswordVersion int                // a higher one makes a new password
	FunctionName    pulumi.StringInput // the provisioner
	SecretsKeyARN   pulumi.StringInput // of the KMS key that encrypts the password
}

// Role is what the program reads.
type Role struct {
	SecretARN pulumi.StringOutput
	Made      pulumi.Resource // there is a password once this is there
}

// recoveryDays is how long a removed password is recoverable.
const recoveryDays = 30

// New has the provisioner make the role, and its databases. The secret has no value before: the provisioner writes it. It is recoverable
// when the role is removed, where Service.Keep says that the databases stay.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Role, error) {
	days := recoveryDays
	if !args.Service.Keep {
		days = 0
	}
	secret, err := secretsmanager.NewSecret(ctx, name, &secretsmanager.SecretArgs{
		NamePrefix:           pulumi.String(api.ServiceSecretName(args.Environment, args.Service.Name) + "-"),
		Description:          pulumi.String(args.Description),
		KmsKeyId:             args.SecretsKeyARN.ToStringOutput().ToStringPtrOutput(),
		RecoveryWindowInDays: pulumi.Int(days),
		Tags:                 tagging.RotatedOnDemand(),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("create secret: %w", err)
	}
	request := api.Request{Action: api.ActionApplyService, PasswordVersion: args.PasswordVersion, Service: &args.Service}
	made, err := lambda.NewInvocation(ctx, name, &lambda.InvocationArgs{
		FunctionName:   args.FunctionName,
		LifecycleScope: pulumi.String("CRUD"), // create, update and delete call it, and tell it which
		Input: pulumi.JSONMarshal(secret.Arn.ApplyT(func(arn string) api.Request {
			request.SecretARN = arn
			return request
		})),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("call the provisioner: %w", err)
	}
	return &Role{SecretARN: secret.Arn, Made: made}, nil
}
