// Package betterstack has Better Stack look at the platform from outside, wake people by an escalation policy, and show customers a status page.
// The token is in a secret that a person writes; the provider of Better Stack's objects reads it when it first needs it.
package betterstack

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/secrets"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/betterstack"
)

// BetterStack holds what people need of it.
type BetterStack struct {
	pulumi.ResourceState

	SecretARN     pulumi.StringOutput // where a person puts the token
	StatusPageURL pulumi.StringOutput // empty without objects
}

// edgeName is what the status page calls the edge.
const edgeName = "Web and API access"

// builder carries what the parts share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   BetterStackArgs
	parent *BetterStack

	options  []pulumi.ResourceOption // of every object at Better Stack
	policy   pulumi.StringPtrOutput  // its ID
	monitors []shown
}

// shown is a monitor on the status page.
type shown struct {
	name, title string
	id          pulumi.IDOutput
}

// NewBetterStack makes the secret without a value and, when it is asked to, what stands at Better Stack. All problems of args are reported at once.
func NewBetterStack(ctx *pulumi.Context, name string, args *BetterStackArgs, opts ...pulumi.ResourceOption) (*BetterStack, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: name, args: full, parent: &BetterStack{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:betterstack:BetterStack", name, full.inputs(), b.parent, append(opts, tagging.Component("betterstack"))...)
	if err != nil {
		return nil, fmt.Errorf("register betterstack %q: %w", name, err)
	}
	steps := []func() error{b.makeSecret}
	b.parent.StatusPageURL = pulumi.String("").ToStringOutput()
	if full.Objects {
		steps = append(steps, b.makeProvider, b.makePolicy, b.makeMonitors, b.makeStatusPage)
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, fmt.Errorf("betterstack %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{"secretArn": b.parent.SecretARN, "statusPageUrl": b.parent.StatusPageURL})
}

// makeSecret makes the secret without a value: a person puts the token into it, so that it is in no state.
func (b *builder) makeSecret() (err error) {
	b.parent.SecretARN, err = secrets.NewHandwritten(b.ctx, b.name+"-secret", "Better Stack's token. A person writes it: docs/betterstack.md", b.args.SecretsKeyARN,
		*b.args.DeletionProtection, pulumi.Parent(b.parent))
	return err
}

// makeProvider has the objects wait for all else. Replaced, an object is removed first: its name can be there once.
func (b *builder) makeProvider() error {
	var own struct{ pulumi.ProviderResourceState }
	err := b.ctx.RegisterResource("pulumi:providers:"+betterstack.Package, b.name, pulumi.Map{betterstack.SecretInput: b.parent.SecretARN}, &own,
		pulumi.Parent(b.parent), pulumi.DependsOn(b.args.After))
	if err != nil {
		return fmt.Errorf("create provider: %w", err)
	}
	b.options = []pulumi.ResourceOption{pulumi.Parent(b.parent), pulumi.Provider(&own), pulumi.DeleteBeforeReplace(true)}
	return nil
}

// object makes an object at Better Stack, and returns its ID.
func (b *builder) object(token, suffix string, inputs pulumi.Map) (pulumi.IDOutput, error) {
	var made struct{ pulumi.CustomResourceState }
	if err := b.ctx.RegisterResource(token, b.name+"-"+suffix, inputs, &made, b.options...); err != nil {
		return pulumi.IDOutput{}, fmt.Errorf("create %s: %w", suffix, err)
	}
	return made.ID(), nil
}

// mark is the name of a part at Better Stack. It says whose it is, is found again by it, and is read out when Better Stack calls.
func (b *builder) mark(part string) pulumi.String {
	return pulumi.String("platform " + b.args.Environment + ": " + part)
}
