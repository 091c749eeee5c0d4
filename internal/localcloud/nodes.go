package localcloud

import "time"

// NodesPath is where the supervisor shows its nodes, below the AWS API's address. GET responds with Nodes; POST adds a node to the
// group that ?group= names, or to the only one there is; DELETE of NodesPath/<name> ends a node as a power cut does.
const NodesPath = "/_localcloud/nodes"

// Nodes are the nodes of a local cloud.
type Nodes struct {
	// Missing is what this machine lacks to run nodes. With anything missing there are none.
	Missing []string `json:"missing"`
	Nodes   []Node   `json:"nodes"`
	// NodePorts is the address of the machine's loopback interface at which the node ports of services are open.
	NodePorts string `json:"nodePorts"`
}

// Node is one node.
type Node struct {
	Name         string    `json:"name"`     // as Kubernetes knows it
	Instance     string    `json:"instance"` // as EC2 would know it
	Group        string    `json:"group"`
	Zone         string    `json:"zone"`
	InstanceType string    `json:"instanceType"`
	Address      string    `json:"address"` // in the nodes' own network
	Release      string    `json:"release"` // of its image
	State        string    `json:"state"`   // pending, ready, not ready, draining, lost, terminating
	PID          int       `json:"pid"`     // of its process 1
	StartedAt    time.Time `json:"startedAt"`
}
