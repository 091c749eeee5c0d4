package cluster

import "github.com/genericcorp/platform/internal/awsvalue"

// VCPUs is how many vCPUs the groups have at most, in the given number of zones: at their largest, and while all of them are
// updated at once. For an update EKS makes a group larger by two nodes a zone, and removes the old nodes after it.
// Source: EKS User Guide, "Understand each phase of node updates".
func VCPUs(groups []NodeGroup, zones int) (largest, updating int) {
	for _, group := range groups {
		perNode := 0
		for _, name := range group.InstanceTypes {
			perNode = max(perNode, awsvalue.VCPUs(name))
		}
		largest += group.Max * perNode
		updating += (group.Max + 2*zones) * perNode
	}
	return largest, updating
}
