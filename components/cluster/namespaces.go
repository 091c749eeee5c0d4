package cluster

import (
	"fmt"

	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// restricted makes the API server refuse pods that are not hardened: no root, no privileges, no host access.
var restricted = pulumi.StringMap{
	"pod-security.kubernetes.io/enforce":         pulumi.String("restricted"),
	"pod-security.kubernetes.io/enforce-version": pulumi.String("latest"),
	"pod-security.kubernetes.io/audit":           pulumi.String("restricted"),
	"pod-security.kubernetes.io/warn":            pulumi.String("restricted"),
}

func (b *baselineBuilder) makeNamespaces() error {
	names := pulumi.StringArray{}
	for _, name := range []string{SystemNamespace, TenantsNamespace} {
		namespace, err := corev1.NewNamespace(b.ctx, b.name+"-"+name, &corev1.NamespaceArgs{
			Metadata: &metav1.ObjectMetaArgs{Name: pulumi.String(name), Labels: restricted},
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create namespace %s: %w", name, err)
		}
		inside := []pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{namespace})}
		if err := b.makeNetworkPolicies(name, inside...); err != nil {
			return fmt.Errorf("network policies of %s: %w", name, err)
		}
		if err := b.makeLimits(name, inside...); err != nil {
			return fmt.Errorf("limits of %s: %w", name, err)
		}
		names = append(names, namespace.Metadata.Name().Elem())
	}
	b.parent.Namespaces = names.ToStringArrayOutput()
	return nil
}
