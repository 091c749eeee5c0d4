// Package billing deploys the function that brings Stripe to what the platform knows, and tenants to what they have paid, with the address to
// which Stripe sends its events.
package billing

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/network/ports"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/secrets"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/billing/api"
)

// Billing holds what people need of it.
type Billing struct {
	pulumi.ResourceState

	FunctionName pulumi.StringOutput
	SecretARN    pulumi.StringOutput // where a person puts Stripe's keys
	WebhookURL   pulumi.StringOutput // where Stripe is to send its events
}

const (
	// page is what its alarms name.
	page = "billing-trouble"
	// maxPrefix leaves room for the endings of the children's names.
	maxPrefix = 40
	memoryMiB = 512
	// timeoutSeconds is the most that Lambda gives: a run after Stripe was away for days may take all of it.
	timeoutSeconds = 900
	// anywhere is the whole internet: Stripe's addresses change.
	anywhere = "0.0.0.0/0"
)

// builder carries what the parts share while they are made.
type builder struct {
	ctx      *pulumi.Context
	name     string // prefix of the children's names
	args     BillingArgs
	parent   *Billing
	function *lambda.Function
}

// NewBilling makes the function with its hourly run, its secret without a value, the address for Stripe's events, and the alarms of what fails.
// All problems of args are reported at once.
func NewBilling(ctx *pulumi.Context, name string, args *BillingArgs, opts ...pulumi.ResourceOption) (*Billing, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	if err := full.Inspect(ctx, api.Service); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: &Billing{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:billing:Billing", name, full.inputs(), b.parent, append(opts, tagging.Component("billing"))...)
	if err != nil {
		return nil, fmt.Errorf("register billing %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeSecret, b.makeSecurityGroup, b.makeFunction, b.makeWebhook} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("billing %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"functionName": b.parent.FunctionName, "secretArn": b.parent.SecretARN, "webhookUrl": b.parent.WebhookURL,
	})
}

// makeFunction makes the function, which runs every hour.
func (b *builder) makeFunction() error {
	made, err := function.New(b.ctx, b.name, &function.Args{
		Settings: b.args.Settings, Service: api.Service, Title: "billing", Description: "Brings Stripe to what the platform knows, and tenants to what they have paid",
		Page: page, MemoryMiB: memoryMiB, Timeout: timeoutSeconds, Variables: b.variables(), Permissions: b.permissions(),
		Schedule: &function.Schedule{
			Name: "run", Description: "Brings Stripe and tenants' payments up to date", Expression: "rate(1 hour)", Request: api.Request{Action: api.ActionRun},
			Dropped: "The hourly run of billing fails: Stripe is not told what tenants used, nobody who has not paid is held, and only events let tenants go. Look into its log group first.",
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.function, b.parent.FunctionName = made, made.Name
	return nil
}

// makeSecret makes the secret without a value: a person puts Stripe's keys into it, so that they are in no state.
func (b *builder) makeSecret() (err error) {
	b.parent.SecretARN, err = secrets.NewHandwritten(b.ctx, b.name+"-secret", "Stripe's keys. A person writes it: docs/billing.md", b.args.SecretsKeyARN,
		*b.args.DeletionProtection, pulumi.Parent(b.parent))
	return err
}

// makeSecurityGroup lets the function reach Stripe and AWS, and nothing in the VPC.
func (b *builder) makeSecurityGroup() error {
	group, err := ec2.NewSecurityGroup(b.ctx, b.name, &ec2.SecurityGroupArgs{
		VpcId: b.args.VpcID.ToStringOutput().ToStringPtrOutput(), Description: pulumi.String("The function that bills tenants"),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create security group: %w", err)
	}
	_, err = vpc.NewSecurityGroupEgressRule(b.ctx, b.name+"-to-internet", &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: group.ID().ToStringOutput(), Description: pulumi.String("HTTPS to Stripe and AWS"),
		IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(ports.HTTPS), ToPort: pulumi.Int(ports.HTTPS), CidrIpv4: pulumi.String(anywhere),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("let the function reach Stripe and AWS: %w", err)
	}
	b.args.SecurityGroupID = group.ID().ToStringOutput()
	return nil
}

// variables are the function's, as the contract names them. None is a secret.
func (b *builder) variables() pulumi.StringMap {
	variables := pulumi.StringMap{
		api.EnvEnvironment:        pulumi.String(b.args.Environment),
		api.EnvProvisioner:        b.args.ProvisionerName,
		api.EnvSecretARN:          b.parent.SecretARN,
		api.EnvLive:               pulumi.Sprintf("%t", b.args.Live),
		api.EnvDaysToPay:          pulumi.Sprintf("%d", b.args.DaysToPay),
		api.EnvLimitedAfterDays:   pulumi.Sprintf("%d", b.args.LimitedAfterDays),
		api.EnvSuspendedAfterDays: pulumi.Sprintf("%d", b.args.SuspendedAfterDays),
	}
	if b.args.StandIn {
		variables[api.EnvStandIn] = pulumi.String("true")
	}
	return variables
}

// permissions are exactly what billing does.
func (b *builder) permissions() []policydoc.Statement {
	return []policydoc.Statement{
		{Sid: "AskProvisioner", Actions: []string{"lambda:InvokeFunction"}, Resources: []pulumi.StringInput{b.args.ProvisionerARN}},
		{Sid: "ReadStripesKeys", Actions: []string{"secretsmanager:GetSecretValue"}, Resources: []pulumi.StringInput{b.parent.SecretARN}},
		{
			Sid: "UseSecretsKey", Actions: []string{"kms:Decrypt"}, Resources: []pulumi.StringInput{b.args.SecretsKeyARN},
			Conditions: policydoc.Conditions{"StringEquals": {"kms:ViaService": {pulumi.String("secretsmanager." + b.args.Region + ".amazonaws.com")}}},
		},
	}
}
