package monitoring

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Monitoring holds what people look at.
type Monitoring struct {
	pulumi.ResourceState

	DashboardName pulumi.StringOutput
	TrailARN      pulumi.StringOutput
}

// builder carries what the parts of the monitoring share while they are made.
type builder struct {
	ctx      *pulumi.Context
	name     string // prefix of the children's names
	physical string // prefix of the names in AWS that must be known beforehand
	args     MonitoringArgs
	parent   *Monitoring
}

// maxPhysical is CloudTrail's limit, the smaller one beside the dashboard's 255.
const maxPhysical = 128

// NewMonitoring makes the dashboard, the alarms that no component makes for itself, and the audit trail. All
// problems of args are reported at once.
func NewMonitoring(ctx *pulumi.Context, name string, args *MonitoringArgs, opts ...pulumi.ResourceOption) (*Monitoring, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	b := &builder{
		ctx: ctx, args: full, parent: &Monitoring{},
		name:     naming.Join(maxPrefix, name),
		physical: naming.Join(maxPhysical, ctx.Project(), ctx.Stack(), name),
	}
	err := ctx.RegisterComponentResourceV2("genericcorp:monitoring:Monitoring", name, full.inputs(), b.parent,
		append(opts, tagging.Component("monitoring"))...)
	if err != nil {
		return nil, fmt.Errorf("register monitoring %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeDashboard, b.makeAlarms, b.makeTrail} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("monitoring %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"dashboardName": b.parent.DashboardName,
		"trailArn":      b.parent.TrailARN,
	})
}
