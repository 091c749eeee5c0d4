package rules

import (
	"fmt"
	"strings"

	"github.com/genericcorp/platform/internal/property"
)

// networkRules are the rules of networks.
func networkRules() []*Rule {
	network := []string{vpc}
	return []*Rule{
		{
			ID: "vpc-flow-logs", Severity: Mandatory, Frameworks: []string{"EC2.6", "CKV2_AWS_11"}, Types: network,
			Must:       "a network must log its traffic",
			Remedy:     "add a FlowLog whose vpcId is the network's",
			Limits:     "sees flow logs of the same stack",
			judgeStack: judgeFlowLogs,
		},
		{
			ID: "vpc-default-group-closed", Severity: Mandatory, Frameworks: []string{"EC2.2", "CKV2_AWS_12"}, Types: network,
			Must:       "the default security group of a network must let nothing through",
			Remedy:     "add a DefaultSecurityGroup without ingress and egress whose vpcId is the network's",
			Limits:     "sees default security groups of the same stack",
			judgeStack: judgeDefaultGroups,
		},
		{
			ID: "vpc-registry-endpoint", Severity: Advisory, Frameworks: []string{"EC2.55", "EC2.56"}, Types: network,
			Must:       "images should come from the registry without crossing the internet",
			Remedy:     "add interface endpoints for ecr.api and ecr.dkr; they pay for themselves above some 160 GB of images a month and zone",
			Limits:     "sees endpoints of the same stack",
			judgeStack: judgeRegistryEndpoints,
		},
		{
			ID: "subnet-no-public-addresses", Severity: Mandatory, Frameworks: []string{"EC2.15", "CKV_AWS_130"}, Types: []string{subnet},
			Must:   "a subnet must not give every server a public address",
			Remedy: "set mapPublicIpOnLaunch to false; load balancers and NAT gateways get theirs without it",
			judge:  mustNotBeTrue("mapPublicIpOnLaunch"),
		},
	}
}

func judgeFlowLogs(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, network := range s.ofType(vpc) {
		if len(s.pointingAt(network, "vpcId", flowLog)) == 0 {
			sightings = append(sightings, sighting{network, "the stack has no flow log for it"})
		}
	}
	return sightings
}

func judgeDefaultGroups(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, network := range s.ofType(vpc) {
		groups := s.pointingAt(network, "vpcId", defaultSecurityGroup)
		if len(groups) == 0 {
			sightings = append(sightings, sighting{network, "the stack leaves it as AWS makes it, open within the group"})
		}
		for _, group := range groups {
			if opens := groupOpenings(group.Properties); opens != "" {
				sightings = append(sightings, sighting{network, "its default security group has " + opens})
			}
		}
	}
	return sightings
}

// groupOpenings says which rules a security group has within it.
func groupOpenings(group property.Object) string {
	var parts []string
	for _, direction := range []string{"ingress", "egress"} {
		if n := len(group.Objects(direction).Value); n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s rules", n, direction))
		}
	}
	return strings.Join(parts, " and ")
}

func judgeRegistryEndpoints(_ Environment, s *Stack) []sighting {
	var sightings []sighting
	for _, network := range s.ofType(vpc) {
		var missing []string
		for _, service := range []string{"ecr.api", "ecr.dkr"} {
			if !s.hasEndpoint(network, service) {
				missing = append(missing, service)
			}
		}
		if len(missing) > 0 {
			sightings = append(sightings, sighting{network, "it has no endpoint for " + strings.Join(missing, ", ")})
		}
	}
	return sightings
}

func (s *Stack) hasEndpoint(network *Resource, service string) bool {
	for _, endpoint := range s.pointingAt(network, "vpcId", vpcEndpoint) {
		name := endpoint.Properties.Text("serviceName")
		if name.Unknown() || strings.HasSuffix(name.Value, "."+service) {
			return true
		}
	}
	return false
}
