package cluster

import (
	"maps"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
)

// Quota caps what all pods of a namespace ask for together.
type Quota struct {
	CPU        int // requested vCPUs
	MemoryGiB  int // requested memory
	StorageGiB int // requested disks
	Pods       int
	NodePorts  int // ports of the nodes that services may take
}

// DefaultQuota bounds a namespace that says nothing. A load balancer is never within a quota: each costs money,
// and the platform's is made from outside: another would be a way in beside the edge's limits. A port of the nodes is for whom that
// balancer calls.
var DefaultQuota = Quota{CPU: 16, MemoryGiB: 64, StorageGiB: 200, Pods: 100}

func (q Quota) check(p *check.Problems, input string) {
	for _, part := range []struct {
		name  string
		value int
	}{{"cpu", q.CPU}, {"memoryGiB", q.MemoryGiB}, {"storageGiB", q.StorageGiB}, {"pods", q.Pods}} {
		p.Require(part.value >= 1, input+"."+part.name, part.value, "1 or more")
	}
	p.Require(q.NodePorts >= 0, input+".nodePorts", q.NodePorts, "0 or more")
}

// hard is the quota in Kubernetes' terms.
func (q Quota) hard() pulumi.StringMap {
	return pulumi.StringMap{
		"requests.cpu":           pulumi.String(strconv.Itoa(q.CPU)),
		"requests.memory":        pulumi.String(strconv.Itoa(q.MemoryGiB) + "Gi"),
		"requests.storage":       pulumi.String(strconv.Itoa(q.StorageGiB) + "Gi"),
		"pods":                   pulumi.String(strconv.Itoa(q.Pods)),
		"services.loadbalancers": pulumi.String("0"),
		"services.nodeports":     pulumi.String(strconv.Itoa(q.NodePorts)),
	}
}

// What a container gets that asks for nothing, so that the quota counts it and a leak ends in its own container.
var (
	defaultRequest = pulumi.StringMap{"cpu": pulumi.String("50m"), "memory": pulumi.String("64Mi")}
	defaultLimit   = pulumi.StringMap{"memory": pulumi.String("256Mi")}
)

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
