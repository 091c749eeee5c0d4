package nodes

import (
	"net/netip"
	"time"
)

// Group is a node group as it was asked for.
type Group struct {
	Cluster      string
	Name         string
	Desired      int
	InstanceType string
	CapacityType string // ON_DEMAND or SPOT
	Labels       map[string]string
	Taints       []Taint
	Subnets      []Subnet // at least one
	// Release is that of the nodes' image, and Template their launch template. A node of others is replaced.
	Release, Template string
}

func (g Group) key() string { return g.Cluster + "/" + g.Name }

// revision is what the group's nodes are made from.
func (g Group) revision() string { return g.Release + " " + g.Template }

// Taint keeps pods from the group's nodes, as Kubernetes names its effects: NoSchedule, PreferNoSchedule or NoExecute.
type Taint struct{ Key, Value, Effect string }

// Subnet is a subnet of the VPC, in which nodes and their pods have their addresses.
type Subnet struct {
	ID     string
	Zone   string
	Prefix netip.Prefix
}

// Status is how far a group is.
type Status struct {
	Ready int
	// Nodes are all that there are, also those that end.
	Nodes int
	// Outdated are those that are made from another release or template than the group's, and Stuck why no more of them are replaced.
	Outdated int
	Stuck    string
	// Failure is why the group has no more nodes than it has, if something keeps failing.
	Failure string
	// Since is when the number that is desired was asked for.
	Since time.Time
}

// chooseSubnet is the one of a zone with the fewest nodes, the first of those: groups of one node each are spread, too.
func chooseSubnet(subnets []Subnet, nodes []*node) Subnet {
	count := map[string]int{}
	for _, n := range nodes {
		count[n.subnet.Zone]++
	}
	best := subnets[0]
	for _, s := range subnets[1:] {
		if count[s.Zone] < count[best.Zone] {
			best = s
		}
	}
	return best
}
