package stacks

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/components/function"
	"github.com/genericcorp/platform/internal/artifact"
	"github.com/genericcorp/platform/internal/awsvalue"
	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/rdsca"
	"github.com/genericcorp/platform/internal/tenant/slug"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// validate reports every value that AWS, or this company's rules, would refuse. What a component checks itself is asked of
// the component, by the arguments that the settings are for it.
func (s *EnvironmentSettings) validate(region string, r *report) {
	p := r.settings
	r.environment(s.Environment)
	r.requireElsewhere(rdsca.Covers(region), regionKey, region, "a region whose database's certificates the provisioner can check: "+
		"internal/rdsca has no authorities of it, and says how to take AWS's newer list")
	r.permit(awsvalue.AccountID.Valid(s.Account), "account", s.Account)
	awsvalue.TagValue.Check(p, "owner", s.Owner)
	awsvalue.TagValue.Check(p, "costCentre", s.CostCentre)

	s.Network.args(region).Check(p.In("network"))
	s.Cluster.args(s.Account).Check(p.In("cluster"))
	s.validateDatabases(r)
	s.Provisioner.validate(p.In("provisioner"))
	s.validateConnections(r)
	if s.Runner.given() {
		s.Runner.args(region, s.Account).Check(p.In("runner"))
	}
	if s.Domain.Name != "" || s.Domain.ZoneID != "" {
		s.Domain.args().Check(p.In("domain"))
	}
	s.Edge.args().Check(p.In("edge"))
	p.Require(!s.Edge.Enabled || s.Domain.Name != "" && s.Domain.ZoneID != "", "edge.enabled", true,
		"false, because without domain.name and domain.zoneId there is neither a name for a certificate nor a zone to prove it in", "domain")
	s.Cache.args().Check(p.In("cache"))
	s.registryArgs().Check(p)
	s.validateWorkloads(region, r)
	s.validateMigrations(r)
	s.Budget.validate(p.In("budget"))
	if s.Report.given() || s.Report.Sender != "" {
		s.reportArgs().Check(p.In("report"))
	}
	s.validateBilling(r)
	s.validateBetterStack(r)
	s.Breaker.validate(p.In("breaker"))
	s.Monitoring.validate(p.In("monitoring"))
	if r.isEnvironment(s.Environment) && r.registry.IsProduction(s.Environment) {
		s.validateProduction(r)
	}
}

// validateMigrations requires an artifact of the environment, by its digest.
func (s *EnvironmentSettings) validateMigrations(r *report) {
	m := s.Migrations
	if m.Artifact != "" {
		const key = "migrations.artifact"
		name, _, _ := strings.Cut(m.Artifact, "@")
		r.permit(awsvalue.NamedImage.Valid(m.Artifact), key, m.Artifact)
		r.require(slices.Contains(s.Images, name), key, m.Artifact, "one of the setting images", "images")
	}
	r.permit(len(m.Canaries) <= api.MostCanaries, "migrations.canaries", literal(fmt.Sprintf("%d tenants", len(m.Canaries))))
	for i, canary := range m.Canaries {
		r.require(slug.Check(canary) == nil && !slices.Contains(m.Canaries[:i], canary), check.Item("migrations.canaries", i), canary, "a tenant's name, once")
	}
}

// validateDatabases holds the number of databases to one: a second needs a provisioner that knows it.
func (s *EnvironmentSettings) validateDatabases(r *report) {
	r.permit(len(s.Databases) == 1, "databases", literal(fmt.Sprintf("%d databases", len(s.Databases))))
	for i, database := range s.Databases {
		key := check.Item("databases", i)
		r.permit(database.Name == api.MainDatabase, key+".name", database.Name)
		database.args().Check(r.settings.In(key))
	}
}

// validateBilling keeps real money to production, and to what two people agreed on.
func (s *EnvironmentSettings) validateBilling(r *report) {
	p, b := r.settings.In("billing"), s.Billing
	production := r.isEnvironment(s.Environment) && r.registry.IsProduction(s.Environment)
	switch {
	case b.Mode == billingLive && production:
		p.Require(awsvalue.Mail.Valid(b.ApprovedBy), "approvedBy", b.ApprovedBy, awsvalue.Mail.Expected()+" of who agreed that tenants pay real money, because mode is live")
	case b.Mode == billingLive:
		p.Require(false, "mode", b.Mode, "test, because real money is paid in production alone")
	default:
		p.Require(b.Mode == "" || b.Mode == billingTest, "mode", b.Mode, allowed("billing.mode"))
		p.Require(b.ApprovedBy == "", "approvedBy", b.ApprovedBy, "nothing, because mode is not live")
	}
	p.Require(!b.StandIn || b.Mode == billingTest && s.Environment == environments.Local, "standIn", b.StandIn, allowed("billing.standIn"))
	s.billingArgs().Check(p)
}

// validateBetterStack lets the objects be made where there is something to look at. Before that their choices may be there or not.
func (s *EnvironmentSettings) validateBetterStack(r *report) {
	p, b := r.settings.In("betterStack"), s.BetterStack
	switch b.Mode {
	case "":
	case betterStackPrepared, betterStackOn:
		p.Require(s.Environment != environments.Local, "mode", b.Mode, "nothing, because Better Stack cannot reach the local cloud")
		p.Require(b.Mode != betterStackOn || s.Edge.Enabled, "mode", b.Mode, "prepared, because without edge.enabled there is nothing to look at")
	default:
		p.Require(false, "mode", b.Mode, allowed("betterStack.mode"))
	}
	if b.Mode == betterStackOn {
		s.betterStackArgs().Check(p)
	}
}

func (s SparingSettings) validate(p *check.Problems) {
	p.Require(len(s.Spare) <= pricesheet.MostSpared, "spare", literal(fmt.Sprintf("%d tenants", len(s.Spare))), allowed("breaker.spare"))
	for i, spare := range s.Spare {
		key := check.Item("spare", i)
		again := slices.ContainsFunc(s.Spare[:i], func(before SpareSettings) bool { return before.Tenant == spare.Tenant })
		p.Require(slug.Check(spare.Tenant) == nil && !again, key+".tenant", spare.Tenant, allowed("breaker.spare.tenant"))
		p.Require(len(spare.Reason) >= leastReason, key+".reason", spare.Reason, allowed("breaker.spare.reason"))
	}
}

func (s *TenantSettings) validate(r *report) {
	r.environment(s.Environment)
	r.permit(slug.Check(s.Tenant) == nil, "tenant", s.Tenant)
	r.permit(s.Database == api.MainDatabase, "database", s.Database)
	_, err := tiers.Find(s.Tier)
	r.permit(err == nil, "tier", s.Tier)
	r.permit(api.State(s.State).Valid(), "state", s.State)
	r.settings.Between("passwordVersion", s.PasswordVersion, 1, api.MaxPasswordVersion)
}

func (p ProvisionerSettings) validate(problems *check.Problems) {
	problems.OneOf("architecture", p.Architecture, string(artifact.ARM64), string(artifact.X8664), hostArchitecture)
	p.args().Check(problems)
	problems.Between("reservedConcurrency", p.ReservedConcurrency, 0, function.MaxReserved)
	p.Overcommit.validate(problems.In("overcommit"))
}

// maxTaxPercent is above every country's.
var maxTaxPercent = decimal.NewFromInt(50)

func (b BudgetSettings) validate(p *check.Problems) {
	p.Require(len(b.Breaker.Roles) > 0, "breaker.roles", literal("0 elements"), allowed("budget.breaker.roles"))
	for i, role := range b.Breaker.Roles {
		if awsvalue.RoleName.Valid(role) { // what is no name at all is reported below
			p.OneOf(check.Item("breaker.roles", i), role, environments.BreakerRoles()...)
		}
	}
	p.OneOf("scope", b.Scope, "account", "environment")
	p.OneOf("support", b.Support, bill.Basic, "developer", "business", "business-plus")
	p.Require(!b.TaxPercent.IsNegative() && b.TaxPercent.LessThanOrEqual(maxTaxPercent), "taxPercent", b.TaxPercent, allowed("budget.taxPercent"))
	if b.Scope == "environment" {
		const because = ", because a budget of the environment alone sees no cost without its tag"
		p.Require(b.Support == bill.Basic, "support", b.Support, bill.Basic+because)
		p.Require(b.TaxPercent.IsZero(), "taxPercent", b.TaxPercent, "0"+because)
	}
	b.args().Check(p)
}

func (m MonitoringSettings) validate(p *check.Problems) {
	m.alerts().Check(p)
	m.args().Check(p)
	awsvalue.CheckLogRetention(p, "logRetentionDays", m.LogRetentionDays)
	address := m.BetterStackURL
	p.Require(!address.Given() || address.encrypted || awsvalue.HTTPS.Valid(address.value), "betterStackUrl", literal("another secret"),
		awsvalue.HTTPS.Expected()+", stored with pulumi config set --secret --path")
}
