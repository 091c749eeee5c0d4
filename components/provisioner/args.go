package provisioner

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/loggroup"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// ProvisionerArgs says where the provisioner runs and what it reaches.
type ProvisionerArgs struct {
	Environment string // names the function, the tenants' secrets and the archives' folder
	Region      string // "us-east-1"
	AccountID   string // twelve digits

	// Artifact is the function's archive, a path in the project's folder: artifact.Path("provisioner", Architecture) when empty.
	Artifact     string
	Architecture artifact.Architecture // artifact.ARM64 when empty

	PrivateSubnetIDs pulumi.StringArrayInput
	SecurityGroupID  pulumi.StringInput // lets it reach the database and AWS's services

	DatabaseHost    pulumi.StringInput
	DatabasePort    pulumi.IntInput
	DatabaseName    string             // "platform" when empty
	MasterSecretARN pulumi.StringInput // the database's administrator
	// SecretsKeyARN is the key of the master secret and of the tenants' secrets.
	SecretsKeyARN pulumi.StringInput

	// SchemaCeiling is how many tenants share the database: api.DefaultSchemaCeiling when zero.
	SchemaCeiling int
	// ReservedConcurrency is how many calls run at once, none of which anything else of the account can take away. Each
	// holds connections to the database: 10 when zero. Unreserved takes what the account has left.
	ReservedConcurrency int

	StorageKeyARN    pulumi.StringInput // encrypts archives
	LogKeyARN        pulumi.StringInput
	LogRetentionDays int // loggroup.DefaultRetentionDays when zero
	AlarmTopicARN    pulumi.StringInput

	// Disposable archives are gone with destroy; otherwise their bucket is protected.
	Disposable bool
}

// Unreserved is a ReservedConcurrency: nothing is set aside. New AWS accounts have nothing to set aside.
const Unreserved = -1

// MaxReserved is the most that may be set aside.
const MaxReserved = 100

const (
	defaultConcurrency  = 10
	defaultDatabaseName = "platform"
	maxCeiling          = 2000
)

// withDefaults fills in what was left out.
func (a *ProvisionerArgs) withDefaults() ProvisionerArgs {
	if a == nil {
		a = &ProvisionerArgs{}
	}
	full := *a
	full.Architecture = cmp.Or(full.Architecture, artifact.ARM64)
	full.Artifact = cmp.Or(full.Artifact, artifact.Path("provisioner", full.Architecture))
	full.DatabaseName = cmp.Or(full.DatabaseName, defaultDatabaseName)
	full.SchemaCeiling = cmp.Or(full.SchemaCeiling, api.DefaultSchemaCeiling)
	full.ReservedConcurrency = cmp.Or(full.ReservedConcurrency, defaultConcurrency)
	full.LogRetentionDays = cmp.Or(full.LogRetentionDays, loggroup.DefaultRetentionDays)
	return full
}

// validate gives all problems at once.
func (a *ProvisionerArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("provisioner %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	awsvalue.Region.Check(p, "region", a.Region)
	awsvalue.AccountID.Check(p, "accountId", a.AccountID)
	p.Require(a.Architecture.Valid(), "architecture", string(a.Architecture), artifact.ArchitectureExpected)
	a.Check(p)
	p.Require(a.ReservedConcurrency == Unreserved || a.ReservedConcurrency >= 1 && a.ReservedConcurrency <= MaxReserved,
		"reservedConcurrency", a.ReservedConcurrency, fmt.Sprintf("1 to %d, or -1 for none", MaxReserved))
	awsvalue.CheckLogRetention(p, "logRetentionDays", a.LogRetentionDays)
	p.Require(a.PrivateSubnetIDs != nil, "privateSubnetIds", nil, "the ids of private subnets")
	p.Require(a.DatabasePort != nil, "databasePort", nil, "the database's port")
	for _, input := range []struct {
		name, expected string
		value          pulumi.StringInput
	}{
		{"securityGroupId", "the id of a security group", a.SecurityGroupID},
		{"databaseHost", "the database's address", a.DatabaseHost},
		{"masterSecretArn", "the ARN of the administrator's secret", a.MasterSecretARN},
		{"secretsKeyArn", "the ARN of a KMS key", a.SecretsKeyARN},
		{"storageKeyArn", "the ARN of a KMS key", a.StorageKeyARN},
		{"logKeyArn", "the ARN of a KMS key", a.LogKeyARN},
		{"alarmTopicArn", "the ARN of a topic", a.AlarmTopicARN},
	} {
		p.Require(input.value != nil, input.name, nil, input.expected)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *ProvisionerArgs) Check(p *check.Problems) {
	p.Between("schemaCeiling", a.SchemaCeiling, 1, maxCeiling)
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *ProvisionerArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"environment":         pulumi.String(a.Environment),
		"region":              pulumi.String(a.Region),
		"accountId":           pulumi.String(a.AccountID),
		"artifact":            pulumi.String(a.Artifact),
		"architecture":        pulumi.String(a.Architecture),
		"databaseName":        pulumi.String(a.DatabaseName),
		"schemaCeiling":       pulumi.Int(a.SchemaCeiling),
		"reservedConcurrency": pulumi.Int(a.ReservedConcurrency),
		"logRetentionDays":    pulumi.Int(a.LogRetentionDays),
		"disposable":          pulumi.Bool(a.Disposable),
	}
}
