package cluster

import (
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
)

// NodeGroup is a set of like nodes that EKS manages.
type NodeGroup struct {
	Name string // lower-case letters, digits and single hyphens, at most 30 characters
	// InstanceTypes are tried in this order; all of one processor architecture, which decides the nodes' image.
	InstanceTypes []string
	// Spot nodes are cheaper and may go with two minutes' notice: give several instance types.
	Spot              bool
	Min, Desired, Max int // numbers of nodes
	DiskGiB           int // each node's disk: 50 when zero
}

const (
	defaultDiskGiB = 50
	minDiskGiB     = 20 // the image and the log of one day
	maxDiskGiB     = 16384
	maxNodes       = 450 // what EKS takes in one group
	maxGroupName   = 30
)

var groupNamePattern = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

func (g NodeGroup) withDefaults() NodeGroup {
	if g.DiskGiB == 0 {
		g.DiskGiB = defaultDiskGiB
	}
	return g
}

// check records what is wrong with the group; input is its own name and a dot.
func (g NodeGroup) check(p *check.Problems, input string) {
	p.Require(groupNamePattern.MatchString(g.Name) && len(g.Name) <= maxGroupName, input+"name", g.Name,
		`lower-case letters, digits and single hyphens, at most 30 characters, such as "general"`)
	_, err := architectureOf(g.InstanceTypes)
	p.Require(err == nil, input+"instanceTypes", g.InstanceTypes, `instance types of one architecture, such as "m7g.large"`)
	p.Require(g.Min >= 0 && g.Min <= g.Desired, input+"min", g.Min, "0 or more and no more than desired")
	p.Require(g.Desired <= g.Max, input+"desired", g.Desired, "no more than max")
	p.Require(g.Max >= 1 && g.Max <= maxNodes, input+"max", g.Max, "1 to 450 nodes")
	p.Require(g.DiskGiB >= minDiskGiB && g.DiskGiB <= maxDiskGiB, input+"diskGiB", g.DiskGiB, "20 to 16384 GiB")
}

func (g NodeGroup) inputs() pulumi.Map {
	return pulumi.Map{
		"name":          pulumi.String(g.Name),
		"instanceTypes": pulumi.ToStringArray(g.InstanceTypes),
		"spot":          pulumi.Bool(g.Spot),
		"min":           pulumi.Int(g.Min),
		"desired":       pulumi.Int(g.Desired),
		"max":           pulumi.Int(g.Max),
		"diskGiB":       pulumi.Int(g.DiskGiB),
	}
}

func (g NodeGroup) capacityType() string {
	if g.Spot {
		return "SPOT"
	}
	return "ON_DEMAND"
}
