package stacks

import (
	"net/netip"
	"regexp"
	"slices"
)

// privateRanges are those of RFC 1918.
var privateRanges = []netip.Prefix{
	netip.MustParsePrefix("10.0.0.0/8"),
	netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.168.0.0/16"),
}

var serviceName = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)

func (n NetworkSettings) validate(region string, r *report) {
	r.permit(isPrivateRange(n.CIDR), "network.cidr", n.CIDR)
	zone := regexp.MustCompile(`^` + regexp.QuoteMeta(region) + `[a-f]$`)
	if regionName.MatchString(region) { // else the region is what is wrong
		r.list("network.zones", n.Zones, 2, 6, "a zone of "+region, zone.MatchString)
	}
	r.oneOf("network.nat", n.NAT, "perZone", "single")
	r.list("network.interfaceEndpoints", n.InterfaceEndpoints, 0, 50,
		`the short name of a service such as "ecr.api"`, serviceName.MatchString)
	r.logRetention("network.flowLogRetentionDays", n.FlowLogRetentionDays)
}

// isPrivateRange accepts what the layout of the subnets can divide: at most a /16, which is AWS's limit, and
// at least a /22, below which the subnets of six zones would be too small.
func isPrivateRange(cidr string) bool {
	prefix, ok := canonical(cidr)
	if !ok || prefix.Bits() < 16 || prefix.Bits() > 22 {
		return false
	}
	return slices.ContainsFunc(privateRanges, func(private netip.Prefix) bool {
		return private.Contains(prefix.Addr())
	})
}

// isAccessRange accepts what may reach the cluster's API: never half the internet.
func isAccessRange(cidr string) bool {
	prefix, ok := canonical(cidr)
	return ok && prefix.Bits() >= 16
}

// canonical parses an IPv4 range that is written by its first address, as AWS stores it.
func canonical(cidr string) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	return prefix, err == nil && prefix.Addr().Is4() && prefix == prefix.Masked()
}
