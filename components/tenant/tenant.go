// Package tenant makes what one tenant owns: its home in the shared database, its host name and its place in the cluster.
package tenant

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/schema"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/edge"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Tenant holds what people and workloads need of a tenant.
type Tenant struct {
	pulumi.ResourceState

	SchemaName string
	RoleName   string
	HostName   string // empty without a domain
	Namespace  string // empty without a cluster
	SecretARN  pulumi.StringOutput
}

// NewTenant makes a tenant and keeps it as args say: a change of tier or state is made in place and touches no data. All
// problems of args are reported at once.
func NewTenant(ctx *pulumi.Context, name string, args *TenantArgs, opts ...pulumi.ResourceOption) (*Tenant, error) {
	if args == nil {
		args = &TenantArgs{}
	}
	tier, err := args.validate(name)
	if err != nil {
		return nil, err
	}
	t := &Tenant{}
	err = ctx.RegisterComponentResourceV2("genericcorp:tenant:Tenant", name, args.inputs(), t, append(opts, tagging.Component("tenant"))...)
	if err != nil {
		return nil, fmt.Errorf("register tenant %q: %w", name, err)
	}
	home, err := schema.NewSchema(ctx, name, args.schema(), pulumi.Parent(t))
	if err != nil {
		return nil, err
	}
	t.SchemaName, t.RoleName, t.SecretARN = home.SchemaName, home.RoleName, home.SecretARN
	if t.HostName, err = args.makeRecord(ctx, name, t); err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	if t.Namespace, err = args.makePlace(ctx, name, tier, t, home.Made); err != nil {
		return nil, fmt.Errorf("tenant %q: %w", name, err)
	}
	return t, ctx.RegisterResourceOutputs(t, pulumi.Map{
		"namespace":  pulumi.String(t.Namespace),
		"schemaName": pulumi.String(t.SchemaName), "roleName": pulumi.String(t.RoleName), "hostName": pulumi.String(t.HostName),
		"secretArn": t.SecretARN,
	})
}

// recordSeconds is how long resolvers remember a tenant's record.
const recordSeconds = 300

// makeRecord leads the tenant's host name to the environment's entry, app.<domain>, which whatever receives the requests must
// create. With an edge the entry's wildcard leads there already. Without a hosted zone there is no name.
func (a *TenantArgs) makeRecord(ctx *pulumi.Context, name string, parent *Tenant) (hostName string, err error) {
	if a.Domain == nil {
		return "", nil
	}
	entry := edge.Label + "." + a.Domain.Name
	hostName = slug.HostLabel(a.Slug) + "." + entry
	if a.Domain.Wildcard {
		return hostName, nil
	}
	_, err = route53.NewRecord(ctx, name, &route53.RecordArgs{
		ZoneId: pulumi.String(a.Domain.ZoneID), Name: pulumi.String(hostName), Type: pulumi.String("CNAME"),
		Ttl: pulumi.Int(recordSeconds), Records: pulumi.StringArray{pulumi.String(entry)},
		AllowOverwrite: pulumi.Bool(true), // a run that was killed may have made it and not noted it
	}, pulumi.Parent(parent))
	if err != nil {
		return "", fmt.Errorf("create host name: %w", err)
	}
	return hostName, nil
}
