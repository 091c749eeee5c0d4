package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/genericcorp/platform/internal/property"
)

// securityGroupRules are the rules of security groups, in each of the three forms in which AWS has them.
func securityGroupRules() []*Rule {
	incoming := []string{securityGroup, securityGroupRule, securityGroupIngress}
	return []*Rule{
		{
			ID: "sg-authorised-ports", Severity: Mandatory, Frameworks: []string{"EC2.18"}, Types: incoming,
			Must:     "only ports 80 and 443 may be open to the whole internet",
			Remedy:   "narrow the source to a security group or a known network",
			Limits:   "prefix lists are not resolved",
			evaluate: checkIngress(func(o ingressRule) bool { return !o.within(80, 80) && !o.within(443, 443) }),
		},
		{
			ID: "sg-no-risky-ports", Severity: Mandatory, Frameworks: []string{"EC2.19"}, Types: incoming,
			Must:     "ports of databases, file shares and consoles must not be open to the whole internet",
			Remedy:   "narrow the source to a security group or a known network",
			Limits:   "prefix lists are not resolved",
			evaluate: checkIngress(func(o ingressRule) bool { return slices.ContainsFunc(riskyPorts, o.includes) }),
		},
		{
			ID: "sg-no-remote-shell", Severity: Mandatory, Frameworks: []string{"CKV_AWS_24", "CKV_AWS_25", "EC2.13", "EC2.14"}, Types: incoming,
			Must:     "ports 22 and 3389 must not be open to the whole internet",
			Remedy:   "use Session Manager instead of a remote shell",
			Limits:   "prefix lists are not resolved",
			evaluate: checkIngress(func(o ingressRule) bool { return o.includes(22) || o.includes(3389) }),
		},
		{
			ID: "sg-described", Severity: Mandatory, Frameworks: []string{"CKV_AWS_23"}, Types: append(slices.Clone(incoming), securityGroupEgress),
			Must:     "every rule of a security group must have a description",
			Remedy:   "set description",
			evaluate: checkDescriptions,
		},
	}
}

// riskyPorts are those that Security Hub's EC2.19 names, without 22 and 3389, which have a rule of their own.
var riskyPorts = []float64{
	20, 21, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 4333, 5000, 5432, 5500, 5601, 6379, 8080, 8088, 8888,
	9200, 9300,
}

// ingressRule is one ingress rule, in whatever form it is written.
type ingressRule struct {
	at       string // its path within the resource: "it " or "ingress.0 "
	networks []string
	all      bool // every protocol and port
	from, to float64
}

// includes tells whether a port is open.
func (o ingressRule) includes(port float64) bool { return o.all || o.from <= port && port <= o.to }

// within tells whether no port outside a range is open.
func (o ingressRule) within(from, to float64) bool { return !o.all && o.from >= from && o.to <= to }

func (o ingressRule) ports() string {
	switch {
	case o.all:
		return "every port"
	case o.from == o.to:
		return "port " + number(o.from)
	}
	return "the ports " + number(o.from) + " to " + number(o.to)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// checkIngress reports the ingress rules that are open to the whole internet and bad.
func checkIngress(bad func(ingressRule) bool) evaluation {
	return func(_ Environment, r *Resource) []string {
		var seen []string
		for _, o := range ingressRules(r) {
			if i := slices.IndexFunc(o.networks, wholeInternet); i >= 0 && bad(o) {
				seen = append(seen, fmt.Sprintf("%sopens %s to %s", o.at, o.ports(), o.networks[i]))
			}
		}
		return seen
	}
}

// ingressRules reads the ingress rules, in each form.
func ingressRules(r *Resource) []ingressRule {
	switch r.Type {
	case securityGroupIngress:
		return ingressRulesOf("it ", r.Properties, "ipProtocol", r.Properties.Text("cidrIpv4").Value, r.Properties.Text("cidrIpv6").Value)
	case securityGroupRule:
		if r.Properties.Text("type").Value != "ingress" {
			return nil
		}
		return ingressRulesOf("it ", r.Properties, "protocol", cidrs(r.Properties)...)
	}
	var list []ingressRule
	for i, way := range r.Properties.Objects("ingress").Value {
		list = append(list, ingressRulesOf(fmt.Sprintf("ingress.%d ", i), way, "protocol", cidrs(way)...)...)
	}
	return list
}

func cidrs(o property.Object) []string {
	return slices.Concat(o.Texts("cidrBlocks").Value, o.Texts("ipv6CidrBlocks").Value)
}

// ingressRulesOf returns one ingress rule, or none if protocol and ports are not known yet.
func ingressRulesOf(at string, o property.Object, protocolPath string, networks ...string) []ingressRule {
	protocol, from, to := o.Text(protocolPath), o.Number("fromPort"), o.Number("toPort")
	if protocol.Known() && (protocol.Value == "-1" || protocol.Value == "all") {
		return []ingressRule{{at: at, networks: networks, all: true}}
	}
	if protocol.Unknown() || from.Unknown() || to.Unknown() {
		return nil
	}
	if !from.Known() || !to.Known() {
		return []ingressRule{{at: at, networks: networks, all: true}} // AWS takes no ports for all ports
	}
	return []ingressRule{{at: at, networks: networks, from: from.Value, to: to.Value}}
}

// wholeInternet tells whether a range of addresses is so wide that it is no restriction: all addresses, or a
// half or a quarter of them, by which the first is sometimes written.
func wholeInternet(network string) bool {
	prefix, err := netip.ParsePrefix(network)
	return err == nil && prefix.Bits() <= 2
}

func checkDescriptions(_ Environment, r *Resource) []string {
	if r.Type != securityGroup {
		return mustBeSet("description")(Environment{}, r)
	}
	var seen []string
	for _, direction := range []string{"ingress", "egress"} {
		for i, way := range r.Properties.Objects(direction).Value {
			if v := way.Text("description"); !v.Unknown() && v.Value == "" {
				seen = append(seen, fmt.Sprintf("%s.%d.%s", direction, i, way.Describe("description")))
			}
		}
	}
	return seen
}
