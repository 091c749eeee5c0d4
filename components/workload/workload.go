// Package workload runs one program of the platform in the cluster: an API that others call, or a worker that nobody calls. It has
// what such a program needs to be left alone: an image that cannot change, a share of its node, copies in several zones, a role of
// its own, secrets as files, and a rollout that either comes up or says why not.
package workload

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/check"
)

// The labels of every object of a workload.
const (
	LabelName      = "app.kubernetes.io/name"       // the workload; pods are selected by it
	LabelManagedBy = "app.kubernetes.io/managed-by" // the platform
)

// ManagedBy is the value of LabelManagedBy.
const ManagedBy = "platform"

// Workload holds what others need of a workload.
type Workload struct {
	pulumi.ResourceState

	Name           pulumi.StringOutput // of the Deployment, known once it has rolled out
	ServiceAccount string
	Host           string // where others in the cluster call it; empty for a worker

	Parts []pulumi.Resource // it serves once these are there
}

// builder carries what the parts of a workload share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   WorkloadArgs
	parent *Workload

	beforePods []pulumi.Resource // the identity and what it may do
}

// NewWorkload makes a workload, and waits for its rollout. Its Kubernetes provider comes through the options. All problems of args are
// reported at once.
func NewWorkload(ctx *pulumi.Context, name string, args *WorkloadArgs, opts ...pulumi.ResourceOption) (*Workload, error) {
	full, problems := args.withDefaults(), check.Under(fmt.Sprintf("workload %q: ", name))
	full.check(problems, name)
	if err := problems.Err(); err != nil {
		return nil, err
	}
	w := &Workload{ServiceAccount: cmp.Or(full.ServiceAccount, name)}
	err := ctx.RegisterComponentResourceV2("genericcorp:workload:Workload", name, full.inputs(), w,
		append(opts, tagging.Component("workload"))...)
	if err != nil {
		return nil, fmt.Errorf("register workload %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: name, args: full, parent: w}
	for _, step := range []func() error{b.makeIdentity, b.makeService, b.makeDisruptionBudget, b.makeDeployment, b.makeScaling} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("workload %q: %w", name, err)
		}
	}
	return w, ctx.RegisterResourceOutputs(w, pulumi.Map{
		"name": w.Name, "serviceAccount": pulumi.String(w.ServiceAccount), "host": pulumi.String(w.Host),
	})
}
