package betterstack

import (
	"cmp"
	"fmt"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// BetterStackArgs says what Better Stack looks at, and whom it wakes.
type BetterStackArgs struct {
	Environment string // is in the name of everything at Better Stack, by which it is found again

	// Objects makes what stands at Better Stack. Without it there is the secret alone, which a person puts the token into.
	Objects bool
	// Responders is how many people Better Stack calls, each with a licence. With none it mails the team, and looks each three minutes.
	Responders int
	// Domain is the edge's, whose names are below app.<domain>.
	Domain string
	// Probes are the tenants of our own that are looked at besides.
	Probes []Probe
	// Company, CompanyURL and Subdomain are the status page's.
	Company, CompanyURL, Subdomain string

	// WebhookURL is where Stripe sends its events; nil without billing.
	WebhookURL    pulumi.StringInput
	SecretsKeyARN pulumi.StringInput // encrypts the token
	// After is made first, so that a deployment has done all else when Better Stack does not answer.
	After []pulumi.Resource

	// DeletionProtection keeps a deleted secret recoverable for 30 days. Without it, the secret is gone at once. True when nil.
	DeletionProtection *bool
}

// Probe is a page of a tenant's.
type Probe struct {
	Name   string // on the status page
	Tenant string // a tenant of our own: customers' names are on no public page
	Path   string // that answers with 2XX: "/" when empty
}

// What fits into Better Stack's free plan together with the edge and the webhook: ten monitors.
// Source: https://betterstack.com/pricing as github.com/api-evangelist/betteruptime quotes it, 2026-06-12.
const (
	MostProbes     = 8
	MostResponders = 20
)

// withDefaults fills in what was left out.
func (a *BetterStackArgs) withDefaults() BetterStackArgs {
	if a == nil {
		a = &BetterStackArgs{}
	}
	full := *a
	full.Probes = make([]Probe, len(a.Probes))
	for i, probe := range a.Probes {
		probe.Path = cmp.Or(probe.Path, "/")
		full.Probes[i] = probe
	}
	full.DeletionProtection = cmp.Or(full.DeletionProtection, new(true))
	return full
}

// validate gives all problems at once.
func (a *BetterStackArgs) validate(name string) error {
	p := check.Under(fmt.Sprintf("betterstack %q: ", name))
	awsvalue.EnvironmentName.Check(p, "environment", a.Environment)
	p.Require(a.SecretsKeyARN != nil, "secretsKeyArn", nil, "the ARN of a KMS key")
	if a.Objects {
		awsvalue.DomainName.Check(p, "domain", a.Domain)
		a.Check(p)
	}
	return p.Err()
}

// Check records what is wrong with the choices that nothing else decides, by the inputs' names, which settings share.
func (a *BetterStackArgs) Check(p *check.Problems) {
	p.Between("responders", a.Responders, 0, MostResponders)
	awsvalue.PublicName.Check(p, "company", a.Company)
	awsvalue.HTTPS.Check(p, "companyUrl", a.CompanyURL)
	awsvalue.DNSLabel.Check(p, "subdomain", a.Subdomain)
	p.Require(len(a.Probes) <= MostProbes, "probes", check.Words(fmt.Sprintf("%d probes", len(a.Probes))), fmt.Sprintf("up to %d different ones", MostProbes))
	seen := map[string]bool{suffixOf(edgeName): true}
	for i, probe := range a.Probes {
		at := p.In(check.Item("probes", i))
		awsvalue.PublicName.Check(at, "name", probe.Name)
		at.Require(!seen[suffixOf(probe.Name)], "name", probe.Name, "a name that nothing else on the page has, signs aside")
		seen[suffixOf(probe.Name)] = true
		at.Require(slug.Check(probe.Tenant) == nil, "tenant", probe.Tenant, "a tenant's name")
		awsvalue.URLPath.OrNothing().Check(at, "path", probe.Path)
	}
}

// inputs are the choices that the engine and policies see.
func (a *BetterStackArgs) inputs() pulumi.Map {
	return pulumi.Map{
		"objects":            pulumi.Bool(a.Objects),
		"responders":         pulumi.Int(a.paid()),
		"deletionProtection": pulumi.Bool(*a.DeletionProtection),
	}
}

// paid is how many licences are paid for.
func (a *BetterStackArgs) paid() int {
	if !a.Objects {
		return 0
	}
	return a.Responders
}

// suffixOf is a name as a part of a resource's.
func suffixOf(name string) string {
	return strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "-")
}
