package tenant

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
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
	AccountID     string             // twelve digits
	FunctionName  pulumi.StringInput // the environment's provisioner
	SecretsKeyARN pulumi.StringInput // encrypts the tenant's secret
	CostTopicARN  pulumi.StringInput // hears of the tenant's budget
	Domain        *Domain            // nil: the tenant has no host name

	// Disposable secrets are gone at once; otherwise they can be had back for 30 days.
	Disposable bool
}

// Domain is where the tenants' host names are.
type Domain struct {
	Name   string // "genericcorp.example"; a tenant is below app.<name>
	ZoneID string // of its hosted zone in Route 53
}

var (
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
	domainPattern  = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$`)
	zonePattern    = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
)

// validate gives the tier, and all problems at once.
func (a *TenantArgs) validate(name string) (tiers.Tier, error) {
	p := check.Under(fmt.Sprintf("tenant %q: ", name))
	p.Add(slug.Check(a.Slug))
	tier, err := tiers.Find(a.Tier)
	p.Add(err)
	p.Require(a.State == "" || a.State.Valid(), "state", string(a.State), "active, limited or suspended")
	p.Require(a.PasswordVersion >= 0, "passwordVersion", a.PasswordVersion, "1 or more")
	p.Require(a.Environment != "", "environment", a.Environment, "the environment's name")
	p.Require(accountPattern.MatchString(a.AccountID), "accountId", a.AccountID, "an account id of twelve digits")
	p.Require(a.FunctionName != nil, "functionName", nil, "the name of the environment's provisioner")
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	p.Require(a.CostTopicARN != nil, "costTopicArn", nil, "the ARN of a topic")
	if a.Domain != nil {
		p.Require(domainPattern.MatchString(a.Domain.Name), "domain.name", a.Domain.Name, `a domain such as "genericcorp.example"`)
		p.Require(zonePattern.MatchString(a.Domain.ZoneID), "domain.zoneId", a.Domain.ZoneID, "the id of a hosted zone")
	}
	return tier, p.Err()
}

// inputs are the choices that the engine and policies see. What other resources make is not among them: the engine
// would make none of the children before all of it exists.
func (a *TenantArgs) inputs() pulumi.Map {
	m := pulumi.Map{
		"slug":            pulumi.String(a.Slug),
		"tier":            pulumi.String(a.Tier),
		"database":        pulumi.String(a.Database),
		"state":           pulumi.String(a.State),
		"passwordVersion": pulumi.Int(a.PasswordVersion),
		"environment":     pulumi.String(a.Environment),
		"accountId":       pulumi.String(a.AccountID),
		"disposable":      pulumi.Bool(a.Disposable),
	}
	if a.Domain != nil {
		m["domain"] = pulumi.Map{"name": pulumi.String(a.Domain.Name), "zoneId": pulumi.String(a.Domain.ZoneID)}
	}
	return m
}
