package authz

import (
	"context"
	"fmt"
	"strings"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
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
	aliases, err := j.aliasesOf(ctx, key.ARN)
	if err != nil {
		return call{}, err
	}
	c := call{
		action: action, resource: key.ARN, policy: []iampolicy.Document{key.Policy}, decides: true, noted: true,
		context: iampolicy.Context{
			"kms:ViaService": {service + "." + j.Account.Region + ".amazonaws.com"}, "kms:CallerAccount": {j.Account.ID},
			"kms:EncryptionContext:" + contextKey: {contextValue},
		},
		absent: []string{"kms:resourcealiases", "kms:bypasspolicylockoutsafetycheck", "kms:grantisforawsresource", "kms:encryptioncontext:aws:logs:arn", "kms:encryptioncontext:aws:cloudtrail:arn"},
	}
	if len(aliases) > 0 {
		c.context["kms:ResourceAliases"] = aliases
	}
	return c, nil
}

// aliasesOf are the names of a key, by its ARN.
func (j *Judge) aliasesOf(ctx context.Context, key string) (names []string, err error) {
	id := key[strings.LastIndex(key, "/")+1:]
	out, err := j.Account.Ask(ctx, j.Emulator, "kms", "TrentService.ListAliases", map[string]any{"KeyId": id})
	if err != nil {
		return nil, fmt.Errorf("the aliases of the key %s: %w", id, err)
	}
	list, _ := out["Aliases"].([]any)
	for _, each := range list {
		if alias, ok := each.(map[string]any); ok && awsapi.Text(alias, "TargetKeyId") == id { // the emulator tells AWS's own as well
			names = append(names, awsapi.Text(alias, "AliasName"))
		}
	}
	return names, nil
}
