// Package network makes the network of an environment: a VPC over several availability zones with public,
// private and isolated database subnets, the ways in and out of them, a record of all traffic, and the security
// groups that say who may talk to whom.
package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Network holds the ids of what others attach to. A subnet's id is known only once the subnet has its routes,
// so whatever is placed in it finds its way out.
type Network struct {
	pulumi.ResourceState

	VpcID             pulumi.StringOutput
	PublicSubnetIDs   pulumi.StringArrayOutput // in the order of the zones, as the two below
	PrivateSubnetIDs  pulumi.StringArrayOutput
	DatabaseSubnetIDs pulumi.StringArrayOutput
	DatabaseCIDRs     []string // of the database subnets

	NodeSecurityGroupID        pulumi.StringOutput
	DatabaseSecurityGroupID    pulumi.StringOutput
	CacheSecurityGroupID       pulumi.StringOutput
	ProvisionerSecurityGroupID pulumi.StringOutput
}

// maxPrefix keeps the longest generated name of a child, that of the flow log's role, within IAM's 64 characters.
const maxPrefix = 40

// builder carries what the parts of a network share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   NetworkArgs
	layout []ZoneSubnets
	parent *Network
	vpc    *ec2.Vpc
}

// NewNetwork makes a network. All problems of args are reported at once.
func NewNetwork(ctx *pulumi.Context, name string, args *NetworkArgs, opts ...pulumi.ResourceOption) (*Network, error) {
	full := args.withDefaults()
	cidr, err := full.validate(name)
	if err != nil {
		return nil, err
	}
	layout, err := Layout(cidr, len(full.Zones))
	if err != nil {
		return nil, fmt.Errorf("lay out network %q: %w", name, err)
	}
	n := &Network{}
	for _, zone := range layout {
		n.DatabaseCIDRs = append(n.DatabaseCIDRs, zone.Database.String())
	}
	err = ctx.RegisterComponentResourceV2("genericcorp:network:Network", name, full.inputs(), n,
		append(opts, tagging.Component("network"))...)
	if err != nil {
		return nil, fmt.Errorf("register network %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, layout: layout, parent: n}
	for _, step := range []func() error{b.makeVPC, b.makeFlowLog, b.makeSubnets, b.makeSecurityGroups} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("network %q: %w", name, err)
		}
	}
	return n, ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId":                      n.VpcID,
		"publicSubnetIds":            n.PublicSubnetIDs,
		"privateSubnetIds":           n.PrivateSubnetIDs,
		"databaseSubnetIds":          n.DatabaseSubnetIDs,
		"databaseCidrs":              pulumi.ToStringArray(n.DatabaseCIDRs),
		"nodeSecurityGroupId":        n.NodeSecurityGroupID,
		"databaseSecurityGroupId":    n.DatabaseSecurityGroupID,
		"cacheSecurityGroupId":       n.CacheSecurityGroupID,
		"provisionerSecurityGroupId": n.ProvisionerSecurityGroupID,
	})
}

// makeVPC makes the VPC and closes its default security group, which would else let everything in it talk.
func (b *builder) makeVPC() error {
	vpc, err := ec2.NewVpc(b.ctx, b.name+"-vpc", &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.args.CIDR),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create VPC: %w", err)
	}
	_, err = ec2.NewDefaultSecurityGroup(b.ctx, b.name+"-default", &ec2.DefaultSecurityGroupArgs{
		VpcId:   vpc.ID().ToStringOutput().ToStringPtrOutput(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("close default security group: %w", err)
	}
	b.vpc = vpc
	b.parent.VpcID = vpc.ID().ToStringOutput()
	return nil
}
