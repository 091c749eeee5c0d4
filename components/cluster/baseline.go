package cluster

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
)

// The namespaces of the baseline.
const (
	SystemNamespace  = "platform-system" // what the company runs for all tenants
	TenantsNamespace = "tenants"         // the application, which serves all tenants
)

// The priority classes of the baseline, highest first.
const (
	PriorityCritical = "platform-critical" // goes before everything but Kubernetes itself
	PriorityStandard = "platform-standard" // what pods get that name none
	PriorityBatch    = "platform-batch"    // waits for room, never makes it
)

// BaselineArgs says how much the namespaces may ask of the cluster. The zero value suits two nodes of 2 vCPU.
type BaselineArgs struct {
	// Quotas caps what all pods of a namespace request together, by namespace; DefaultQuota where none is given.
	Quotas map[string]Quota
}

// Baseline is what has to be in a cluster before the first workload. Its children need a Kubernetes provider,
// which comes through the options.
type Baseline struct {
	pulumi.ResourceState

	Namespaces   pulumi.StringArrayOutput
	StorageClass pulumi.StringOutput // the default one

	// Parts are all that it is made of. What comes after it depends on them: a dependency on a component holds for those of its parts alone
	// whose registration has begun by then, which happens beside the program.
	Parts []pulumi.Resource
}

// baselineBuilder carries what the parts of a baseline share while they are made.
type baselineBuilder struct {
	ctx    *pulumi.Context
	name   string
	args   BaselineArgs
	parent *Baseline
}

// made notes a part.
func (b *baselineBuilder) made(part pulumi.Resource) { b.parent.Parts = append(b.parent.Parts, part) }

// NewBaseline makes namespaces that admit only restricted pods, let nothing in or out but DNS, and have quotas;
// an encrypted default storage class; priority classes; and what the cluster's members may do. All problems of args are reported at once.
func NewBaseline(ctx *pulumi.Context, name string, args *BaselineArgs, opts ...pulumi.ResourceOption) (*Baseline, error) {
	if args == nil {
		args = &BaselineArgs{}
	}
	if err := args.validate(name); err != nil {
		return nil, err
	}
	b := &baselineBuilder{ctx: ctx, name: name, args: *args, parent: &Baseline{}}
	if err := ctx.RegisterComponentResourceV2("genericcorp:cluster:Baseline", name, args.inputs(), b.parent, opts...); err != nil {
		return nil, fmt.Errorf("register baseline %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeNamespaces, b.makeStorageClass, b.makePriorities, b.makeMembers} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("baseline %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"namespaces":   b.parent.Namespaces,
		"storageClass": b.parent.StorageClass,
	})
}

func (a *BaselineArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("baseline %q: ", name))
	for _, namespace := range sortedKeys(a.Quotas) {
		input := fmt.Sprintf("quotas[%q]", namespace)
		p.Require(namespace == SystemNamespace || namespace == TenantsNamespace, input, namespace,
			fmt.Sprintf("%q or %q", SystemNamespace, TenantsNamespace))
		a.Quotas[namespace].check(p, input)
	}
	return p.Err()
}

func (a *BaselineArgs) inputs() pulumi.Map {
	quotas := pulumi.Map{}
	for namespace, quota := range a.Quotas {
		quotas[namespace] = quota.hard()
	}
	return pulumi.Map{"quotas": quotas}
}

// quota is what a namespace may ask for.
func (a *BaselineArgs) quota(namespace string) Quota {
	if quota, given := a.Quotas[namespace]; given {
		return quota
	}
	return DefaultQuota
}
