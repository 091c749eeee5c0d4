// Package provisioner deploys the function that makes each tenant's home in the shared database. It runs in the
// environment's network, so that nobody needs a way from outside to the private database.
package provisioner

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Provisioner holds what tenants' stacks and people need of it.
type Provisioner struct {
	pulumi.ResourceState

	FunctionName  pulumi.StringOutput // known once the function may do its work
	FunctionARN   pulumi.StringOutput
	ArchiveBucket pulumi.StringOutput
}

// FunctionName is the name of an environment's provisioner in a region.
func FunctionName(environment, region string) string {
	return function.Name(environment, region, service)
}

const (
	service = "provisioner" // in services/
	// maxPrefix keeps the longest generated name of a child, that of a bucket, within S3's 63 characters.
	maxPrefix = 40
	// memoryMiB is far more than the provisioner needs: Lambda gives processor time by memory, and this is one whole
	// processor, which archives are packed by. A minute's sweep costs a few tens of cents a month with it, and what it waits below.
	memoryMiB = 1769
	// lookAgainSeconds is when each sweep looks once more at what tenants cost: so that, with what gate and the schedule take, whoever costs too
	// much is held within a minute. No schedule is faster than a minute, and Lambda bills waiting: each second USD 1 a month on arm64.
	lookAgainSeconds = 8
	// timeoutSeconds is the most that Lambda gives: an archive of a large tenant takes minutes.
	timeoutSeconds = 900
)

// builder carries what the parts of the provisioner share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string // prefix of the children's names
	args   ProvisionerArgs
	parent *Provisioner
}

// NewProvisioner makes the function with its role, its log group, the bucket of archives, its minute's sweep and its
// alarms. All problems of args are reported at once.
func NewProvisioner(ctx *pulumi.Context, name string, args *ProvisionerArgs, opts ...pulumi.ResourceOption) (*Provisioner, error) {
	full := args.withDefaults()
	if err := full.validate(name); err != nil {
		return nil, err
	}
	if err := full.Inspect(ctx, service); err != nil {
		return nil, err
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), args: full, parent: &Provisioner{}}
	err := ctx.RegisterComponentResourceV2("genericcorp:provisioner:Provisioner", name, full.inputs(), b.parent,
		append(opts, tagging.Component("provisioner"))...)
	if err != nil {
		return nil, fmt.Errorf("register provisioner %q: %w", name, err)
	}
	for _, step := range []func() error{b.makeBucket, b.makeFunction} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("provisioner %q: %w", name, err)
		}
	}
	return b.parent, ctx.RegisterResourceOutputs(b.parent, pulumi.Map{
		"functionName":  b.parent.FunctionName,
		"functionArn":   b.parent.FunctionARN,
		"archiveBucket": b.parent.ArchiveBucket,
	})
}

// makeFunction makes the function, which enforces every minute the limits that PostgreSQL does not.
func (b *builder) makeFunction() error {
	made, err := function.New(b.ctx, b.name, &function.Args{
		Settings: b.args.Settings, Service: service, Title: "provisioner of tenants",
		Description: "Makes, changes, archives and removes tenants in the shared database", Page: "provisioner-trouble",
		MemoryMiB: memoryMiB, Timeout: timeoutSeconds, Variables: b.variables(), Permissions: b.permissions(),
		Schedule: &function.Schedule{
			Name: "sweep", Description: "Enforces the tenants' limits", Expression: "rate(1 minute)",
			Request: api.Request{Action: api.ActionSweep, LookAgainSeconds: lookAgainSeconds},
			Dropped: "The sweep of the provisioner of tenants fails: storage and statement time are not enforced. Look into its log group first.",
		},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	b.parent.FunctionName, b.parent.FunctionARN = made.Name, made.Arn
	return nil
}

// variables are the function's, as the contract names them. None is a secret.
func (b *builder) variables() pulumi.StringMap {
	return pulumi.StringMap{
		api.EnvEnvironment:     pulumi.String(b.args.Environment),
		api.EnvDatabaseHost:    b.args.DatabaseHost,
		api.EnvDatabasePort:    pulumi.Sprintf("%d", b.args.DatabasePort),
		api.EnvDatabaseName:    pulumi.String(b.args.DatabaseName),
		api.EnvMasterSecretARN: b.args.MasterSecretARN,
		api.EnvArchiveBucket:   b.parent.ArchiveBucket,
		api.EnvArchiveKeyARN:   b.args.StorageKeyARN,
		api.EnvSchemaCeiling:   pulumi.Sprintf("%d", b.args.SchemaCeiling),
		api.EnvAlarmTopicARN:   b.args.AlarmTopicARN,

		api.EnvOwnConnections:    pulumi.Sprintf("%d", api.Connections(b.args.ReservedConcurrency)),
		api.EnvOvercommitPercent: pulumi.Sprintf("%d", b.args.OvercommitPercent),
		api.EnvPublishServed:     pulumi.Sprintf("%t", b.args.PublishServed),
		api.EnvBilled:            pulumi.Sprintf("%t", b.args.Billed),
	}
}
