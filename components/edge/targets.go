package edge

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/autoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/edge"
)

const (
	// A proxy that says no gets no new connection after two checks, ten seconds later: until then, one that stops must go on taking
	// connections.
	healthSeconds = 5 // AWS's least
	healthTimeout = 3
	healthTimes   = 2
	// drainSeconds is how long connections to a node, or a proxy, that goes may go on. A request takes 60 seconds at most, 30 to arrive and
	// 30 to be answered (internal/edge/envoyconfig), and AWS advises 120 or more.
	drainSeconds = 120
)

// makeTargets makes the group of the nodes that a proxy is on. AWS's rules below are those of Elastic Load Balancing, "Edit target group
// attributes for your Network Load Balancer" and "Health checks for Network Load Balancer target groups", 2026-11.
func (b *builder) makeTargets() (err error) {
	b.targets, err = lb.NewTargetGroup(b.ctx, b.name, &lb.TargetGroupArgs{
		VpcId:      b.args.VpcID.ToStringOutput().ToStringPtrOutput(),
		TargetType: pulumi.String("instance"),
		Port:       pulumi.Int(edge.NodePort),
		Protocol:   pulumi.String("TCP"), // the listener has ended TLS; between the two is nothing but the VPC
		// The proxy counts by the client's address before it knows the tenant, so it must see it. This way it is the address of the
		// connection itself, which nobody can forge. A PROXY header would be believed from whoever reaches the port; AWS would send it with
		// health checks, too, which the health listener would have to understand.
		PreserveClientIp: pulumi.String("true"),
		ProxyProtocolV2:  pulumi.Bool(false),
		HealthCheck: &lb.TargetGroupHealthCheckArgs{
			Enabled: pulumi.Bool(true),
			// The proxy's own word, on a port of its own. A connection alone would prove that kube-proxy listens.
			Protocol: pulumi.String("HTTP"), Port: pulumi.String(strconv.Itoa(edge.HealthNodePort)), Path: pulumi.String(edge.PathReady), Matcher: pulumi.String("200"),
			Interval: pulumi.Int(healthSeconds), Timeout: pulumi.Int(healthTimeout),
			HealthyThreshold: pulumi.Int(healthTimes), UnhealthyThreshold: pulumi.Int(healthTimes),
		},
		// A node that leaves its Auto Scaling group.
		DeregistrationDelay: pulumi.Int(drainSeconds), ConnectionTermination: pulumi.Bool(true),
		// A proxy that drains says no first. AWS would cut its connections at that moment, the requests in them as well, unless told not to.
		TargetHealthStates: lb.TargetGroupTargetHealthStateArray{&lb.TargetGroupTargetHealthStateArgs{
			EnableUnhealthyConnectionTermination: pulumi.Bool(false), UnhealthyDrainingInterval: pulumi.Int(drainSeconds),
		}},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create target group: %w", err)
	}
	return nil
}

// attachNodes has every node of every group be a target, those that come later as well. Which of them a proxy is on, the health check
// finds out; the groups' own health checks stay EC2's, so that no node is replaced because it has no proxy. EKS names the Auto Scaling
// groups of its node groups, and leaves it to others to attach them: https://github.com/aws/containers-roadmap/issues/709
func (b *builder) attachNodes() error {
	for _, group := range b.args.nodeGroups() {
		_, err := autoscaling.NewAttachment(b.ctx, b.name+"-"+group, &autoscaling.AttachmentArgs{
			AutoscalingGroupName: b.args.ScalingGroups[group], LbTargetGroupArn: b.targets.Arn.ToStringPtrOutput(),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("attach nodes of %s: %w", group, err)
		}
	}
	return nil
}
