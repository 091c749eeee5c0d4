// Package report deploys the function that mails an environment's morning report, and what it sends by.
package report

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sesv2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/policydoc"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/report/api"
)

// Report holds what people need of it.
type Report struct {
	pulumi.ResourceState

	FunctionName pulumi.StringOutput
}

const (
	// service is the last part of the function's name, and the name of its archive.
	service = "report"
	// page is what its alarms name.
	page = "report-missing"
	// maxPrefix leaves room for the endings of the children's names.
	maxPrefix = 40
	// memoryMiB gives a seventh of a processor, by which a report is made in a second.
	memoryMiB = 256
	// timeoutSeconds is enough for the days that are made up for, each with some seconds of the provisioner.
	timeoutSeconds = 300
	// retries are Lambda's, a minute after the first call and two minutes after that: what a call claimed, no other one sends.
	retries = 2
)

// builder carries what the parts share while they are made.
type builder struct {
	ctx      *pulumi.Context
	name     string // prefix of the children's names
	args     ReportArgs
	parent   *Report
	identity *sesv2.EmailIdentity
	set      *sesv2.ConfigurationSet
}

// NewReport makes the function with its schedule, the identity that it sends as, and the alarms of what fails and of what comes back. All
// problems of args are reported at once.
func NewReport(ctx *pulumi.Context, name string, args *ReportArgs, opts ...pulumi.ResourceOption) (*Report, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	if err := full.Inspect(ctx, service); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: &Report{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:report:Report", name, full.inputs(), b.parent, append(opts, tagging.Component("report"))...)
	if err != nil {
		return nil, fmt.Errorf("register report %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeIdentity, b.makeMailSet, b.makeFunction} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("report %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{"functionName": b.parent.FunctionName})
}

func (b *builder) makeFunction() error {
	made, err := function.New(b.ctx, b.name, &function.Args{
		Settings: b.args.Settings, Service: service, Title: "morning report", Description: "Mails each morning what the environment costs", Page: page,
		MemoryMiB: memoryMiB, Timeout: timeoutSeconds, Permissions: b.permissions(),
		Variables: pulumi.StringMap{
			api.EnvEnvironment: pulumi.String(b.args.Environment),
			api.EnvProvisioner: b.args.ProvisionerName,
			api.EnvSender:      pulumi.String(b.args.Sender),
			api.EnvAddresses:   pulumi.String(strings.Join(b.args.Addresses, ",")),
			api.EnvMailSet:     b.set.ConfigurationSetName,
		},
		Schedule: &function.Schedule{
			Name: "morning", Description: "Mails the report of yesterday", Expression: fmt.Sprintf("cron(0 %d * * ? *)", b.args.Hour), Request: api.Request{}, Retries: retries,
			Dropped: "The morning report was not mailed. Look into its log group first.",
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.parent.FunctionName = made.Name
	return nil
}

// permissions are exactly what the function does.
func (b *builder) permissions() []policydoc.Statement {
	account := "arn:aws:ses:" + b.args.Region + ":" + b.args.AccountID + ":"
	mails := []pulumi.StringInput{b.identity.Arn, b.set.Arn}
	for _, address := range b.args.Addresses {
		// Where the account is in SES's sandbox, a recipient is an identity of its own, and SES asks for a right to that as well.
		mails = append(mails, pulumi.String(account+"identity/"+address))
	}
	return []policydoc.Statement{
		// The bill is the account's as a whole. Cost Explorer knows no part of it as a resource.
		{Sid: "ReadBill", Actions: []string{"ce:GetCostAndUsage"}, Resources: []pulumi.StringInput{pulumi.String("*")}},
		{Sid: "AskProvisioner", Actions: []string{"lambda:InvokeFunction"}, Resources: []pulumi.StringInput{b.args.ProvisionerARN}},
		{
			Sid: "SendReports", Actions: []string{"ses:SendEmail"}, Resources: mails,
			Conditions: policydoc.Conditions{"StringEquals": {"ses:FromAddress": {pulumi.String(b.args.Sender)}}},
		},
	}
}
