package edge

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/alarm"
)

const (
	// maxFailedHandshakes in five minutes: scanners fail some at any hour. A certificate that clients do not take, or a policy that they do
	// not speak, fails nearly all.
	maxFailedHandshakes = 500
	// minCertificateDays leaves time to find out why AWS has not renewed the certificate, as it does weeks before.
	minCertificateDays = 30
)

// makeAlarms watches the load balancer and its certificate. Sources: Elastic Load Balancing, "CloudWatch metrics for your Network Load
// Balancer"; AWS Certificate Manager User Guide, "Supported CloudWatch metrics", 2026-11.
func (b *builder) makeAlarms() error {
	balancer := pulumi.StringMap{"LoadBalancer": b.balancer.ArnSuffix}
	for _, a := range []struct {
		suffix string
		args   alarm.Args
	}{
		{"down", alarm.Args{
			Description: "No node has a proxy that is ready: no tenant's request is answered. Look at the pods of the edge",
			Page:        "edge-down",
			// Not how many nodes are unhealthy: all are that have no proxy, always. The metric comes by zone, and a zone may have none: so
			// it is the zone with the most.
			Metric: alarm.Metric{
				Kind: alarm.Continuous, Namespace: namespace, Name: "HealthyHostCount", Statistic: "Maximum",
				Dimensions: pulumi.StringMap{"LoadBalancer": b.balancer.ArnSuffix, "TargetGroup": b.targets.ArnSuffix},
			},
			Bound: alarm.Below, Threshold: 1, Minutes: 5,
		}},
		{"handshakes", alarm.Args{
			Description: "More than 500 TLS handshakes in five minutes fail: look at the certificate, and at who they come from in the access log",
			Page:        "certificate-or-dns-trouble",
			Metric:      alarm.Metric{Kind: alarm.Events, Namespace: namespace, Name: "ClientTLSNegotiationErrorCount", Statistic: "Sum", Dimensions: balancer},
			Bound:       alarm.Above, Threshold: maxFailedHandshakes,
		}},
		{"rejected", alarm.Args{
			Description: "The load balancer rejects connections: look at its targets and at its capacity",
			Page:        "edge-down",
			Metric:      alarm.Metric{Kind: alarm.Events, Namespace: namespace, Name: "RejectedFlowCount", Statistic: "Maximum", Dimensions: balancer},
			Bound:       alarm.Above, Threshold: 0,
		}},
		{"blocked", alarm.Args{
			// Blocked on the way in are scanners of other ports, at any hour.
			Description: "The load balancer's own security group keeps it from the nodes: look for a port that is not the one of the rules",
			Page:        "edge-down",
			Metric:      alarm.Metric{Kind: alarm.Events, Namespace: namespace, Name: "SecurityGroupBlockedFlowCount_Outbound_TCP", Statistic: "Sum", Dimensions: balancer},
			Bound:       alarm.Above, Threshold: 0,
		}},
		{"certificate", alarm.Args{
			Description: "The certificate of the tenants' names ends in less than 30 days, or has ended, and AWS has not renewed it: look for its record in the zone",
			Page:        "certificate-or-dns-trouble",
			// AWS stops telling when the certificate has ended, so silence is trouble, too.
			Metric: alarm.Metric{
				Kind: alarm.Continuous, Daily: true, Namespace: "AWS/CertificateManager", Name: "DaysToExpiry", Statistic: "Minimum",
				Dimensions: pulumi.StringMap{"CertificateArn": b.parent.CertificateARN},
			},
			Bound: alarm.Below, Threshold: minCertificateDays,
		}},
	} {
		a.args.TopicARN = b.args.AlarmTopicARN
		if _, err := alarm.New(b.ctx, b.name+"-"+a.suffix, &a.args, pulumi.Parent(b.parent)); err != nil {
			return fmt.Errorf("create alarm %s: %w", a.suffix, err)
		}
	}
	return nil
}

// namespace has the metrics of Network Load Balancers.
const namespace = "AWS/NetworkELB"
