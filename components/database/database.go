// Package database makes the shared database of an environment: PostgreSQL on RDS with a standby in another
// zone, encrypted, TLS only, its administrator's password made and rotated by AWS, backed up and watched.
package database

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/tagging"
)

// Database holds what clients and operators need. The administrator's password is only in the secret.
type Database struct {
	pulumi.ResourceState

	Address         pulumi.StringOutput // host name
	Port            pulumi.IntOutput
	MasterSecretARN pulumi.StringOutput // JSON with username and password, rotated by RDS
	InstanceID      pulumi.StringOutput // RDS's identifier, by which metrics are found
	ARN             pulumi.StringOutput
	EngineVersion   pulumi.StringOutput // the version that runs, minor included
}

// maxPrefix keeps the longest generated name of a child, that of the monitoring role, within IAM's 64 characters.
const maxPrefix = 40

// The windows, in UTC, in which AWS backs up, and then may change and restart the instance.
const (
	backupWindow      = "03:00-04:00"
	maintenanceWindow = "sun:04:30-sun:05:30"
)

const (
	monitoringSeconds = 60
	insightsDays      = 7 // the retention that costs nothing
)

// builder carries what the parts of a database share while they are made.
type builder struct {
	ctx          *pulumi.Context
	name         string // prefix of the children's names
	instanceName string
	args         DatabaseArgs
	parent       *Database
}

// NewDatabase makes a database. All problems of args are reported at once.
func NewDatabase(ctx *pulumi.Context, name string, args *DatabaseArgs, opts ...pulumi.ResourceOption) (*Database, error) {
	full := args.withDefaults()
	instance := instanceName(ctx, name)
	if err := full.validate(name, instance); err != nil {
		return nil, err
	}
	d := &Database{}
	err := ctx.RegisterComponentResourceV2("genericcorp:database:Database", name, full.inputs(), d,
		append(opts, tagging.Component("database"))...)
	if err != nil {
		return nil, fmt.Errorf("register database %q: %w", name, err)
	}
	b := &builder{ctx: ctx, name: naming.Join(maxPrefix, name), instanceName: instance, args: full, parent: d}
	if err := b.build(); err != nil {
		return nil, fmt.Errorf("database %q: %w", name, err)
	}
	return d, ctx.RegisterResourceOutputs(d, pulumi.Map{
		"address":         d.Address,
		"port":            d.Port,
		"masterSecretArn": d.MasterSecretARN,
		"instanceId":      d.InstanceID,
		"arn":             d.ARN,
		"engineVersion":   d.EngineVersion,
	})
}

func (b *builder) build() error {
	instance, err := b.makeInstance()
	if err != nil {
		return err
	}
	d := b.parent
	d.Address = instance.Address
	d.Port = instance.Port
	d.MasterSecretARN = instance.MasterUserSecrets.Index(pulumi.Int(0)).SecretArn().Elem()
	d.InstanceID = instance.Identifier
	d.ARN = instance.Arn
	d.EngineVersion = instance.EngineVersionActual
	return b.makeAlarms(instance.Identifier, pulumi.String(b.logGroup("postgresql")))
}
