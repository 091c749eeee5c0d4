// Package podidentity lets the pods of one Kubernetes service account act in an IAM role of their own (EKS Pod Identity): they get
// credentials from the agent on their node, and no key is stored anywhere.
package podidentity

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/eks"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/policydoc"
)

// Args says whose pods get a role.
type Args struct {
	Cluster        string             // its name, which the role trusts
	ClusterName    pulumi.StringInput // the same name, known once the cluster is there: Cluster when nil
	Namespace      string
	ServiceAccount string
}

// Identity is a role that pods act in. Pods that use it must come after the association and after what the role may do.
type Identity struct {
	Role        *iam.Role
	Association *eks.PodIdentityAssociation
}

// New makes the role, which may do nothing yet, and binds the service account to it.
func New(ctx *pulumi.Context, name string, args *Args, opts ...pulumi.ResourceOption) (*Identity, error) {
	role, err := iam.NewRole(ctx, name, &iam.RoleArgs{
		Description:      pulumi.Sprintf("Pods of %s in %s of %s", args.ServiceAccount, args.Namespace, args.Cluster),
		AssumeRolePolicy: args.trust(),
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("create role of %s: %w", args.ServiceAccount, err)
	}
	cluster := args.ClusterName
	if cluster == nil {
		cluster = pulumi.String(args.Cluster)
	}
	association, err := Associate(ctx, name, cluster, args.Namespace, args.ServiceAccount, role.Arn, opts...)
	if err != nil {
		return nil, err
	}
	return &Identity{Role: role, Association: association}, nil
}

// Associate binds a service account to a role that is there, whose trust must take its pods.
func Associate(ctx *pulumi.Context, name string, cluster pulumi.StringInput, namespace, serviceAccount string, roleARN pulumi.StringInput,
	opts ...pulumi.ResourceOption) (*eks.PodIdentityAssociation, error) {
	association, err := eks.NewPodIdentityAssociation(ctx, name, &eks.PodIdentityAssociationArgs{
		ClusterName:    cluster,
		Namespace:      pulumi.String(namespace),
		ServiceAccount: pulumi.String(serviceAccount),
		RoleArn:        roleARN,
	}, opts...)
	if err != nil {
		return nil, fmt.Errorf("associate %s: %w", serviceAccount, err)
	}
	return association, nil
}

// trust lets pods of the one service account of this cluster take the role. Pod identity names all three as tags of the session.
func (a *Args) trust() pulumi.StringOutput {
	return policydoc.Document(policydoc.Statement{
		Services: []string{"pods.eks.amazonaws.com"},
		Actions:  []string{"sts:AssumeRole", "sts:TagSession"},
		Conditions: policydoc.Conditions{"StringEquals": {
			"aws:RequestTag/eks-cluster-name":           {pulumi.String(a.Cluster)},
			"aws:RequestTag/kubernetes-namespace":       {pulumi.String(a.Namespace)},
			"aws:RequestTag/kubernetes-service-account": {pulumi.String(a.ServiceAccount)},
		}},
	})
}
