package cluster

import "github.com/genericcorp/platform/internal/awsvalue"

// csiConfiguration is the part of the EBS add-on's schema that is set here.
type csiConfiguration struct {
	Node struct {
		ReservedVolumeAttachments int `json:"reservedVolumeAttachments"`
	} `json:"node"`
}

// reserveAttachments keeps free, on every node, what its root disk and its network interfaces take of the attachments that it
// shares with volumes. The driver cannot count them: pods do not reach a node's metadata (hop limit 1), so it assumes the root
// disk and one interface, and the network add-on attaches more of them later, as pods come. A node would be promised more
// volumes than it takes, and pods would wait indefinitely. On types whose volumes have a limit of their own some are given away.
// Source: aws-ebs-csi-driver, docs/install.md, "Kubernetes Metadata", and charts/aws-ebs-csi-driver/values.schema.json.
func reserveAttachments(groups []NodeGroup) (c csiConfiguration) {
	most := 1
	for _, group := range groups {
		for _, name := range group.InstanceTypes {
			most = max(most, interfaces(name))
		}
	}
	c.Node.ReservedVolumeAttachments = most // the root disk, and all interfaces but the one that the driver assumes itself
	return c
}

// interfaces is how many network interfaces a Graviton type takes at most.
// Source: Amazon EC2 instance types, "Network specifications" of general purpose, compute and memory optimized instances, 2026-11.
func interfaces(name string) int {
	switch n := awsvalue.VCPUs(name); {
	case n <= 1:
		return 2
	case n == 2:
		return 3
	case n <= 8:
		return 4
	case n <= 48:
		return 8
	default:
		return 15
	}
}
