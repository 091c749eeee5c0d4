package network

import (
	"fmt"
	"net/netip"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/awsvalue"
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
	Zones  []string // two to six zones of the region, in an order that is only ever appended to
	NAT    NATMode  // NATPerZone when empty
	// FlowLogRetentionDays is how long the record of all traffic is kept: 90 when zero.
	FlowLogRetentionDays int
	LogKeyARN            pulumi.StringInput // KMS key of the flow log's log group
	// InterfaceEndpoints lists AWS services, by short name ("ecr.api", "secretsmanager"), to reach without the
	// NAT gateways. Each costs by the hour and zone, so there is none by default; S3 is always reached directly.
	InterfaceEndpoints []string
}

// maxEndpoints is what AWS lets a VPC have before its quota is raised.
const maxEndpoints = 50

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
	awsvalue.Region.Check(p, "region", a.Region)
	a.Check(p)
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	if err := p.Err(); err != nil {
		return netip.Prefix{}, err
	}
	return netip.ParsePrefix(a.CIDR)
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *NetworkArgs) Check(p *check.Problems) {
	awsvalue.NetworkCIDR.Check(p, "cidr", a.CIDR)
	if awsvalue.Region.Valid(a.Region) { // else the region is what is wrong
		awsvalue.ZoneOf(a.Region).CheckList(p, "zones", a.Zones, minZones, MaxZones,
			fmt.Sprintf("%d to %d different zones of the region", minZones, MaxZones))
	}
	p.OneOf("nat", string(a.NAT), string(NATPerZone), string(NATSingle))
	awsvalue.ServiceName.CheckList(p, "interfaceEndpoints", a.InterfaceEndpoints, 0, maxEndpoints,
		fmt.Sprintf("at most %d different services", maxEndpoints))
	for i, service := range a.InterfaceEndpoints {
		p.Require(service != "s3", check.Item("interfaceEndpoints", i), service, "no S3: its gateway endpoint is always there, and free")
	}
	awsvalue.CheckLogRetention(p, "flowLogRetentionDays", a.FlowLogRetentionDays)
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
