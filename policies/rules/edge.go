package rules

import (
	"fmt"
	"slices"
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// edgeRules are the rules of load balancers and of the web application firewall.
func edgeRules() []*Rule {
	balancers, listeners, firewall := []string{loadBalancer, loadBalancerALB}, []string{listener, listenerALB}, []string{webACL}
	return []*Rule{
		{
			ID: "alb-redirects-to-https", Severity: Mandatory, Frameworks: []string{"ELB.1", "CKV2_AWS_20", "CKV_AWS_2"}, Types: listeners,
			Must:     "an HTTP listener must only redirect to HTTPS",
			Remedy:   "make its default action a redirect with protocol HTTPS",
			evaluate: checkRedirect,
		},
		{
			ID: "alb-drops-invalid-headers", Severity: Mandatory, Frameworks: []string{"ELB.4", "CKV_AWS_131"}, Types: balancers,
			Must:     "an application load balancer must drop malformed headers",
			Remedy:   "set dropInvalidHeaderFields to true",
			evaluate: ofApplication(mustBeTrue("dropInvalidHeaderFields")),
		},
		{
			ID: "alb-access-logged", Severity: Production, Frameworks: []string{"ELB.5", "CKV_AWS_91"}, Types: balancers,
			Must:     "a load balancer must log its requests",
			Remedy:   "set accessLogs.bucket and accessLogs.enabled",
			evaluate: mustBeTrue("accessLogs.enabled"),
		},
		{
			ID: "alb-deletion-protection", Severity: Production, Frameworks: []string{"ELB.6", "CKV_AWS_150"}, Types: balancers,
			Must:     "a load balancer must be protected from deletion",
			Remedy:   "set enableDeletionProtection to true",
			evaluate: mustBeTrue("enableDeletionProtection"),
		},
		{
			ID: "alb-tls-policy", Severity: Mandatory, Frameworks: []string{"ELB.17", "CKV_AWS_103"}, Types: listeners,
			Must:     "a listener must accept only TLS 1.2 or newer",
			Remedy:   "set sslPolicy to ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
			evaluate: checkTLSPolicy,
		},
		{
			ID: "nlb-speaks-tls", Severity: Mandatory, Frameworks: []string{"own"}, Types: listeners,
			Must:     "a listener of a network load balancer must end TLS",
			Remedy:   "set protocol to TLS, with a certificate",
			evaluate: checkPlainListener,
		},
		{
			ID: "lb-one-public", Severity: Mandatory, Frameworks: []string{"own"}, Types: balancers,
			Must:          "a stack may have one load balancer that the internet reaches, so that every request passes the same limits",
			Remedy:        "set internal to true on all but the edge's",
			Limits:        "sees the load balancers of the program, not those that the cluster would make for a Service or an Ingress",
			evaluateStack: checkOnePublic,
		},
		{
			ID: "waf-has-rules", Severity: Mandatory, Frameworks: []string{"WAF.10"}, Types: firewall,
			Must:     "a web ACL must have rules",
			Remedy:   "add rules, for instance AWS's managed common rule set",
			evaluate: checkFirewallRules,
		},
		{
			ID: "waf-metrics", Severity: Mandatory, Frameworks: []string{"WAF.12"}, Types: firewall,
			Must:     "a web ACL and each of its rules must report metrics",
			Remedy:   "set visibilityConfig.cloudwatchMetricsEnabled to true in the ACL and in each rule",
			evaluate: checkFirewallMetrics,
		},
	}
}

// ofApplication leaves out load balancers of other kinds than "application", which AWS makes unless told.
func ofApplication(inner evaluation) evaluation {
	return func(env Environment, r *Resource) []string {
		kind := r.Properties.Text("loadBalancerType")
		if kind.Unknown() || kind.Known() && kind.Value != "application" {
			return nil
		}
		return inner(env, r)
	}
}

func checkRedirect(_ Environment, r *Resource) []string {
	actions := r.Properties.Objects("defaultActions")
	if r.Properties.Text("protocol").Value != "HTTP" || actions.Unknown() || actions.Partial {
		return nil
	}
	if slices.ContainsFunc(actions.Value, redirectsToHTTPS) {
		return nil
	}
	return []string{"it answers plain HTTP itself"}
}

func redirectsToHTTPS(action property.Object) bool {
	kind, protocol := action.Text("type"), action.Text("redirect.protocol")
	return (kind.Unknown() || kind.Value == "redirect") && (protocol.Unknown() || protocol.Value == "HTTPS")
}

// tlsPolicies are AWS's policies that take TLS 1.2 or newer only.
var tlsPolicies = []string{
	"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
	"ELBSecurityPolicy-TLS13-1-2-2021-06", "ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06",
	"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
	"ELBSecurityPolicy-TLS-1-2-2017-01", "ELBSecurityPolicy-FS-1-2-Res-2020-10", "ELBSecurityPolicy-FS-1-2-Res-2019-08",
}

func checkTLSPolicy(env Environment, r *Resource) []string {
	if protocol := r.Properties.Text("protocol"); protocol.Value != "HTTPS" && protocol.Value != "TLS" {
		return nil
	}
	return mustBeOneOf("sslPolicy", tlsPolicies...)(env, r)
}

// plainProtocols are those of network load balancers that encrypt nothing themselves.
var plainProtocols = []string{"TCP", "UDP", "TCP_UDP", "QUIC", "TCP_QUIC"}

func checkPlainListener(_ Environment, r *Resource) []string {
	if protocol := r.Properties.Text("protocol").Value; slices.Contains(plainProtocols, protocol) {
		return []string{"it speaks " + protocol}
	}
	return nil
}

func checkOnePublic(_ Environment, s *Stack) []finding {
	public := slices.DeleteFunc(s.ofType(loadBalancer, loadBalancerALB), func(r *Resource) bool {
		internal := r.Properties.Bool("internal")
		return internal.Unknown() || internal.Value
	})
	if len(public) < 2 {
		return nil
	}
	var findings []finding
	for _, r := range public {
		findings = append(findings, finding{r, fmt.Sprintf("it is one of %d", len(public))})
	}
	return findings
}

func checkFirewallRules(_ Environment, r *Resource) []string {
	rules, text := r.Properties.Objects("rules"), r.Properties.State("ruleJson")
	if rules.Unknown() || rules.Partial || len(rules.Value) > 0 || text == property.Known || text == property.Unknown {
		return nil
	}
	return []string{"it has none"}
}

func checkFirewallMetrics(env Environment, r *Resource) []string {
	const path = "visibilityConfig.cloudwatchMetricsEnabled"
	seen := mustBeTrue(path)(env, r)
	for _, rule := range r.Properties.Objects("rules").Value {
		if v := rule.Bool(path); !v.Unknown() && (!v.Known() || !v.Value) {
			seen = append(seen, strings.TrimSpace("the rule "+rule.Text("name").Value)+" does not: "+rule.Describe(path))
		}
	}
	return seen
}
