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
			Must:          "a network must log its traffic",
			Remedy:        "add a FlowLog whose vpcId is the network's",
			Limits:        "sees flow logs of the same stack",
			evaluateStack: checkFlowLogs,
		},
		{
			ID: "vpc-default-group-closed", Severity: Mandatory, Frameworks: []string{"EC2.2", "CKV2_AWS_12"}, Types: network,
			Must:          "the default security group of a network must let nothing through",
			Remedy:        "add a DefaultSecurityGroup without ingress and egress whose vpcId is the network's",
			Limits:        "sees default security groups of the same stack",
			evaluateStack: checkDefaultGroups,
		},
		{
			ID: "subnet-no-public-addresses", Severity: Mandatory, Frameworks: []string{"EC2.15", "CKV_AWS_130"}, Types: []string{subnet},
			Must:     "a subnet must not assign public addresses by default",
			Remedy:   "set mapPublicIpOnLaunch to false; load balancers and NAT gateways get an address without it",
			evaluate: mustNotBeTrue("mapPublicIpOnLaunch"),
		},
	}
}

func checkFlowLogs(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, network := range s.ofType(vpc) {
		if len(s.pointingAt(network, "vpcId", flowLog)) == 0 {
			findings = append(findings, finding{network, "the stack has no flow log for it"})
		}
	}
	return findings
}

func checkDefaultGroups(_ Environment, s *Stack) []finding {
	var findings []finding
	for _, network := range s.ofType(vpc) {
		groups := s.pointingAt(network, "vpcId", defaultSecurityGroup)
		if len(groups) == 0 {
			findings = append(findings, finding{network, "the stack leaves AWS's default, which is open within the group"})
		}
		for _, group := range groups {
			if opens := groupOpenings(group.Properties); opens != "" {
				findings = append(findings, finding{network, "its default security group has " + opens})
			}
		}
	}
	return findings
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
