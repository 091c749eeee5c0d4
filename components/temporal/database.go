package temporal

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// role is the name of the service, as the provisioner knows it, and of its role in the database.
const role = "temporal"

// recoveryDays is how long a removed password is recoverable.
const recoveryDays = 30

// makeDatabases has the provisioner make the role and its databases. The secret has no value before: the provisioner writes it, so that
// no password is in the engine's state.
func (b *builder) makeDatabases() error {
	days := recoveryDays
	if !*b.args.DeletionProtection {
		days = 0
	}
	secret, err := secretsmanager.NewSecret(b.ctx, b.name, &secretsmanager.SecretArgs{
		NamePrefix:           pulumi.String(api.ServiceSecretName(b.args.Environment, role) + "-"),
		Description:          pulumi.String("The password of Temporal's role in the database, as a password file of PostgreSQL"),
		KmsKeyId:             b.args.SecretsKeyARN.ToStringOutput().ToStringPtrOutput(),
		RecoveryWindowInDays: pulumi.Int(days),
		Tags:                 tagging.RotatedOnDemand(),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create secret: %w", err)
	}
	request := api.Request{
		Action: api.ActionApplyService, PasswordVersion: b.args.PasswordVersion,
		Service: &api.Service{
			Name: role, Databases: []string{owned.Default, owned.Visibility}, Connections: b.args.connections(), Keep: *b.args.DeletionProtection,
		},
	}
	made, err := lambda.NewInvocation(b.ctx, b.name, &lambda.InvocationArgs{
		FunctionName:   b.args.FunctionName,
		LifecycleScope: pulumi.String("CRUD"), // create, update and delete call it, and tell it which
		Input: pulumi.JSONMarshal(secret.Arn.ApplyT(func(arn string) api.Request {
			request.SecretARN = arn
			return request
		})),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("call the provisioner: %w", err)
	}
	b.secret, b.before = secret.Arn, append(b.before, made)
	return nil
}
