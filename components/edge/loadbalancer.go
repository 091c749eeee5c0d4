package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/network/ports"
)

// makeLoadBalancer makes the load balancer, with an address in each public subnet, and its access log.
func (b *builder) makeLoadBalancer() error {
	logs, err := b.makeLogs()
	if err != nil {
		return err
	}
	b.parent.LogBucket = logs
	b.balancer, err = lb.NewLoadBalancer(b.ctx, b.name, &lb.LoadBalancerArgs{
		LoadBalancerType: pulumi.String("network"),
		Internal:         pulumi.Bool(false),
		IpAddressType:    pulumi.String("ipv4"), // as the network
		Subnets:          b.args.PublicSubnetIDs,
		SecurityGroups:   pulumi.StringArray{b.parent.SecurityGroupID},
		// Each zone's address passes connections on to that zone's nodes alone. Across zones AWS takes 0.01 a GB in each direction; of the
		// 300 GB a month that production is assumed to send, two thirds would cross in three zones: 200 GB, 4.00 a month, nearly as much
		// as the capacity units (4.38). What weighs more: the nodes see the clients' addresses, and then two connections from one port of
		// a client by two addresses of the load balancer can meet on one node as the same connection, and fail. A zone without a healthy
		// proxy is taken out of DNS.
		// Sources: Amazon EC2 on-demand pricing, "Data transfer within the same AWS Region", 2026-11; Elastic Load Balancing, "Troubleshoot
		// your Network Load Balancer", "Intermittent connection failure when client IP preservation is enabled", 2026-11.
		EnableCrossZoneLoadBalancing: pulumi.Bool(false),
		EnableDeletionProtection:     pulumi.Bool(*b.args.DeletionProtection),
		// AWS writes a file into the bucket to see whether it may, so the name is known only once the bucket's policy stands.
		AccessLogs: &lb.LoadBalancerAccessLogsArgs{Bucket: logs, Enabled: pulumi.Bool(true)},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create load balancer: %w", err)
	}
	return nil
}

const (
	// tlsPolicy takes TLS 1.2 and 1.3, with forward secrecy and authenticated ciphers alone, and keys that quantum computers do not break
	// where the client knows them. It is what AWS's console proposes; without one, AWS's API would take TLS 1.0.
	// Source: Elastic Load Balancing, "Security policies for your Network Load Balancer", 2026-11.
	tlsPolicy = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"
	// alpnPolicy lets clients speak HTTP/2, which without one they would not try. The proxy tells HTTP/1.1 and HTTP/2 apart by the first
	// bytes. The target group need not speak TLS for it: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/2145
	alpnPolicy = "HTTP2Preferred"
)

// makeListener makes the one public listener. There is none for plain HTTP, not even one that redirects: whoever types http:// is
// answered by nobody, and no request, nor a cookie in it, ever travels in the clear. (A Network Load Balancer could not redirect, either.)
func (b *builder) makeListener() error {
	_, err := lb.NewListener(b.ctx, b.name, &lb.ListenerArgs{
		LoadBalancerArn: b.balancer.Arn,
		Port:            pulumi.Int(ports.HTTPS),
		Protocol:        pulumi.String("TLS"),
		SslPolicy:       pulumi.String(tlsPolicy),
		AlpnPolicy:      pulumi.String(alpnPolicy),
		CertificateArn:  b.parent.CertificateARN.ToStringPtrOutput(),
		DefaultActions: lb.ListenerDefaultActionArray{&lb.ListenerDefaultActionArgs{
			Type: pulumi.String("forward"), TargetGroupArn: b.targets.Arn.ToStringPtrOutput(),
		}},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create listener: %w", err)
	}
	return nil
}
