package cluster

import (
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/podidentity"
)

// systemNamespace is where EKS puts its add-ons.
const systemNamespace = "kube-system"

// podIdentity lets the pods of one service account act in a role of their own.
type podIdentity struct {
	suffix         string
	serviceAccount string
	policy         string // of AWS's own, by path and name
}

// podIdentity makes the role and binds the service account to it. Pods that use it must come after what it gives.
func (b *builder) podIdentity(p podIdentity) ([]pulumi.Resource, error) {
	identity, err := podidentity.New(b.ctx, b.name+"-"+p.suffix, &podidentity.Args{
		Cluster: b.physical, ClusterName: b.parent.Name, Namespace: systemNamespace, ServiceAccount: p.serviceAccount,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, err
	}
	attachment, err := b.attach(p.suffix+"-policy", identity.Role, p.policy)
	if err != nil {
		return nil, err
	}
	return []pulumi.Resource{attachment, identity.Association}, nil
}
