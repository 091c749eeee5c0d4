package tenant

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"

	"github.com/genericcorp/platform/internal/tenant/slug"
)

// clearTheWay removes, before a creation is repeated, what would refuse it: of the tenant's service account EKS takes one binding
// to a role, and a run that was killed may have made one without noting it.
func (t *Tenants) clearTheWay(ctx context.Context, stack *Opened, tenant string) (warnings []string) {
	if !stack.partial {
		return nil
	}
	resources, err := stack.Resources(ctx)
	if err == nil {
		err = t.removeOrphanedIdentities(ctx, tenant, resources)
	}
	if err != nil {
		warnings = append(warnings, fmt.Sprintf("a run that was killed may have left a binding of tenant %s to a role, which refuses the next: %v", tenant, err))
	}
	return warnings
}

// removeOrphanedIdentities removes the bindings of the tenant's service accounts to roles that its stack, of these resources, does not
// have, where tenants have a place in the cluster.
func (t *Tenants) removeOrphanedIdentities(ctx context.Context, tenant string, resources []apitype.ResourceV3) error {
	config, err := t.aws(ctx)
	if err != nil {
		return err
	}
	if namespaces, _ := t.outputs["tenantNamespaces"].(bool); !namespaces {
		return nil
	}
	cluster, err := t.output(ctx, "clusterName")
	if err != nil {
		return err
	}
	client := eks.NewFromConfig(config)
	pages := eks.NewListPodIdentityAssociationsPaginator(client, &eks.ListPodIdentityAssociationsInput{
		ClusterName: aws.String(cluster), Namespace: aws.String(slug.Namespace(tenant)),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return fmt.Errorf("list the roles of the tenant's pods: %w", err)
		}
		for _, association := range page.Associations {
			if holds(resources, aws.ToString(association.AssociationId)) {
				continue
			}
			_, err := client.DeletePodIdentityAssociation(ctx, &eks.DeletePodIdentityAssociationInput{
				ClusterName: aws.String(cluster), AssociationId: association.AssociationId,
			})
			if err != nil {
				return fmt.Errorf("remove a binding that no stack has: %w", err)
			}
		}
	}
	return nil
}
