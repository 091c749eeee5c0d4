package network

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/check"
)

// NATMode says how the private subnets reach the internet.
type NATMode string

const (
	// NATPerZone puts a gateway in each zone: losing a zone cuts off no other. The default.
	NATPerZone NATMode = "perZone"
	// NATSingle has one gateway for all zones: cheaper, and its zone takes the others with it.
	NATSingle NATMode = "single"
)

// NetworkArgs says what network to make.
type NetworkArgs struct {
	Region string   // "us-east-1"
	CIDR   string   // the network's IPv4 addresses, /16 to /22, for instance "10.20.0.0/16"
	Zones  []string // one to six zones of the region, in an order that is only ever appended to
	NAT    NATMode  // NATPerZone when empty
	// FlowLogRetentionDays is how long the record of all traffic is kept: 90 when zero.
	FlowLogRetentionDays int
	LogKeyARN            pulumi.StringInput // KMS key of the flow log's log group
	// InterfaceEndpoints lists AWS services, by short name ("ecr.api", "secretsmanager"), to reach without the
	// NAT gateways. Each costs by the hour and zone, so there is none by default; S3 is always reached directly.
	InterfaceEndpoints []string
}

const cidrExpected = `an IPv4 network from /16 to /22 such as "10.20.0.0/16", without host bits`

var (
	regionPattern   = regexp.MustCompile(`^[a-z]{2}-[a-z]+-[1-9]$`)
	endpointPattern = regexp.MustCompile(`^[a-z0-9]+([.-][a-z0-9]+)*$`)
)

// withDefaults fills in what was left out.
func (a *NetworkArgs) withDefaults() NetworkArgs {
	if a == nil {
		a = &NetworkArgs{}
	}
	full := *a
	if full.NAT == "" {
		full.NAT = NATPerZone
	}
	if full.FlowLogRetentionDays == 0 {
		full.FlowLogRetentionDays = loggroup.DefaultRetentionDays
	}
	return full
}

// validate gives the network's prefix, or all problems at once.
func (a *NetworkArgs) validate(name string) (netip.Prefix, error) {
	p := check.Under(fmt.Sprintf("network %q: ", name))
	p.Require(regionPattern.MatchString(a.Region), "region", a.Region, `an AWS region such as "us-east-1"`)
	cidr, err := netip.ParsePrefix(a.CIDR)
	p.Require(err == nil && checkPrefix(cidr) == nil, "cidr", a.CIDR, cidrExpected)
	a.checkZones(p)
	p.Require(a.NAT == NATPerZone || a.NAT == NATSingle, "nat", string(a.NAT), `"perZone" or "single"`)
	p.Require(loggroup.ValidRetention(a.FlowLogRetentionDays), "flowLogRetentionDays", a.FlowLogRetentionDays, loggroup.RetentionExpected)
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	a.checkEndpoints(p)
	return cidr, p.Err()
}

func (a *NetworkArgs) checkZones(p *check.Problems) {
	p.Require(checkZoneCount(len(a.Zones)) == nil, "zones", a.Zones, fmt.Sprintf("1 to %d availability zones", MaxZones))
	seen := map[string]bool{}
	for i, zone := range a.Zones {
		input := fmt.Sprintf("zones[%d]", i)
		letter, ok := strings.CutPrefix(zone, a.Region)
		p.Require(ok && len(letter) == 1 && letter >= "a" && letter <= "z", input, zone,
			fmt.Sprintf("a zone of the region, such as %q", a.Region+"a"))
		p.Require(!seen[zone], input, zone, "each zone once")
		seen[zone] = true
	}
}

func (a *NetworkArgs) checkEndpoints(p *check.Problems) {
	seen := map[string]bool{}
	for i, service := range a.InterfaceEndpoints {
		input := fmt.Sprintf("interfaceEndpoints[%d]", i)
		p.Require(endpointPattern.MatchString(service), input, service, `the short name of a service, such as "ecr.api"`)
		p.Require(service != "s3", input, service, "no S3: its gateway endpoint is always there, and free")
		p.Require(!seen[service], input, service, "each service once")
		seen[service] = true
	}
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *NetworkArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"region":               pulumi.String(a.Region),
		"cidr":                 pulumi.String(a.CIDR),
		"zones":                pulumi.ToStringArray(a.Zones),
		"nat":                  pulumi.String(a.NAT),
		"flowLogRetentionDays": pulumi.Int(a.FlowLogRetentionDays),
		"interfaceEndpoints":   pulumi.ToStringArray(a.InterfaceEndpoints),
	}
}
