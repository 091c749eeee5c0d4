package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/network/ports"
)

// makeSecurityGroups makes the groups and says who may talk to whom: the database hears nodes and the
// provisioner, the cache hears nodes, and neither starts a conversation.
func (b *builder) makeSecurityGroups() error {
	n := b.parent
	for _, g := range []struct {
		suffix, description string
		id                  *pulumi.StringOutput
	}{
		{"nodes", "Nodes of the cluster and the pods on them", &n.NodeSecurityGroupID},
		{"database", "The shared database", &n.DatabaseSecurityGroupID},
		{"cache", "The shared cache", &n.CacheSecurityGroupID},
		{"provisioner", "The function that makes the schemas of tenants", &n.ProvisionerSecurityGroupID},
	} {
		id, err := b.securityGroup(g.suffix, g.description)
		if err != nil {
			return err
		}
		*g.id = id
	}
	return b.makeRules()
}

func (b *builder) makeRules() error {
	n := b.parent
	nodes, database, cache, provisioner :=
		n.NodeSecurityGroupID, n.DatabaseSecurityGroupID, n.CacheSecurityGroupID, n.ProvisionerSecurityGroupID
	for _, rule := range []struct {
		make        func(suffix string, group pulumi.StringOutput, description string, port int, from peer) error
		suffix      string
		group       pulumi.StringOutput
		description string
		port        int
		peer        peer
	}{
		{b.ingress, "nodes-from-nodes", nodes, "All between nodes and pods; network policies narrow it", allPorts, peer{group: nodes}},
		{b.egress, "nodes-to-nodes", nodes, "All between nodes and pods; network policies narrow it", allPorts, peer{group: nodes}},
		{b.egress, "nodes-to-database", nodes, "PostgreSQL", ports.Database, peer{group: database}},
		{b.egress, "nodes-to-cache", nodes, "Cache over TLS", ports.Cache, peer{group: cache}},
		{b.egress, "nodes-to-internet", nodes, "HTTPS to AWS, registries and partners", ports.HTTPS, peer{cidr: anywhere}},

		{b.ingress, "database-from-nodes", database, "PostgreSQL from nodes", ports.Database, peer{group: nodes}},
		{b.ingress, "database-from-provisioner", database, "PostgreSQL from the provisioner", ports.Database, peer{group: provisioner}},

		{b.ingress, "cache-from-nodes", cache, "Cache over TLS from nodes", ports.Cache, peer{group: nodes}},

		{b.egress, "provisioner-to-database", provisioner, "PostgreSQL", ports.Database, peer{group: database}},
		{b.egress, "provisioner-to-internet", provisioner, "HTTPS to AWS", ports.HTTPS, peer{cidr: anywhere}},
	} {
		if err := rule.make(rule.suffix, rule.group, rule.description, rule.port, rule.peer); err != nil {
			return err
		}
	}
	return nil
}

// peer is the other side of a rule: a security group or a range of addresses.
type peer struct {
	group pulumi.StringInput
	cidr  string
}

// allPorts stands for every port and protocol.
const allPorts = -1

// securityGroup makes a group without rules.
func (b *builder) securityGroup(suffix, description string) (pulumi.StringOutput, error) {
	group, err := ec2.NewSecurityGroup(b.ctx, b.name+"-"+suffix, &ec2.SecurityGroupArgs{
		VpcId:       b.vpc.ID().ToStringOutput().ToStringPtrOutput(),
		Description: pulumi.String(description),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("create security group %s: %w", suffix, err)
	}
	return group.ID().ToStringOutput(), nil
}

func (b *builder) ingress(suffix string, group pulumi.StringOutput, description string, port int, from peer) error {
	args := &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: group, Description: pulumi.String(description), IpProtocol: pulumi.String("-1"),
	}
	if port != allPorts {
		args.IpProtocol, args.FromPort, args.ToPort = pulumi.String("tcp"), pulumi.Int(port), pulumi.Int(port)
	}
	if from.group != nil {
		args.ReferencedSecurityGroupId = from.group.ToStringOutput().ToStringPtrOutput()
	} else {
		args.CidrIpv4 = pulumi.String(from.cidr)
	}
	if _, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-"+suffix, args, pulumi.Parent(b.parent)); err != nil {
		return fmt.Errorf("create rule %s: %w", suffix, err)
	}
	return nil
}

func (b *builder) egress(suffix string, group pulumi.StringOutput, description string, port int, to peer) error {
	args := &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: group, Description: pulumi.String(description), IpProtocol: pulumi.String("-1"),
	}
	if port != allPorts {
		args.IpProtocol, args.FromPort, args.ToPort = pulumi.String("tcp"), pulumi.Int(port), pulumi.Int(port)
	}
	if to.group != nil {
		args.ReferencedSecurityGroupId = to.group.ToStringOutput().ToStringPtrOutput()
	} else {
		args.CidrIpv4 = pulumi.String(to.cidr)
	}
	if _, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-"+suffix, args, pulumi.Parent(b.parent)); err != nil {
		return fmt.Errorf("create rule %s: %w", suffix, err)
	}
	return nil
}
