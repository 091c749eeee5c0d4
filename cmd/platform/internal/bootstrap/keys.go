package bootstrap

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

// The names of the two keys. They are apart, so that a role may read the state without reading its secrets.
const (
	stateAlias   = "alias/platform-state"
	secretsAlias = "alias/platform-secrets"
)

const defaultPolicy = "default" // KMS knows no other name

// key wants one KMS key under an alias. Its policy leaves the permissions to IAM, as the roles below need.
func (a *account) key(alias, purpose string) []desired {
	resource := "key " + alias
	document := policy(statement{
		Sid: "LeaveToIAM", Effect: allow, Principal: principal{"AWS": a.rootARN()}, Action: []string{"kms:*"}, Resource: []string{"*"},
	})
	return []desired{
		{
			resource: resource, aspect: "exists and is enabled", want: string(types.KeyStateEnabled),
			read: func(ctx context.Context) (string, error) {
				key, err := a.findKey(ctx, alias)
				return string(key.KeyState), err
			},
			write: func(ctx context.Context) error { return a.makeKey(ctx, alias, purpose, document) },
		},
		{
			resource: resource, aspect: "yearly rotation", want: "true",
			read: func(ctx context.Context) (string, error) {
				key, err := a.findKey(ctx, alias)
				if err != nil {
					return "", err
				}
				out, err := a.kms.GetKeyRotationStatus(ctx, &kms.GetKeyRotationStatusInput{KeyId: key.KeyId})
				if err != nil {
					return "", err
				}
				return strconv.FormatBool(out.KeyRotationEnabled), nil
			},
			write: func(ctx context.Context) error {
				key, err := a.findKey(ctx, alias)
				if err != nil {
					return err
				}
				_, err = a.kms.EnableKeyRotation(ctx, &kms.EnableKeyRotationInput{KeyId: key.KeyId})
				return err
			},
		},
		{
			resource: resource, aspect: "policy", want: document, same: sameDocument,
			read: func(ctx context.Context) (string, error) {
				key, err := a.findKey(ctx, alias)
				if err != nil {
					return "", err
				}
				out, err := a.kms.GetKeyPolicy(ctx, &kms.GetKeyPolicyInput{KeyId: key.KeyId, PolicyName: aws.String(defaultPolicy)})
				if err != nil {
					return "", err
				}
				return aws.ToString(out.Policy), nil
			},
			write: func(ctx context.Context) error {
				key, err := a.findKey(ctx, alias)
				if err != nil {
					return err
				}
				_, err = a.kms.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{
					KeyId: key.KeyId, PolicyName: aws.String(defaultPolicy), Policy: aws.String(document)})
				return err
			},
		},
	}
}

// findKey returns the key under an alias, or errAbsent.
func (a *account) findKey(ctx context.Context, alias string) (types.KeyMetadata, error) {
	out, err := a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String(alias)})
	var missing *types.NotFoundException
	if errors.As(err, &missing) {
		return types.KeyMetadata{}, errAbsent
	}
	if err != nil {
		return types.KeyMetadata{}, err
	}
	return *out.KeyMetadata, nil
}

// makeKey makes a key with its alias, or brings back one that was disabled or is about to be deleted.
func (a *account) makeKey(ctx context.Context, alias, purpose, document string) error {
	key, err := a.findKey(ctx, alias)
	if err == nil {
		return a.reviveKey(ctx, key)
	}
	if !errors.Is(err, errAbsent) {
		return err
	}
	made, err := a.findUnnamedKey(ctx, alias)
	if err != nil {
		return err
	}
	if made == "" {
		out, err := a.kms.CreateKey(ctx, &kms.CreateKeyInput{
			Description: aws.String("Encrypts " + purpose), Policy: aws.String(document),
			Tags: []types.Tag{{TagKey: aws.String(aliasTag), TagValue: aws.String(alias)}},
		})
		if err != nil {
			return fmt.Errorf("create the key: %w", err)
		}
		made = aws.ToString(out.KeyMetadata.KeyId)
	}
	_, err = a.kms.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(alias), TargetKeyId: aws.String(made)})
	if err != nil {
		return fmt.Errorf("name the key: %w", err)
	}
	return nil
}

func (a *account) reviveKey(ctx context.Context, key types.KeyMetadata) error {
	if key.KeyState == types.KeyStatePendingDeletion {
		if _, err := a.kms.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: key.KeyId}); err != nil {
			return fmt.Errorf("cancel the deletion: %w", err)
		}
	}
	if _, err := a.kms.EnableKey(ctx, &kms.EnableKeyInput{KeyId: key.KeyId}); err != nil {
		return fmt.Errorf("enable the key: %w", err)
	}
	return nil
}

// aliasTag is on a key which alias it is for, so that a run that was stopped between the two is continued.
const aliasTag = "genericcorp:alias"

// findUnnamedKey returns the key that an earlier run made for the alias without coming to name it, or "".
func (a *account) findUnnamedKey(ctx context.Context, alias string) (string, error) {
	pages := kms.NewListKeysPaginator(a.kms, &kms.ListKeysInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return "", fmt.Errorf("list the keys: %w", err)
		}
		for _, entry := range page.Keys {
			if a.isFor(ctx, entry.KeyId, alias) {
				return aws.ToString(entry.KeyId), nil
			}
		}
	}
	return "", nil
}

// isFor tells whether a key is an enabled one made for the alias. Keys that may not be looked at are not.
func (a *account) isFor(ctx context.Context, id *string, alias string) bool {
	tags, err := a.kms.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: id})
	if err != nil {
		return false
	}
	for _, tag := range tags.Tags {
		if aws.ToString(tag.TagKey) == aliasTag && aws.ToString(tag.TagValue) == alias {
			out, err := a.kms.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: id})
			return err == nil && out.KeyMetadata.KeyState == types.KeyStateEnabled
		}
	}
	return false
}
