package secrets

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
)

// NewHandwritten makes a secret without a value: a person puts it in, so that it is in no state. The description says what it is and which page
// tells how. Protected, a deleted secret is recoverable for 30 days; otherwise it is gone at once.
func NewHandwritten(ctx *pulumi.Context, name, description string, keyARN pulumi.StringInput, protected bool, opts ...pulumi.ResourceOption) (pulumi.StringOutput, error) {
	days := 0
	if protected {
		days = recoveryDays
	}
	secret, err := secretsmanager.NewSecret(ctx, name, &secretsmanager.SecretArgs{
		Description: pulumi.String(description), KmsKeyId: keyARN.ToStringOutput().ToStringPtrOutput(), RecoveryWindowInDays: pulumi.Int(days),
		Tags: tagging.RotatedOnDemand(),
	}, opts...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create secret: %w", err)
	}
	return secret.Arn, nil
}
