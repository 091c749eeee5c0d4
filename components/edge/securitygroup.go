package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/network/ports"
	"github.com/genericcorp/platform/internal/edge"
)

// anywhere is the whole internet.
const anywhere = "0.0.0.0/0"

// makeSecurityGroup makes the load balancer's group: HTTPS in from everywhere, the proxy's two ports out to the nodes, and nothing else.
// The load balancer must be made with it, since AWS adds none later, and its health checks need the way out. The nodes let in whatever
// comes through the load balancer by naming this group, although they see the clients' addresses and not the load balancer's.
// Source: Elastic Load Balancing, "Update the security groups for your Network Load Balancer", 2026-11.
func (b *builder) makeSecurityGroup() error {
	group, err := ec2.NewSecurityGroup(b.ctx, b.name, &ec2.SecurityGroupArgs{
		VpcId:       b.args.VpcID.ToStringOutput().ToStringPtrOutput(),
		Description: pulumi.String("The load balancer of the tenants' requests"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create security group: %w", err)
	}
	b.parent.SecurityGroupID = group.ID().ToStringOutput()
	_, err = vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-from-internet", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: b.parent.SecurityGroupID,
		Description:     pulumi.String("HTTPS from everybody: the one public port of the environment"),
		IpProtocol:      pulumi.String("tcp"), FromPort: pulumi.Int(ports.HTTPS), ToPort: pulumi.Int(ports.HTTPS),
		CidrIpv4: pulumi.String(anywhere),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let requests in: %w", err)
	}
	for _, way := range []struct {
		suffix, description string
		port                int
	}{
		{"requests", "Requests to the proxies", edge.NodePort},
		{"health", "Health checks of the proxies", edge.HealthNodePort},
	} {
		if err := b.openNodes(way.suffix, way.description, way.port); err != nil {
			return fmt.Errorf("let %s reach nodes: %w", way.suffix, err)
		}
	}
	return nil
}

// openNodes opens one port from the load balancer to the nodes, on both sides.
func (b *builder) openNodes(suffix, description string, port int) error {
	balancer, nodes := b.parent.SecurityGroupID, b.args.NodeSecurityGroupID.ToStringOutput()
	_, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-to-nodes-"+suffix, &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: balancer, ReferencedSecurityGroupId: nodes.ToStringPtrOutput(),
		Description: pulumi.String(description),
		IpProtocol:  pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	_, err = vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-nodes-from-"+suffix, &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: nodes, ReferencedSecurityGroupId: balancer.ToStringPtrOutput(),
		Description: pulumi.String(description),
		IpProtocol:  pulumi.String("tcp"), FromPort: pulumi.Int(port), ToPort: pulumi.Int(port),
	}, pulumi.Parent(b.parent))
	return err
}
