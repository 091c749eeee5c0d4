package authz

import (
	"context"
	"fmt"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/kmskey"
)

// ofKey is what a service does with a customer-managed key in the name of whoever calls it: the key's policy decides, and leaves it to the
// account where it says so. It is noted, and refused nobody yet. Grants are not evaluated: services make theirs themselves.
//
// Source: KMS Developer Guide, "Key policies in AWS KMS" and "AWS KMS condition keys".
func (j *Judge) ofKey(ctx context.Context, id, action, service, contextKey, contextValue string) (call, error) {
	key, err := kmskey.Read(ctx, j.Account, j.Emulator, id)
	if err != nil {
		return call{}, fmt.Errorf("the key %s: %w", id, err)
	}
	return call{
		action: action, resource: key.ARN, policy: []iampolicy.Document{key.Policy}, decides: true, noted: true,
		context: iampolicy.Context{
			"kms:ViaService": {service + "." + j.Account.Region + ".amazonaws.com"}, "kms:CallerAccount": {j.Account.ID},
			"kms:EncryptionContext:" + contextKey: {contextValue},
		},
		absent: []string{"kms:bypasspolicylockoutsafetycheck", "kms:grantisforawsresource", "kms:encryptioncontext:aws:logs:arn", "kms:encryptioncontext:aws:cloudtrail:arn"},
	}, nil
}
