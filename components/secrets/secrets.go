// Package secrets keeps values in Secrets Manager, encrypted with a key of our own.
//
// No resource policy is attached: another account would need the leave of both the secret's policy and the
// key's, and has neither.
package secrets

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/check"
)

// SecretArgs says what is kept.
type SecretArgs struct {
	Description string // what the secret opens, for people; never the secret
	// Value is kept and is secret in the state whatever it was before.
	Value  pulumi.StringInput
	KeyARN pulumi.StringInput
	// DeletionProtection keeps destroy from deleting the secret, and a deleted one recoverable for 30 days; without it, the
	// secret is gone at once. True when nil.
	DeletionProtection *bool
	// Removable lets destroy delete the secret all the same: of what can be switched off. It stays recoverable as DeletionProtection says.
	Removable bool
}

// Secret is a value in Secrets Manager. The value itself cannot be read from it.
type Secret struct {
	pulumi.ResourceState

	ARN pulumi.StringOutput
}

// maxPrefix keeps the secret's generated name well within Secrets Manager's 512 characters.
const maxPrefix = 400

// recoveryDays is how long a deleted secret is recoverable.
const recoveryDays = 30

// NewSecret keeps a value. All problems of args are reported at once.
func NewSecret(ctx *pulumi.Context, name string, args *SecretArgs, opts ...pulumi.ResourceOption) (*Secret, error) {
	if args == nil {
		args = &SecretArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	s := &Secret{}
	protected := *cmp.Or(args.DeletionProtection, new(true))
	err := ctx.RegisterComponentResourceV2("genericcorp:secrets:Secret", name, pulumi.Map{
		"description":        pulumi.String(args.Description),
		"keyArn":             args.KeyARN,
		"deletionProtection": pulumi.Bool(protected),
	}, s, append(opts, tagging.Component("secrets"))...)
	if err != nil {
		return nil, fmt.Errorf("register secret %q: %w", name, err)
	}
	prefix := naming.Join(maxPrefix, name)
	days := recoveryDays
	if !protected {
		days = 0
	}
	secret, err := secretsmanager.NewSecret(ctx, prefix+"-secret", &secretsmanager.SecretArgs{
		Description:          pulumi.String(args.Description),
		KmsKeyId:             args.KeyARN.ToStringOutput().ToStringPtrOutput(),
		RecoveryWindowInDays: pulumi.Int(days),
		Tags:                 tagging.RotatedOnDemand(),
	}, pulumi.Parent(s), pulumi.Protect(protected && !args.Removable))
	if err != nil {
		return nil, fmt.Errorf("create secret: %w", err)
	}
	version, err := secretsmanager.NewSecretVersion(ctx, prefix+"-version", &secretsmanager.SecretVersionArgs{
		SecretId:     secret.Arn,
		SecretString: args.Value.ToStringOutput().ToStringPtrOutput(), // the AWS SDK makes it secret
	}, pulumi.Parent(s))
	if err != nil {
		return nil, fmt.Errorf("create secret version: %w", err)
	}
	s.ARN = version.SecretId // the secret's ARN, known once there is a value to read
	return s, ctx.RegisterResourceOutputs(s, pulumi.Map{"arn": s.ARN})
}

func (a *SecretArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("secret %q: ", name))
	p.Require(a.Description != "", "description", a.Description, "what the secret opens")
	p.Require(a.Value != nil, "value", nil, "the value to keep")
	p.Require(a.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
	return p.Err()
}
