// Package edgepods runs the edge in the cluster: the proxy, gate, which it asks whose a request is, and the service that counts. From
// outside the proxy alone is reached, by ports of the nodes that a load balancer calls.
package edgepods

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/workload"
)

// The workloads' names in the cluster.
const (
	proxyName    = "edge-proxy"
	gateName     = "edge-gate"
	countingName = "edge-counting"
)

// EdgePods holds what others need of the edge.
type EdgePods struct {
	pulumi.ResourceState

	// PublicKeysARN is a secret with the public keys of identities, as a JSON Web Key Set. Nothing in it is secret: it is one so that
	// programs have it as a file, which follows an exchange of keys.
	PublicKeysARN pulumi.StringOutput
}

// builder carries what the parts of the edge share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   EdgePodsArgs
	parent *EdgePods

	password    pulumi.StringOutput // ARNs of secrets
	signingKeys pulumi.StringOutput
	before      []pulumi.Resource // of gate
}

// NewEdgePods makes gate's role in the database and the keys of identities, then the services that the proxy asks, then the proxy. Its
// Kubernetes provider comes through the options. All problems of args are reported at once.
func NewEdgePods(ctx *pulumi.Context, name string, args *EdgePodsArgs, opts ...pulumi.ResourceOption) (*EdgePods, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: full, parent: &EdgePods{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:edgepods:EdgePods", name, full.inputs(), b.parent, append(opts, tagging.Component("edgepods"))...)
	if err != nil {
		return nil, fmt.Errorf("register edge pods %q: %w", name, err)
	}
	for _, step := range []func() error{b.makePassword, b.makeKeys, b.makeGate, b.makeCounting, b.makeProxy} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("edge pods %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{"publicKeysArn": b.parent.PublicKeysARN})
}

// Connections lists whom the parts of the edge call. Who calls the proxy is not a workload: see openProxy.
func Connections(namespace string, application Application, database, cache workload.Connection) []workload.Connection {
	proxy, gate, counting := workload.Peer{Namespace: namespace, Workload: proxyName},
		workload.Peer{Namespace: namespace, Workload: gateName}, workload.Peer{Namespace: namespace, Workload: countingName}
	database.From, cache.From = gate, counting
	cacheOfGate := cache
	cacheOfGate.From = gate
	return []workload.Connection{
		{From: proxy, To: gate, Port: gatePort}, {From: proxy, To: counting, Port: countingPort},
		{From: proxy, To: workload.Peer{Namespace: application.Namespace, Workload: application.Name}, Port: application.Port},
		database, cache, cacheOfGate,
	}
}
