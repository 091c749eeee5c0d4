package database

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/components/naming"
	"github.com/genericcorp/platform/components/network/ports"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/connections"
)

// DatabaseArgs says what database to make. What is left out takes the value named beside it.
type DatabaseArgs struct {
	// EngineVersion is a major version of PostgreSQL: "17" when empty. AWS keeps the minor version current, and would
	// leave one that is named here behind: the engine would ask to go back to it, which AWS refuses.
	EngineVersion string
	// AllowMajorUpgrade lets a change of EngineVersion happen, at once and with an interruption. It is not for every
	// day: AWS refuses such a change otherwise, and there is no way back.
	AllowMajorUpgrade bool
	InstanceClass     string // "db.t4g.medium"; families t, m and r

	SubnetIDs          pulumi.StringArrayInput // in two zones at least
	SecurityGroupID    pulumi.StringInput
	KeyARN             pulumi.StringInput // storage, snapshots, Performance Insights
	MasterSecretKeyARN pulumi.StringInput // the administrator's password
	LogKeyARN          pulumi.StringInput
	AlarmTopicARN      pulumi.StringInput

	StorageGiB    int // 50; at least 20, AWS's smallest
	MaxStorageGiB int // 200: as far as storage grows by itself, and its cost with it

	// SingleZone does without the standby in a second zone: half the price, and down with its zone.
	SingleZone bool

	BackupRetentionDays int    // 35, the most that AWS keeps; 1 at least
	LogRetentionDays    int    // 90
	DatabaseName        string // "platform"
	AdminName           string // "platform_admin"
	Port                int    // ports.Database

	// DeletionProtection makes destroy fail, and changes that interrupt wait for the maintenance window; without it, the
	// database goes with destroy, backups and all, and takes changes at once. True when nil.
	DeletionProtection *bool
}

const (
	defaultEngineVersion       = "17"
	defaultStorageGiB          = 50
	defaultMaxStorageGiB       = 200
	defaultBackupRetentionDays = 35
	defaultDatabaseName        = "platform"
	defaultAdminName           = "platform_admin"

	minStorageGiB          = 20
	maxStorageGiB          = 65536
	maxBackupRetentionDays = 35
)

// engineVersions are the major versions of PostgreSQL that the platform is tested with.
var engineVersions = []string{"17", "18"}

// withDefaults fills in what was left out.
func (a *DatabaseArgs) withDefaults() DatabaseArgs {
	if a == nil {
		a = &DatabaseArgs{}
	}
	full := *a
	full.EngineVersion = cmp.Or(full.EngineVersion, defaultEngineVersion)
	full.StorageGiB = cmp.Or(full.StorageGiB, defaultStorageGiB)
	full.MaxStorageGiB = cmp.Or(full.MaxStorageGiB, defaultMaxStorageGiB)
	full.BackupRetentionDays = cmp.Or(full.BackupRetentionDays, defaultBackupRetentionDays)
	full.LogRetentionDays = cmp.Or(full.LogRetentionDays, loggroup.DefaultRetentionDays)
	full.DatabaseName = cmp.Or(full.DatabaseName, defaultDatabaseName)
	full.AdminName = cmp.Or(full.AdminName, defaultAdminName)
	full.Port = cmp.Or(full.Port, ports.Database)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

func (a *DatabaseArgs) validate(name, instance string) error {
	p := check.Under(fmt.Sprintf("database %q: ", name))
	p.Require(awsvalue.Hyphenated.Valid(instance), "name", instance,
		"project, stack and name to make an RDS identifier: lower-case letters, digits and single hyphens")
	a.Check(p)
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
	p.Require(a.Port >= 1150 && a.Port <= 65535, "port", a.Port, "1150 to 65535, the ports that RDS takes")
	awsvalue.DatabaseIdentifier.Check(p, "databaseName", a.DatabaseName)
	awsvalue.DatabaseAdmin.Check(p, "adminName", a.AdminName)
	a.checkReferences(p)
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *DatabaseArgs) Check(p *check.Problems) {
	p.OneOf("engineVersion", a.EngineVersion, engineVersions...)
	_, known := connections.MemoryGiB(a.InstanceClass)
	p.Require(known, "instanceClass", a.InstanceClass, `an RDS instance class such as "db.r7g.large"`)
	p.Between("storageGiB", a.StorageGiB, minStorageGiB, maxStorageGiB)
	// AWS refuses a limit that is less than a tenth above the storage.
	p.Require(10*a.MaxStorageGiB >= 11*a.StorageGiB && a.MaxStorageGiB <= maxStorageGiB, "maxStorageGiB", a.MaxStorageGiB,
		fmt.Sprintf("a tenth more than storageGiB or above, up to %d", maxStorageGiB), "storageGiB")
	p.Between("backupRetentionDays", a.BackupRetentionDays, 1, maxBackupRetentionDays)
}

func (a *DatabaseArgs) checkReferences(p *check.Problems) {
	p.Require(a.SubnetIDs != nil, "subnetIds", nil, "subnets in two zones at least")
	p.Require(a.SecurityGroupID != nil, "securityGroupId", nil, "the id of a security group")
	p.Require(a.KeyARN != nil, "keyArn", nil, "the ARN of a KMS key")
	p.Require(a.MasterSecretKeyARN != nil, "masterSecretKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.LogKeyARN != nil, "logKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.AlarmTopicARN != nil, "alarmTopicArn", nil, "the ARN of an SNS topic")
}

// instanceName is the physical name, fixed because the log groups' names are made of it.
func instanceName(ctx *pulumi.Context, name string) string {
	return naming.Join(naming.MaxRDSInstance, ctx.Project(), ctx.Stack(), name)
}

// family is the parameter group family of the engine's version.
func (a *DatabaseArgs) family() string { return "postgres" + a.EngineVersion }

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *DatabaseArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"engineVersion":       pulumi.String(a.EngineVersion),
		"allowMajorUpgrade":   pulumi.Bool(a.AllowMajorUpgrade),
		"instanceClass":       pulumi.String(a.InstanceClass),
		"storageGiB":          pulumi.Int(a.StorageGiB),
		"maxStorageGiB":       pulumi.Int(a.MaxStorageGiB),
		"singleZone":          pulumi.Bool(a.SingleZone),
		"backupRetentionDays": pulumi.Int(a.BackupRetentionDays),
		"logRetentionDays":    pulumi.Int(a.LogRetentionDays),
		"databaseName":        pulumi.String(a.DatabaseName),
		"adminName":           pulumi.String(a.AdminName),
		"port":                pulumi.Int(a.Port),
		"deletionProtection":  pulumi.Bool(*a.DeletionProtection),
	}
}
