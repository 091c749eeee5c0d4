// Package stacks says what is deployed: it reads a stack's settings, strictly, and puts the components together
// as they say.
package stacks

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Run is the whole program: it deploys the stack that its settings describe.
func Run(ctx *pulumi.Context) error {
	settings, err := Load(ctx)
	if err != nil {
		return fmt.Errorf("settings of stack %s:\n%w", ctx.Stack(), err)
	}
	switch settings.Kind {
	case KindEnvironment:
		return deployEnvironment(ctx, settings.Region, settings.Environment)
	case KindWorkloads:
		return deployWorkloads(ctx, settings.Workloads)
	case KindTenant:
		return deployTenant(ctx, settings.Tenant)
	default:
		return fmt.Errorf("stack %s is of kind %q, which this program does not deploy", ctx.Stack(), settings.Kind)
	}
}
