// Package kmskey reads KMS keys of the emulator as the services see them that use a key in their own name.
package kmskey

import (
	"context"
	"net/http"

	"github.com/genericcorp/platform/internal/iampolicy"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// Key is a customer-managed key.
type Key struct {
	ARN     string
	Enabled bool
	Policy  iampolicy.Document
}

// Read finds a key by its id, ARN or alias. The error is KMS's own when there is none.
func Read(ctx context.Context, account awsapi.Account, emulator http.Handler, id string) (*Key, error) {
	out, err := account.Ask(ctx, emulator, "kms", "TrentService.DescribeKey", map[string]any{"KeyId": id})
	if err != nil {
		return nil, err
	}
	metadata, _ := out["KeyMetadata"].(map[string]any)
	enabled, _ := metadata["Enabled"].(bool)
	key := &Key{ARN: awsapi.Text(metadata, "Arn"), Enabled: enabled}
	out, err = account.Ask(ctx, emulator, "kms", "TrentService.GetKeyPolicy", map[string]any{
		"KeyId": awsapi.Text(metadata, "KeyId"), "PolicyName": "default",
	})
	if err != nil {
		return nil, err
	}
	key.Policy, err = iampolicy.Parse(awsapi.Text(out, "Policy"))
	return key, err
}

// Denied lists the actions of the calls that a service may not take with the key: all, when it is disabled.
func (k *Key) Denied(calls []iampolicy.Call) []string {
	if k.Enabled {
		return k.Policy.Missing(calls)
	}
	var all []string
	for _, c := range calls {
		all = append(all, c.Action)
	}
	return all
}
