package elbv2

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/genericcorp/platform/tests/localcloud/gateway/awsapi"
)

// forwards are the protocols of the target groups that a listener can lead to, by its own.
// Source: Elastic Load Balancing, "Listeners for your Network Load Balancers", "Listener rules", 2026-11.
var forwards = map[string][]string{"TCP": {"TCP", "TCP_UDP"}, "TLS": {"TCP", "TLS"}, "UDP": {"UDP", "TCP_UDP"}, "TCP_UDP": {"TCP_UDP"}}

// alpnPolicies are AWS's. Source: Elastic Load Balancing API Reference, CreateListener, AlpnPolicy.
var alpnPolicies = []string{"HTTP1Only", "HTTP2Only", "HTTP2Optional", "HTTP2Preferred", "None"}

// checkListener refuses a listener of a network load balancer that could not speak, or that leads to what does not understand it.
// Source of the codes: Elastic Load Balancing API Reference, CreateListener.
func (s *service) checkListener(ctx context.Context, in url.Values) error {
	protocol := in.Get("Protocol")
	if _, ofNetwork := forwards[protocol]; !ofNetwork {
		return nil
	}
	existing, err := s.ask(ctx, url.Values{"Action": {"DescribeListeners"}, "LoadBalancerArn": {in.Get("LoadBalancerArn")}})
	if err != nil {
		return err
	}
	for _, port := range existing.FindElements("//Listeners/member/Port") {
		if port.Text() == in.Get("Port") {
			return awsapi.BadRequest("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", in.Get("LoadBalancerArn"))
		}
	}
	if protocol == "TLS" && in.Get("Certificates.member.1.CertificateArn") == "" {
		// As of HTTPS: https://github.com/pulumi/pulumi-awsx/issues/1242
		return awsapi.BadRequest("ValidationError", "A certificate must be specified for TLS listeners")
	}
	return s.checkWords(ctx, protocol, in)
}

// checkWords checks what a listener of a protocol says of its certificate, policies and targets.
func (s *service) checkWords(ctx context.Context, protocol string, in url.Values) error {
	if protocol != "TLS" {
		for field, name := range map[string]string{"SslPolicy": "An SSL policy", "Certificates.member.1.CertificateArn": "A certificate", "AlpnPolicy.member.1": "An ALPN policy"} {
			if in.Get(field) != "" {
				return awsapi.BadRequest("ValidationError", "%s cannot be specified for %s listeners", name, protocol) // https://github.com/USEPA/webcms/pull/526
			}
		}
	}
	if certificate := in.Get("Certificates.member.1.CertificateArn"); certificate != "" {
		if err := s.checkCertificate(ctx, certificate); err != nil {
			return err
		}
	}
	if policy := in.Get("SslPolicy"); policy != "" {
		document, err := s.ask(ctx, url.Values{"Action": {"DescribeSSLPolicies"}})
		if err != nil {
			return err
		}
		if document.FindElement("//SslPolicies/member[Name='"+policy+"']") == nil {
			return awsapi.BadRequest("SSLPolicyNotFound", "SSL policy '%s' not found", policy)
		}
	}
	if alpn := in.Get("AlpnPolicy.member.1"); alpn != "" && !slices.Contains(alpnPolicies, alpn) {
		return awsapi.BadRequest("ALPNPolicyNotSupported", "ALPN policy '%s' is not supported", alpn)
	}
	return s.checkTargets(ctx, protocol, in)
}

// checkCertificate refuses a certificate that is not there, is of another region, or is not issued. The messages are AWS's:
// https://github.com/hashicorp/terraform-provider-aws/issues/11334 and https://github.com/hashicorp/terraform-provider-aws/issues/26245
func (s *service) checkCertificate(ctx context.Context, arn string) error {
	if !strings.HasPrefix(arn, s.Account.ARN("acm", "certificate/")) {
		return awsapi.BadRequest("CertificateNotFound", "Certificate '%s' not found", arn)
	}
	found, err := s.Account.Ask(ctx, s.Certificates, "acm", "CertificateManager.DescribeCertificate", map[string]any{"CertificateArn": arn})
	if err != nil {
		return awsapi.BadRequest("CertificateNotFound", "Certificate '%s' not found", arn)
	}
	certificate, _ := found["Certificate"].(map[string]any)
	if status := awsapi.Text(certificate, "Status"); status != "ISSUED" {
		return awsapi.BadRequest("UnsupportedCertificate",
			"The certificate '%s' must have a fully-qualified domain name, a supported signature, and a supported key size. (The local cloud adds: it is %s.)", arn, status)
	}
	return nil
}

// checkTargets refuses target groups that do not speak the listener's protocol.
func (s *service) checkTargets(ctx context.Context, protocol string, in url.Values) error {
	for _, at := range awsapi.Numbered(in, "DefaultActions.member") {
		arn := in.Get(at + ".TargetGroupArn")
		if arn == "" {
			continue
		}
		document, err := s.ask(ctx, url.Values{"Action": {"DescribeTargetGroups"}, "TargetGroupArns.member.1": {arn}})
		if err != nil {
			return err
		}
		group := document.FindElement("//TargetGroups/member")
		if group != nil && !slices.Contains(forwards[protocol], text(group, "Protocol")) {
			return awsapi.BadRequest("IncompatibleProtocols", "Listener protocol '%s' is not supported with a target group with the protocol '%s'", protocol, text(group, "Protocol"))
		}
	}
	return nil
}

// modifyListener serves what the emulator refuses: a listener that stays TLS, and another certificate for one.
func (s *service) modifyListener(r *http.Request, in url.Values) (*awsapi.Response, error) {
	ctx, arn := r.Context(), in.Get("ListenerArn")
	document, err := s.ask(ctx, url.Values{"Action": {"DescribeListeners"}, "ListenerArns.member.1": {arn}})
	if err != nil {
		return nil, err
	}
	listener := document.FindElement("//Listeners/member")
	if listener == nil || text(listener, "Protocol") != "TLS" || in.Get("Protocol") != "" && in.Get("Protocol") != "TLS" {
		return awsapi.Forward(s.emulator, r), nil
	}
	if err := s.checkWords(ctx, "TLS", in); err != nil {
		return nil, err
	}
	const certificate = "Certificates.member.1.CertificateArn"
	if next := in.Get(certificate); next != "" {
		for _, change := range []url.Values{
			{"Action": {"RemoveListenerCertificates"}, "ListenerArn": {arn}, certificate: {text(listener, "Certificates/member/CertificateArn")}},
			{"Action": {"AddListenerCertificates"}, "ListenerArn": {arn}, certificate: {next}},
		} {
			if _, err := s.ask(ctx, change); err != nil {
				return nil, err
			}
		}
	}
	rest := url.Values{}
	for key, values := range in {
		if key != "Protocol" && !strings.HasPrefix(key, "Certificates.") {
			rest[key] = values
		}
	}
	awsapi.ReplaceBody(r, []byte(rest.Encode()))
	return awsapi.Forward(s.emulator, r), nil
}
