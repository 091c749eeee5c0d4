package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
)

// NodeGroup is a set of like nodes that EKS manages.
type NodeGroup struct {
	Name string // lower-case letters, digits and single hyphens, at most 20 characters
	// InstanceTypes are tried in this order. All are Graviton (arm64), a fifth cheaper than the like of Intel.
	InstanceTypes []string
	// Spot nodes are cheaper and may go with two minutes' notice: give several instance types.
	Spot              bool
	Min, Desired, Max int // numbers of nodes
	DiskGiB           int // each node's disk: 50 when zero
}

const (
	defaultDiskGiB = 50
	minDiskGiB     = 20 // the image and the log of one day
	maxDiskGiB     = 1000
	maxNodes       = 100
	maxTypes       = 20 // what EKS takes
	maxGroupName   = 20
)

var groupName = awsvalue.Name(1, maxGroupName)

func (g NodeGroup) withDefaults() NodeGroup {
	if g.DiskGiB == 0 {
		g.DiskGiB = defaultDiskGiB
	}
	return g
}

// check records what is wrong with the group, by the inputs' names within it.
func (g NodeGroup) check(p *check.Problems) {
	groupName.Check(p, "name", g.Name)
	awsvalue.GravitonType.CheckList(p, "instanceTypes", g.InstanceTypes, 1, maxTypes,
		fmt.Sprintf(`1 to %d different Graviton (arm64) types such as "m7g.large"`, maxTypes))
	p.Between("min", g.Min, 0, maxNodes)
	p.Require(g.Max >= max(1, g.Min) && g.Max <= maxNodes, "max", g.Max, fmt.Sprintf("1 to %d, not less than min", maxNodes), "min")
	p.Require(g.Desired >= g.Min && g.Desired <= g.Max, "desired", g.Desired, "from min to max", "min", "max")
	p.Between("diskGiB", g.DiskGiB, minDiskGiB, maxDiskGiB)
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
