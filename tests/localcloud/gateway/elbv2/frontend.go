package elbv2

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/beevik/etree"

	"github.com/genericcorp/platform/tests/localcloud/balancer"
	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// alpn is what the policies offer, the best first. Source: Elastic Load Balancing, "Server certificates for your Network Load Balancer",
// "ALPN policies", 2026-11.
var alpn = map[string][]string{
	"HTTP1Only": {"http/1.1"}, "HTTP2Only": {"h2"}, "HTTP2Optional": {"http/1.1", "h2"}, "HTTP2Preferred": {"h2", "http/1.1"},
}

// changesListeners are the operations after which there may be other listeners, or other targets.
var changesListeners = map[string]bool{
	"CreateListener": true, "ModifyListener": true, "DeleteListener": true, "DeleteLoadBalancer": true, "ModifyTargetGroup": true,
}

// openListeners has the TLS listeners that the emulator knows be open on this machine.
func (s *service) openListeners(ctx context.Context) error {
	balancers, err := s.ask(ctx, url.Values{"Action": {"DescribeLoadBalancers"}})
	if err != nil {
		return err
	}
	var wanted []balancer.Listener
	for _, one := range balancers.FindElements("//LoadBalancers/member[Type='network']") {
		listeners, err := s.ask(ctx, url.Values{"Action": {"DescribeListeners"}, "LoadBalancerArn": {text(one, "LoadBalancerArn")}})
		if err != nil {
			return err
		}
		for _, listener := range listeners.FindElements("//Listeners/member[Protocol='TLS']") {
			group, err := s.group(ctx, text(listener, "DefaultActions/member/TargetGroupArn"))
			if err != nil {
				return err
			}
			wanted = append(wanted, balancer.Listener{
				ARN: text(listener, "ListenerArn"), Certificate: s.certificate(ctx, text(listener, "Certificates/member/CertificateArn")),
				Speaks: alpn[text(listener, "AlpnPolicy/member")], Group: group,
			})
		}
	}
	return s.Balancer.Apply(wanted)
}

// certificate is one as ACM has it. One that ends while a listener has it is presented all the same.
func (s *service) certificate(ctx context.Context, arn string) balancer.Certificate {
	found, err := s.Account.Ask(ctx, s.Certificates, "acm", "CertificateManager.DescribeCertificate", map[string]any{"CertificateArn": arn})
	if err != nil {
		return balancer.Certificate{ARN: arn, Name: "localhost"} // a listener can outlive its certificate in the emulator alone
	}
	certificate, _ := found["Certificate"].(map[string]any)
	at := func(field string) time.Time {
		if seconds, told := certificate[field].(float64); told {
			return time.Unix(int64(seconds), 0).UTC()
		}
		return time.Time{}
	}
	return balancer.Certificate{ARN: arn, Name: awsapi.Text(certificate, "DomainName"), From: at("NotBefore"), Until: at("NotAfter")}
}

func (s *service) group(ctx context.Context, arn string) (balancer.Group, error) {
	document, err := s.ask(ctx, url.Values{"Action": {"DescribeTargetGroups"}, "TargetGroupArns.member.1": {arn}})
	if err != nil {
		return balancer.Group{}, err
	}
	group := document.FindElement("//TargetGroups/member")
	if group == nil {
		return balancer.Group{ARN: arn}, nil
	}
	number := func(path string, otherwise int) int {
		if value, err := strconv.Atoi(text(group, path)); err == nil {
			return value
		}
		return otherwise
	}
	port := number("Port", 0)
	// The defaults are those of CreateTargetGroup in Elastic Load Balancing's API reference.
	return balancer.Group{ARN: arn, Port: port, Check: balancer.Check{
		HTTP: text(group, "HealthCheckProtocol") == "HTTP", Port: number("HealthCheckPort", port), Path: text(group, "HealthCheckPath"),
		Interval: time.Duration(number("HealthCheckIntervalSeconds", 30)) * time.Second, Timeout: time.Duration(number("HealthCheckTimeoutSeconds", 10)) * time.Second,
		Healthy: number("HealthyThresholdCount", 5), Unhealthy: number("UnhealthyThresholdCount", 2),
	}}, nil
}

// describeHealth shows the nodes that are targets, whom the emulator does not know; it reports whether there are any.
func (s *service) describeHealth(w http.ResponseWriter, in url.Values) bool {
	states := s.Balancer.Health(in.Get("TargetGroupArn"))
	if len(states) == 0 {
		return false
	}
	root := etree.NewElement("DescribeTargetHealthResponse")
	list := root.CreateElement("DescribeTargetHealthResult").CreateElement("TargetHealthDescriptions")
	for _, instance := range slices.Sorted(maps.Keys(states)) {
		member := list.CreateElement("member")
		member.CreateElement("Target").CreateElement("Id").SetText(instance)
		member.CreateElement("TargetHealth").CreateElement("State").SetText(states[instance])
	}
	document := etree.NewDocument()
	document.SetRoot(root)
	w.Header().Set("Content-Type", "text/xml")
	_, _ = document.WriteTo(w) // the client may be gone
	return true
}
