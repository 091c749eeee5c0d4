// Package edge makes the way in for the tenants' requests: a Network Load Balancer over the public subnets, which ends TLS with a
// certificate for *.app.<domain> and passes connections on to the proxies on the cluster's nodes, and the names that lead to it. It is the
// one thing of an environment that everybody on the internet reaches, on one port.
package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Edge holds what people and other stacks need of the way in.
type Edge struct {
	pulumi.ResourceState

	DNSName         pulumi.StringOutput // AWS's name of the load balancer, to look behind the domain's names
	CertificateARN  pulumi.StringOutput // known once AWS has issued it
	SecurityGroupID pulumi.StringOutput // the load balancer's
	LogBucket       pulumi.StringOutput // its access log
}

// maxPrefix keeps the shortest-limited generated names of children, those of load balancer and target group, within their 32
// characters: "-" and seven digits of the engine come after it.
const maxPrefix = naming.MaxLoadBalancer - 8

// builder carries what the parts of an edge share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   EdgeArgs
	parent *Edge

	balancer *lb.LoadBalancer
	targets  *lb.TargetGroup
}

// NewEdge makes the way in. All problems of args are reported at once.
func NewEdge(ctx *pulumi.Context, name string, args *EdgeArgs, opts ...pulumi.ResourceOption) (*Edge, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	e := &Edge{}
	err := ctx.RegisterComponentResourceV2("genericcorp:edge:Edge", name, full.inputs(), e, append(opts, tagging.Component("edge"))...)
	if err != nil {
		return nil, fmt.Errorf("register edge %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: e}
	for _, step := range []func() error{
		b.makeSecurityGroup, b.makeLoadBalancer, b.makeTargets, b.attachNodes, b.makeCertificate, b.makeListener, b.makeNames, b.makeAlarms,
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("edge %q: %w", name, err)
		}
	}
	e.DNSName = b.balancer.DnsName
	return e, ctx.RegisterResourceOutputs(e, pulumi.Map{
		"dnsName": e.DNSName, "certificateArn": e.CertificateARN, "securityGroupId": e.SecurityGroupID, "logBucket": e.LogBucket,
	})
}
