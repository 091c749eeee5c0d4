package provisioner

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// ProvisionerArgs says where the provisioner runs and what it reaches.
type ProvisionerArgs struct {
	function.Settings

	DatabaseHost    pulumi.StringInput
	DatabasePort    pulumi.IntInput
	DatabaseName    string             // "platform" when empty
	MasterSecretARN pulumi.StringInput // the database's administrator
	// SecretsKeyARN is the key of the master secret and of the tenants' secrets.
	SecretsKeyARN pulumi.StringInput

	// SchemaCeiling is how many tenants share the database: api.DefaultSchemaCeiling when zero.
	SchemaCeiling int

	// OvercommitPercent is by how much all tenants' connection limits together may be above what the database takes.
	OvercommitPercent int

	// PublishServed has the sweep publish how tiers are served, for alarms: where the environment has an edge.
	PublishServed bool

	// Billed says that the environment has billing. Without it nobody stays held by billing.
	Billed bool

	StorageKeyARN pulumi.StringInput // encrypts archives

	// NotificationsKeyARN encrypts the topic of alarms, by which people hear what the breaker does.
	NotificationsKeyARN pulumi.StringInput

	// DeletionProtection keeps destroy from deleting the bucket of archives; without it, they go with it. True when nil.
	DeletionProtection *bool
}

const (
	maxCeiling    = 2000
	maxOvercommit = 400
)

// withDefaults fills in what was left out.
func (a *ProvisionerArgs) withDefaults() ProvisionerArgs {
	if a == nil {
		a = &ProvisionerArgs{}
	}
	full := *a
	full.Settings = full.WithDefaults(service)
	full.DatabaseName = cmp.Or(full.DatabaseName, api.DefaultDatabaseName)
	full.SchemaCeiling = cmp.Or(full.SchemaCeiling, api.DefaultSchemaCeiling)
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

// validate gives all problems at once.
func (a *ProvisionerArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("provisioner %q: ", name))
	a.Settings.Check(p)
	a.Check(p)
	p.Require(a.DatabasePort != nil, "databasePort", nil, "the database's port")
	for _, input := range []struct {
		name, expected string
		value          pulumi.StringInput
	}{
		{"databaseHost", "the database's address", a.DatabaseHost},
		{"masterSecretArn", "the ARN of the administrator's secret", a.MasterSecretARN},
		{"secretsKeyArn", "the ARN of a KMS key", a.SecretsKeyARN},
		{"storageKeyArn", "the ARN of a KMS key", a.StorageKeyARN},
		{"notificationsKeyArn", "the ARN of a KMS key", a.NotificationsKeyARN},
	} {
		p.Require(input.value != nil, input.name, nil, input.expected)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names. Settings of the same
// names are checked by it too, which is why it takes nothing as left out.
func (a *ProvisionerArgs) Check(p *check.Problems) {
	p.Between("schemaCeiling", a.SchemaCeiling, 1, maxCeiling)
	p.Between("overcommit.percent", a.OvercommitPercent, 0, maxOvercommit)
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *ProvisionerArgs) inputs() pulumi.Map {
	return a.Inputs(pulumi.Map{
		"databaseName":       pulumi.String(a.DatabaseName),
		"schemaCeiling":      pulumi.Int(a.SchemaCeiling),
		"overcommitPercent":  pulumi.Int(a.OvercommitPercent),
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	})
}
