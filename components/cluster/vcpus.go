package cluster

import (
	"strconv"
	"strings"
)

// VCPUs is how many vCPUs the groups have at most, in the given number of zones: at their largest, and while all of them are
// updated at once. For an update EKS makes a group larger by two nodes a zone, and removes the old nodes after it.
// Source: EKS User Guide, "Understand each phase of node updates".
func VCPUs(groups []NodeGroup, zones int) (largest, updating int) {
	for _, group := range groups {
		perNode := 0
		for _, name := range group.InstanceTypes {
			perNode = max(perNode, vcpus(name))
		}
		largest += group.Max * perNode
		updating += (group.Max + 2*zones) * perNode
	}
	return largest, updating
}

// vcpus of a Graviton type: one for medium, two for large and, of the burstable family, for everything smaller, four for
// xlarge and four times N for Nxlarge. Source: the EC2 instance type tables, 2026-11.
func vcpus(name string) int {
	family, size, _ := strings.Cut(name, ".")
	count, isXlarge := strings.CutSuffix(size, "xlarge")
	switch {
	case isXlarge && count == "":
		return 4
	case isXlarge:
		n, err := strconv.Atoi(count)
		if err != nil {
			return 0
		}
		return 4 * n
	case size == "medium" && !strings.HasPrefix(family, "t"):
		return 1
	default:
		return 2
	}
}
