package cluster

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// adminPolicy is EKS's own access policy that allows everything in a cluster.
const adminPolicy = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"

// Member is a role that is let in, and its group.
type Member struct{ RoleARN, Group string }

// makeAccess lets the administrators and the members in. Access entries are made here rather than by the component of pulumi-eks,
// so that they carry the company's tags.
func (b *builder) makeAccess() error {
	for _, arn := range b.args.Administrators {
		name := b.name + "-administrator-" + administratorName(arn)
		entry, err := eks.NewAccessEntry(b.ctx, name, &eks.AccessEntryArgs{
			ClusterName:  b.parent.Name,
			PrincipalArn: pulumi.String(arn),
			Type:         pulumi.String("STANDARD"),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("let %s in: %w", arn, err)
		}
		_, err = eks.NewAccessPolicyAssociation(b.ctx, name, &eks.AccessPolicyAssociationArgs{
			ClusterName:  b.parent.Name,
			PrincipalArn: pulumi.String(arn),
			PolicyArn:    pulumi.String(adminPolicy),
			AccessScope:  &eks.AccessPolicyAssociationAccessScopeArgs{Type: pulumi.String("cluster")},
		}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{entry}))
		if err != nil {
			return fmt.Errorf("make %s an administrator: %w", arn, err)
		}
	}
	for _, member := range b.args.Members {
		_, err := eks.NewAccessEntry(b.ctx, b.name+"-member-"+administratorName(member.RoleARN), &eks.AccessEntryArgs{
			ClusterName:      b.parent.Name,
			PrincipalArn:     pulumi.String(member.RoleARN),
			Type:             pulumi.String("STANDARD"),
			KubernetesGroups: pulumi.ToStringArray([]string{member.Group}),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("let %s in: %w", member.RoleARN, err)
		}
	}
	return nil
}

// administratorName tells roles apart in resource names: account and path, as "123456789012-team/sre".
func administratorName(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	return parts[4] + "-" + strings.TrimPrefix(parts[5], "role/")
}
