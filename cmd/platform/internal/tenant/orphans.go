package tenant

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/components/tagging"
)

// removeOrphans removes what a run made for a tenant and was killed before it could note it: secrets that the tenant's stack,
// of these resources, does not have and that never held anything, and bindings of the tenants' role. Nobody else would ever find them. It
// returns a warning where it could not look for them or remove them: the tenant itself is what it should be.
func (t *Tenants) removeOrphans(ctx context.Context, tenant string, resources []apitype.ResourceV3) (warnings []string) {
	err := errors.Join(t.removeOrphanedSecrets(ctx, tenant, resources), t.removeOrphanedIdentities(ctx, tenant, resources))
	if err != nil {
		warnings = append(warnings, fmt.Sprintf("a run that was killed may have left an empty secret or a role's binding of tenant %s, which no stack has: %v", tenant, err))
	}
	return warnings
}

func (t *Tenants) removeOrphanedSecrets(ctx context.Context, tenant string, resources []apitype.ResourceV3) error {
	config, err := t.aws(ctx)
	if err != nil {
		return err
	}
	client := secretsmanager.NewFromConfig(config)
	pages := secretsmanager.NewListSecretsPaginator(client, &secretsmanager.ListSecretsInput{Filters: []types.Filter{
		{Key: types.FilterNameStringTypeTagKey, Values: []string{tagging.KeyTenant}}, {Key: types.FilterNameStringTypeTagValue, Values: []string{tenant}},
	}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list the tenant's secrets: %w", err)
		}
		for _, secret := range page.SecretList {
			// AWS looks for beginnings, in any tag.
			if !tagged(secret.Tags, tagging.KeyTenant, tenant) || !tagged(secret.Tags, tagging.KeyEnvironment, t.Environment.Name()) ||
				len(secret.SecretVersionsToStages) > 0 || holds(resources, aws.ToString(secret.ARN)) {
				continue
			}
			_, err := client.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: secret.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
			if err != nil {
				return fmt.Errorf("delete a secret that holds nothing: %w", err)
			}
		}
	}
	return nil
}

// holds says whether one of the resources is the one with this ID.
func holds(resources []apitype.ResourceV3, id string) bool {
	return slices.ContainsFunc(resources, func(r apitype.ResourceV3) bool { return string(r.ID) == id })
}

func tagged(tags []types.Tag, key, value string) bool {
	return slices.ContainsFunc(tags, func(tag types.Tag) bool { return aws.ToString(tag.Key) == key && aws.ToString(tag.Value) == value })
}
