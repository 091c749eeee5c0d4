// Package provisioner deploys the function that makes each tenant's home in the shared database. It runs in the
// environment's network, so that nobody needs a way from outside to the private database.
package provisioner

import (
	"fmt"
	"path/filepath"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lambda"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Provisioner holds what tenants' stacks and people need of it.
type Provisioner struct {
	pulumi.ResourceState

	FunctionName  pulumi.StringOutput // known once the function may do its work
	FunctionARN   pulumi.StringOutput
	ArchiveBucket pulumi.StringOutput
}

// FunctionName is the name of an environment's provisioner in a region. It is fixed so that people and commands find it
// without reading the state, and its log group can stand before it.
func FunctionName(environment, region string) string {
	return naming.Join(naming.MaxLambdaFunction, "platform", environment, region, "provisioner")
}

const (
	// maxPrefix keeps the longest generated name of a child, that of a bucket, within S3's 63 characters.
	maxPrefix = 40
	// memoryMiB is far more than the provisioner needs: Lambda gives processor time by memory, and this is one whole
	// processor, which archives are packed by. A minute's sweep costs a few tens of cents a month with it.
	memoryMiB = 1769
	// timeoutSeconds is the most that Lambda gives: an archive of a large tenant takes minutes.
	timeoutSeconds = 900
	// runtime is that of programs that bring their own.
	runtime = "provided.al2023"
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
	if root := ctx.RootDirectory(); root != "" { // the operator's command has built it, and names no root
		if err := artifact.Inspect(filepath.Join(root, full.Artifact), full.Architecture); err != nil {
			return nil, fmt.Errorf("the provisioner's archive %s cannot be deployed: %w\nbuild it with `make provisioner ARCHITECTURE=%s`",
				filepath.Join(root, full.Artifact), err, full.Architecture)
		}
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

// makeFunction makes the function, and what must stand before it: its log group, so that Lambda makes none that is
// neither encrypted nor ever emptied, and its rights.
func (b *builder) makeFunction() error {
	function := FunctionName(b.args.Environment, b.args.Region)
	group, err := loggroup.New(b.ctx, b.name, &loggroup.Args{
		Name: "/aws/lambda/" + function, RetentionDays: b.args.LogRetentionDays, KeyARN: b.args.LogKeyARN,
	}, pulumi.Parent(b.parent))
	if err != nil {
		return fmt.Errorf("create log group: %w", err)
	}
	role, rights, err := b.makeRole(group.Arn)
	if err != nil {
		return err
	}
	made, err := lambda.NewFunction(b.ctx, b.name, &lambda.FunctionArgs{
		Name:                         pulumi.String(function),
		Description:                  pulumi.String("Makes, changes, archives and removes tenants in the shared database"),
		Runtime:                      pulumi.String(runtime),
		Handler:                      pulumi.String(artifact.Bootstrap),
		Architectures:                pulumi.StringArray{pulumi.String(b.args.Architecture)},
		Code:                         pulumi.NewFileArchive(b.args.Artifact),
		Role:                         role,
		MemorySize:                   pulumi.Int(memoryMiB),
		Timeout:                      pulumi.Int(timeoutSeconds),
		ReservedConcurrentExecutions: pulumi.Int(b.args.ReservedConcurrency),
		Environment:                  &lambda.FunctionEnvironmentArgs{Variables: b.variables()},
		VpcConfig: &lambda.FunctionVpcConfigArgs{
			SubnetIds:        b.args.PrivateSubnetIDs,
			SecurityGroupIds: pulumi.StringArray{b.args.SecurityGroupID},
		},
	}, pulumi.Parent(b.parent), pulumi.DependsOn(append(rights, group)))
	if err != nil {
		return fmt.Errorf("create function: %w", err)
	}
	b.parent.FunctionName, b.parent.FunctionARN = made.Name, made.Arn
	if err := b.makeSweep(made); err != nil {
		return err
	}
	return b.makeAlarms(made.Name)
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
	}
}
