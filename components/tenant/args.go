package tenant

import (
	"cmp"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/components/schema"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// TenantArgs says what a tenant is and what it shares with others.
type TenantArgs struct {
	Slug string
	Tier string // of the catalogue; its limits hold
	// Database is the one that the tenant lives in, by its name in the environment's settings: api.MainDatabase when empty.
	Database string
	// State is whether the tenant may work: api.StateActive when empty.
	State api.State
	// PasswordVersion counts the tenant's passwords: 1 when zero. A higher one makes a new password.
	PasswordVersion int

	Environment   string
	FunctionName  pulumi.StringInput // the environment's provisioner
	SecretsKeyARN pulumi.StringInput // encrypts the tenant's secret
	Domain        *Domain            // nil: the tenant has no host name
	Cluster       *Cluster           // nil: the tenant has no namespace, and runs no pods

	// DeletionProtection keeps a deleted secret recoverable for 30 days; without it, the secret is gone at once. True when nil.
	DeletionProtection *bool
}

// Domain is where the tenants' host names are.
type Domain struct {
	Name   string // "genericcorp.example"; a tenant is below app.<name>
	ZoneID string // of its hosted zone in Route 53
	// Wildcard: one record leads all names below app.<name> to the edge, and a tenant's name needs none of its own. Such a record would
	// tell whoever asks for it that there is such a tenant.
	Wildcard bool
}

// Check records what is wrong with the domain, by the inputs' names within it.
func (d Domain) Check(p *check.Problems) {
	awsvalue.DomainName.Check(p, "name", d.Name)
	awsvalue.HostedZoneID.Check(p, "zoneId", d.ZoneID)
}

// schema is what the tenant has in the database.
func (a *TenantArgs) schema() *schema.SchemaArgs {
	return &schema.SchemaArgs{
		Environment: a.Environment, Tenant: a.Slug, Database: cmp.Or(a.Database, api.MainDatabase), Tier: a.Tier, State: cmp.Or(a.State, api.StateActive),
		PasswordVersion: cmp.Or(a.PasswordVersion, 1), FunctionName: a.FunctionName, SecretsKeyARN: a.SecretsKeyARN, DeletionProtection: a.DeletionProtection,
	}
}

// validate gives the tier, and all problems at once.
func (a *TenantArgs) validate(name string) (tiers.Tier, error) {
	p := check.Under(fmt.Sprintf("tenant %q: ", name))
	tier := a.schema().Check(p)
	if a.Domain != nil {
		a.Domain.Check(p.In("domain"))
	}
	if a.Cluster != nil {
		a.Cluster.Check(p.In("cluster"))
	}
	return tier, p.Err()
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *TenantArgs) inputs() pulumi.Map {
	m := pulumi.Map{
		"slug":               pulumi.String(a.Slug),
		"tier":               pulumi.String(a.Tier),
		"database":           pulumi.String(a.Database),
		"state":              pulumi.String(a.State),
		"passwordVersion":    pulumi.Int(a.PasswordVersion),
		"environment":        pulumi.String(a.Environment),
		"deletionProtection": pulumi.Bool(*cmp.Or(a.DeletionProtection, new(true))),
	}
	if a.Domain != nil {
		m["domain"] = pulumi.Map{"name": pulumi.String(a.Domain.Name), "zoneId": pulumi.String(a.Domain.ZoneID), "wildcard": pulumi.Bool(a.Domain.Wildcard)}
	}
	if a.Cluster != nil {
		m["cluster"] = pulumi.Map{
			"name": pulumi.String(a.Cluster.Name), "region": pulumi.String(a.Cluster.Region),
			"databaseCidrs": pulumi.ToStringArray(a.Cluster.DatabaseCIDRs), "databasePort": pulumi.Int(a.Cluster.DatabasePort),
			"podsRoleArn": pulumi.String(a.Cluster.PodsRoleARN),
		}
	}
	return m
}
