package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
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
	role, err := iam.NewRole(b.ctx, b.name+"-"+p.suffix, &iam.RoleArgs{
		Description:      pulumi.Sprintf("Pods of %s in %s", p.serviceAccount, b.physical),
		AssumeRolePolicy: b.trustPods(p.serviceAccount),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("create role of %s: %w", p.serviceAccount, err)
	}
	attachment, err := b.attach(p.suffix+"-policy", role, p.policy)
	if err != nil {
		return nil, err
	}
	association, err := eks.NewPodIdentityAssociation(b.ctx, b.name+"-"+p.suffix, &eks.PodIdentityAssociationArgs{
		ClusterName:    b.parent.Name,
		Namespace:      pulumi.String(systemNamespace),
		ServiceAccount: pulumi.String(p.serviceAccount),
		RoleArn:        role.Arn,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, fmt.Errorf("associate %s: %w", p.serviceAccount, err)
	}
	return []pulumi.Resource{attachment, association}, nil
}

// trustPods lets pods of one service account of this cluster take a role. Pod identity names all three as tags
// of the session.
func (b *builder) trustPods(serviceAccount string) pulumi.StringOutput {
	return policydoc.Document(policydoc.Statement{
		Services: []string{"pods.eks.amazonaws.com"},
		Actions:  []string{"sts:AssumeRole", "sts:TagSession"},
		Conditions: policydoc.Conditions{"StringEquals": {
			"aws:RequestTag/eks-cluster-name":           {pulumi.String(b.physical)},
			"aws:RequestTag/kubernetes-namespace":       {pulumi.String(systemNamespace)},
			"aws:RequestTag/kubernetes-service-account": {pulumi.String(serviceAccount)},
		}},
	})
}
