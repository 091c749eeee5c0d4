package stacks

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// With a domain and the setting there is one way in, to the nodes of every group; without it there is none.
func TestLoadBalancerIsGiven(t *testing.T) {
	t.Parallel()
	for _, stack := range environments.All().Stacks() {
		t.Run(stack, func(t *testing.T) {
			t.Parallel()
			const balancer = "aws:lb/loadBalancer:LoadBalancer"
			require.Empty(t, planOf(t, stack).OfType(balancer))

			p := planOf(t, stack, withLoadBalancer)
			made := p.One(t, balancer, "edge")
			require.Equal(t, stack == "prod", made.Value(t, "enableDeletionProtection"))
			require.Len(t, made.Value(t, "subnets"), len(p.OfType("aws:ec2/subnet:Subnet"))/3, "the public third")
			require.Equal(t, "*.app.genericcorp.example", p.One(t, "aws:acm/certificate:Certificate", "edge").Value(t, "domainName"))
			require.Equal(t, "edge.elb.example", p.outputs["edgeDnsName"].value)
			require.Equal(t, "edge-logs", p.outputs["edgeLogBucket"].value)

			groups := p.OfType("aws:eks/nodeGroup:NodeGroup")
			require.Len(t, p.OfType("aws:autoscaling/attachment:Attachment"), len(groups))
			for _, group := range groups {
				attachment := p.One(t, "aws:autoscaling/attachment:Attachment", "edge-"+strings.TrimPrefix(group.Name, "cluster-"))
				require.Equal(t, "eks-"+group.Name, attachment.Value(t, "autoscalingGroupName"))
			}

			// The access log has a key of its own, which the delivery of logs opens and no other.
			key := p.One(t, "aws:kms/key:Key", "keys-access-logs")
			for _, other := range p.OfType("aws:kms/key:Key") {
				require.Equal(t, other.Name == key.Name, strings.Contains(other.Value(t, "policy").(string), "delivery.logs.amazonaws.com"), other.Name) //nolint:errcheck // a policy is text
			}
		})
	}
}

// The load balancer takes minutes, and needs nothing of the cluster: only its targets do.
func TestTheLoadBalancerDoesNotWaitForTheCluster(t *testing.T) {
	t.Parallel()
	p := planOf(t, "prod", withLoadBalancer)
	for _, name := range []string{"aws:lb/loadBalancer:LoadBalancer", "aws:acm/certificateValidation:CertificateValidation"} {
		for _, dependency := range p.dependencies(t, p.One(t, name, "edge").URN) {
			for _, other := range []string{"cluster:Cluster", "database:Database", "cache:Cache", "NatGateway", "FlowLog"} {
				require.NotContains(t, dependency, other, "%s waits for it", name)
			}
		}
	}
}
