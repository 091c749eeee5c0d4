// Package temporal runs a server of Temporal in the cluster, which keeps its workflows in the environment's PostgreSQL server: in
// databases of its own, which no tenant can connect to. Nothing but the platform's own programs reaches it: a person comes by a port
// that kubectl forwards.
package temporal

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/components/workload"
)

// Name is what the server is called in the cluster; the jobs' names begin with it.
const Name = "temporal"

// Port is where workers and clients call the server.
const Port = 7233

const (
	schemaJob    = Name + "-schema"
	namespaceJob = Name + "-namespace"
)

// Temporal holds what its callers need.
type Temporal struct {
	pulumi.ResourceState

	Host      string              // where workers and clients in the cluster call it
	Namespace pulumi.StringOutput // of Temporal, known once it is there
}

// builder carries what the parts of the server share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   TemporalArgs
	parent *Temporal

	secret pulumi.StringOutput // its ARN, known once there is a password
	before []pulumi.Resource   // what comes before the next step
	files  map[string]string
}

// NewTemporal makes the databases, brings their schema to the server's version, runs the server, and makes its namespace: each when
// what is before it is done. Its Kubernetes provider comes through the options. All problems of args are reported at once.
func NewTemporal(ctx *pulumi.Context, name string, args *TemporalArgs, opts ...pulumi.ResourceOption) (*Temporal, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	files, err := full.files()
	if err != nil {
		return nil, fmt.Errorf("temporal %q: write its configuration: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: full, parent: &Temporal{}, files: files}
	err = ctx.RegisterComponentResourceV2("genericcorp:temporal:Temporal", name, full.inputs(), b.parent, append(opts, tagging.Component("temporal"))...)
	if err != nil {
		return nil, fmt.Errorf("register temporal %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeDatabases, b.makeIdentity, b.upgradeSchema, b.makeServer, b.makeNamespace} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("temporal %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"host": pulumi.String(b.parent.Host), "namespace": b.parent.Namespace,
	})
}

// Connections lists whom the server and its jobs call. Programs that have workflows call it at Port.
func Connections(namespace string, database Database) []workload.Connection {
	server := workload.Peer{Namespace: namespace, Workload: Name}
	stored := workload.Peer{CIDRs: database.CIDRs}
	list := []workload.Connection{
		{From: server, To: stored, Port: database.Port},
		{From: workload.Peer{Namespace: namespace, Workload: schemaJob}, To: stored, Port: database.Port},
		{From: workload.Peer{Namespace: namespace, Workload: namespaceJob}, To: server, Port: listening.Frontend},
	}
	for _, port := range listening.between() {
		list = append(list, workload.Connection{From: server, To: server, Port: port})
	}
	return list
}
