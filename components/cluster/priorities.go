package cluster

import (
	"fmt"

	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	schedulingv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/scheduling/v1"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// makePriorities says who goes first when nodes are full.
func (b *baselineBuilder) makePriorities() error {
	for _, class := range []struct {
		name, description string
		value             int
		preemption        string
	}{
		{PriorityCritical, "The platform's own parts", 1_000_000, "PreemptLowerPriority"},
		{PriorityStandard, "Everything that names no class", 1_000, "PreemptLowerPriority"},
		{PriorityBatch, "Work that can wait", 0, "Never"},
	} {
		made, err := schedulingv1.NewPriorityClass(b.ctx, b.name+"-"+class.name, &schedulingv1.PriorityClassArgs{
			Metadata:         &metav1.ObjectMetaArgs{Name: pulumi.String(class.name)},
			Value:            pulumi.Int(class.value),
			GlobalDefault:    pulumi.Bool(class.name == PriorityStandard),
			PreemptionPolicy: pulumi.String(class.preemption),
			Description:      pulumi.String(class.description),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return fmt.Errorf("create priority class %s: %w", class.name, err)
		}
		b.made(made)
	}
	return nil
}
