package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The ports between control plane and nodes, TCP.
const (
	apiPort = 443
	// Kubelets listen on 10250, admission webhooks and aggregated APIs wherever their pods please.
	lowestNodePort  = 1025
	highestNodePort = 65535
)

// makeRules says who may talk to whom: nodes to the API, the control plane to kubelets and webhooks. EKS adds a
// group of its own to the control plane's interfaces, in which no node is.
func (b *builder) makeRules(controlPlane *ec2.SecurityGroup) error {
	plane, nodes := controlPlane.ID().ToStringOutput(), b.args.NodeSecurityGroupID.ToStringOutput()
	_, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-control-plane-from-nodes", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           plane,
		ReferencedSecurityGroupId: nodes.ToStringPtrOutput(),
		Description:               pulumi.String("Kubernetes API from nodes and pods"),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(apiPort),
		ToPort:                    pulumi.Int(apiPort),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let nodes reach the API: %w", err)
	}
	_, err = vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-control-plane-to-nodes", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId:           plane,
		ReferencedSecurityGroupId: nodes.ToStringPtrOutput(),
		Description:               pulumi.String("Kubelets and webhooks"),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(lowestNodePort),
		ToPort:                    pulumi.Int(highestNodePort),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let the control plane reach nodes: %w", err)
	}
	_, err = vpc.NewSecurityGroupIngressRule(b.ctx, b.name+"-nodes-from-control-plane", &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId:           nodes,
		ReferencedSecurityGroupId: plane.ToStringPtrOutput(),
		Description:               pulumi.String("Kubelets and webhooks from the control plane"),
		IpProtocol:                pulumi.String("tcp"),
		FromPort:                  pulumi.Int(lowestNodePort),
		ToPort:                    pulumi.Int(highestNodePort),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let nodes hear the control plane: %w", err)
	}
	return nil
}
