// Package cluster makes the Kubernetes cluster of an environment on EKS: a control plane that only the VPC
// reaches, with its secrets encrypted and all its logs kept; nodes that EKS manages; the add-ons that every
// cluster needs, each with just the permissions it uses; and, as a baseline of its own, what has to be in the cluster before the
// first workload.
package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Cluster holds what others need of the cluster. Its values are known only once the control plane answers.
type Cluster struct {
	pulumi.ResourceState

	Name                 pulumi.StringOutput
	Endpoint             pulumi.StringOutput // URL of the Kubernetes API
	Version              pulumi.StringOutput // minor version, "1.35"
	CertificateAuthority pulumi.StringOutput // PEM in base64
	SecurityGroupID      pulumi.StringOutput // of the control plane
	NodeRoleARN          pulumi.StringOutput
	// ScalingGroups are the names of the Auto Scaling groups that EKS makes, one a node group, by the node group's name.
	ScalingGroups map[string]pulumi.StringOutput
}

// maxPrefix keeps the longest generated name of a child, that of a role, within IAM's 64 characters.
const maxPrefix = 36

// builder carries what the parts of a cluster share while they are made.
type builder struct {
	ctx      *pulumi.Context
	name     string // prefix of the children's names
	physical string // the cluster's own name in AWS
	args     ClusterArgs
	parent   *Cluster

	nodeRole *iam.Role
	// beforeNodes must work before a node can: its permissions and its network.
	beforeNodes []pulumi.Resource
	nodeGroups  []pulumi.Resource
}

// NewCluster makes a cluster with its nodes and add-ons. All problems of args are reported at once.
func NewCluster(ctx *pulumi.Context, name string, args *ClusterArgs, opts ...pulumi.ResourceOption) (*Cluster, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	c := &Cluster{ScalingGroups: map[string]pulumi.StringOutput{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:cluster:Cluster", name, full.inputs(), c,
		append(opts, tagging.Component("cluster"))...)
	if err != nil {
		return nil, fmt.Errorf("register cluster %q: %w", name, err)
	}
	b := &builder{
		ctx: ctx, args: full, parent: c,
		name: naming.Join(maxPrefix, name),
		// The log group must exist, encrypted, before EKS would make it by the cluster's name: so the name is ours. EKS
		// may still write it once more after a destroy, in a role of its own that nobody can deny it.
		physical: naming.Join(naming.MaxEKSCluster, ctx.Project(), ctx.Stack(), name),
	}
	for _, step := range []func() error{
		b.makeControlPlane, b.makeAccess, b.makeNodeRole, b.makeAddonsBeforeNodes, b.makeNodeGroups, b.makeAddonsOnNodes,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("cluster %q: %w", name, err)
		}
	}
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"name":                 c.Name,
		"endpoint":             c.Endpoint,
		"version":              c.Version,
		"certificateAuthority": c.CertificateAuthority,
		"securityGroupId":      c.SecurityGroupID,
		"nodeRoleArn":          c.NodeRoleARN,
	})
}
