package rules

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"

	"github.com/genericcorp/platform/internal/property"
)

// securityGroupRules are the rules of security groups, in each of the three forms in which their openings are
// written.
func securityGroupRules() []*Rule {
	incoming := []string{securityGroup, securityGroupRule, ingressRule}
	return []*Rule{
		{
			ID: "sg-authorised-ports", Severity: Mandatory, Frameworks: []string{"EC2.18"}, Types: incoming,
			Must:   "only the ports 80 and 443 may be open to the whole internet",
			Remedy: "narrow the source to a security group or a known network",
			Limits: "prefix lists are not looked into",
			judge:  judgeOpenings(func(o opening) bool { return !o.within(80, 80) && !o.within(443, 443) }),
		},
		{
			ID: "sg-no-risky-ports", Severity: Mandatory, Frameworks: []string{"EC2.19"}, Types: incoming,
			Must:   "ports of databases, file shares and consoles must not be open to the whole internet",
			Remedy: "narrow the source to a security group or a known network",
			Limits: "prefix lists are not looked into",
			judge:  judgeOpenings(func(o opening) bool { return slices.ContainsFunc(riskyPorts, o.includes) }),
		},
		{
			ID: "sg-no-remote-shell", Severity: Mandatory, Frameworks: []string{"CKV_AWS_24", "CKV_AWS_25", "EC2.13", "EC2.14"}, Types: incoming,
			Must:   "the ports 22 and 3389 must not be open to the whole internet",
			Remedy: "use Session Manager instead of a remote shell",
			Limits: "prefix lists are not looked into",
			judge:  judgeOpenings(func(o opening) bool { return o.includes(22) || o.includes(3389) }),
		},
		{
			ID: "sg-described", Severity: Mandatory, Frameworks: []string{"CKV_AWS_23"}, Types: append(slices.Clone(incoming), egressRule),
			Must:   "every opening of a security group must say what it is for",
			Remedy: "set description",
			judge:  judgeDescriptions,
		},
	}
}

// riskyPorts are those that Security Hub's EC2.19 names, without 22 and 3389, which have a rule of their own.
var riskyPorts = []float64{
	20, 21, 23, 25, 110, 135, 143, 445, 1433, 1434, 3000, 3306, 4333, 5000, 5432, 5500, 5601, 6379, 8080, 8088, 8888,
	9200, 9300,
}

// opening is one way in.
type opening struct {
	at       string // where it stands: "" or "ingress.0."
	networks []string
	all      bool // every protocol and port
	from, to float64
}

// includes tells whether a port is open.
func (o opening) includes(port float64) bool { return o.all || o.from <= port && port <= o.to }

// within tells whether no port outside a range is open.
func (o opening) within(from, to float64) bool { return !o.all && o.from >= from && o.to <= to }

func (o opening) ports() string {
	switch {
	case o.all:
		return "every port"
	case o.from == o.to:
		return "port " + number(o.from)
	}
	return "the ports " + number(o.from) + " to " + number(o.to)
}

func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// judgeOpenings refuses what bad tells of the ways in that are open to the whole internet.
func judgeOpenings(bad func(opening) bool) judge {
	return func(_ Environment, r *Resource) []string {
		var seen []string
		for _, o := range waysIn(r) {
			if i := slices.IndexFunc(o.networks, wholeInternet); i >= 0 && bad(o) {
				seen = append(seen, fmt.Sprintf("%sopens %s to %s", o.at, o.ports(), o.networks[i]))
			}
		}
		return seen
	}
}

// waysIn reads the ways in, in each form.
func waysIn(r *Resource) []opening {
	switch r.Type {
	case ingressRule:
		return openingOf("it ", r.Properties, "ipProtocol", r.Properties.Text("cidrIpv4").Value, r.Properties.Text("cidrIpv6").Value)
	case securityGroupRule:
		if r.Properties.Text("type").Value != "ingress" {
			return nil
		}
		return openingOf("it ", r.Properties, "protocol", cidrs(r.Properties)...)
	}
	var list []opening
	for i, way := range r.Properties.Objects("ingress").Value {
		list = append(list, openingOf(fmt.Sprintf("ingress.%d ", i), way, "protocol", cidrs(way)...)...)
	}
	return list
}

func cidrs(o property.Object) []string {
	return slices.Concat(o.Texts("cidrBlocks").Value, o.Texts("ipv6CidrBlocks").Value)
}

// openingOf gives one opening, or none where protocol and ports are not settled.
func openingOf(at string, o property.Object, protocolPath string, networks ...string) []opening {
	protocol, from, to := o.Text(protocolPath), o.Number("fromPort"), o.Number("toPort")
	if protocol.Known() && (protocol.Value == "-1" || protocol.Value == "all") {
		return []opening{{at: at, networks: networks, all: true}}
	}
	if protocol.Unknown() || from.Unknown() || to.Unknown() {
		return nil
	}
	if !from.Known() || !to.Known() {
		return []opening{{at: at, networks: networks, all: true}} // AWS takes no ports for all ports
	}
	return []opening{{at: at, networks: networks, from: from.Value, to: to.Value}}
}

// wholeInternet tells whether a range of addresses is so wide that it is no restriction: all addresses, or a
// half or a quarter of them, by which the first is sometimes written.
func wholeInternet(network string) bool {
	prefix, err := netip.ParsePrefix(network)
	return err == nil && prefix.Bits() <= 2
}

func judgeDescriptions(_ Environment, r *Resource) []string {
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
