// Package policyconfig reads from a stack's configuration what the policy pack evaluates it by: which environment's limits
// apply, what it may cost a month, and how its cost is estimated. The policy pack and the operator's command share it, so
// that a report never shows another limit than the one that refuses.
package policyconfig

import (
	"cmp"
	"encoding/json"
	"errors"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/environments"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/pricing/catalogue"
	"github.com/genericcorp/platform/internal/pricing/estimator"
	"github.com/genericcorp/platform/internal/pricing/usage"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/policies/limits"
)

// Lookup returns a value of a stack's configuration by its full key, such as policies:costLimit: text as it is and
// anything else as JSON. It returns the empty string for a key that is not set.
type Lookup func(key string) string

// The keys of a stack's configuration that the policy pack reads, besides the program's own settings.
const (
	RegionKey     = "aws:region"             // whose prices apply
	SettingsKey   = "platform:settings"      // the program's own
	LimitKey      = "policies:costLimit"     // an approval; see limits.ParseApproval
	UsageKey      = "policies:usage"         // replaces assumptions of defaults.yaml; see usage.Override
	UnknownKey    = "policies:unknownValues" // worst or refuse; see estimator.UnknownMode
	ExemptionsKey = "policies:exemptions"    // see exemptions.Load
)

// Config is what the policy pack evaluates a stack by.
type Config struct {
	Production bool           // the rules of production apply
	Allowed    limits.Limits  // what the stack may consist of
	Limit      limits.Monthly // what it may cost
	Usage      *usage.Profile
	OwnUsage   bool // the configuration changes the assumed amounts of usage; every report says so
	Prices     *catalogue.Catalogue
	Region     string // whose prices apply
	Estimator  *estimator.Estimator
	Bill       bill.Terms // what the limit counts besides the stack's own resources; only for an environment
}

// program is the part of the program's own settings that matters here. The program itself reports wrong settings; if
// they cannot be read, production's rules and the tightest limits apply.
type program struct {
	Kind        string `json:"kind"`
	Environment string `json:"environment"`
	Tier        string `json:"tier"`
	Budget      struct {
		MonthlyLimitUSD decimal.Decimal `json:"monthlyLimitUsd"`
		Support         string          `json:"support"`
		TaxPercent      decimal.Decimal `json:"taxPercent"`
	} `json:"budget"`
	Provisioner struct {
		SchemaCeiling *int `json:"schemaCeiling"`
	} `json:"provisioner"`
}

// The kinds of stack that are not a whole environment, whose bill has what they cost.
const (
	kindTenant    = "tenant"
	kindWorkloads = "workloads"
)

// Read reads the config and reports every mistake in it at once.
func Read(get Lookup, now time.Time) (Config, error) { return ReadFor(environments.All(), get, now) }

// ReadFor is Read with another registry of environments.
func ReadFor(registry environments.Registry, get Lookup, now time.Time) (Config, error) {
	var p program
	if json.Unmarshal([]byte(get(SettingsKey)), &p) != nil || !limits.Plausible(p.Budget.MonthlyLimitUSD) || !limits.Plausible(p.Budget.TaxPercent) {
		p = program{}
	}
	all, limitsErr := limits.Embedded()
	prices, pricesErr := catalogue.Embedded()
	if err := errors.Join(limitsErr, pricesErr); err != nil {
		return Config{}, err
	}
	profile := registry.Profile(p.Environment)
	t := Config{
		Production: registry.IsProduction(p.Environment), Allowed: all.For(p.Environment, profile), Prices: prices, OwnUsage: get(UsageKey) != "",
		Region: cmp.Or(get(RegionKey), catalogue.USEast1),
	}
	approval, approvalErr := readApproval(get(LimitKey), now)
	var usageErr, unknownErr, pricingErr error
	t.Usage, usageErr = readUsage(p, profile, get(UsageKey))
	unknown, unknownErr := readUnknown(get(UnknownKey))
	if usageErr == nil && unknownErr == nil {
		t.Estimator, pricingErr = estimator.New(prices, t.Usage, estimator.Options{
			Region: get(RegionKey), Now: now, Unknown: unknown, Ceilings: ceilings(t.Allowed),
		})
	}
	var billErr error
	if p.Kind != kindTenant && p.Kind != kindWorkloads {
		t.Bill, billErr = p.bill(prices, t.Allowed, t.Region, now)
	}
	if err := errors.Join(approvalErr, usageErr, unknownErr, pricingErr, billErr); err != nil {
		return Config{}, err
	}
	monthly, basis := t.Allowed.MonthlyUSD, "limits.yaml"
	if p.Kind == kindTenant {
		monthly, basis = limits.ForTenant(p.Tier), "tiers.yaml"
	}
	t.Limit = limits.Resolve(monthly, basis, p.Budget.MonthlyLimitUSD, approval, now)
	return t, nil
}

// bill is what an environment's bill has besides its own resources: as many tenants as there may be, each at what the
// catalogue of tiers lets it cost, support and tax. A tenant's own stack is held to that price, so that none of them can take
// the whole over the environment's limit.
func (p program) bill(prices *catalogue.Catalogue, allowed limits.Limits, region string, now time.Time) (bill.Terms, error) {
	terms := bill.Terms{
		TaxPercent: p.Budget.TaxPercent, TenantUSD: tiers.HighestCostUSD(), Ceiling: tiers.DefaultCeiling, PlannedUSD: allowed.PlannedUSD(),
	}
	if ceiling := p.Provisioner.SchemaCeiling; ceiling != nil {
		terms.Ceiling = *ceiling
	}
	problems := check.Under("")
	problems.Require(terms.Ceiling >= 0, "provisioner.schemaCeiling", terms.Ceiling, "a number of tenants")
	problems.Require(!terms.TaxPercent.IsNegative(), "budget.taxPercent", terms.TaxPercent, "0 or more")
	regional, err := prices.Region(region)
	if err != nil {
		return terms, nil //nolint:nilerr // the estimator says so
	}
	terms.Support, err = bill.Plan(prices, regional, p.Budget.Support, now)
	problems.Add(err)
	return terms, problems.Err()
}

func readApproval(text string, now time.Time) (*limits.Approval, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // having no approval is no mistake
	}
	approval, err := limits.ParseApproval(LimitKey, []byte(text), now)
	return &approval, err
}

// readUsage starts from the environment's assumptions; those of production are the largest.
func readUsage(p program, profile, text string) (*usage.Profile, error) {
	environment := cmp.Or(usage.Environment(profile), usage.Prod)
	if p.Kind == kindTenant {
		environment = usage.Tenant
	}
	assumed, err := usage.Default(environment)
	if err != nil || text == "" {
		return assumed, err
	}
	return assumed.Override(UsageKey, []byte(text))
}

func readUnknown(text string) (estimator.UnknownMode, error) {
	mode := estimator.UnknownMode(text)
	p := check.Under("")
	p.Require(text == "" || mode == estimator.Worst || mode == estimator.Refuse, UnknownKey, text, "worst or refuse")
	return mode, p.Err()
}

// ceilings are the worst that the rules would let an unknown value be.
func ceilings(l limits.Limits) estimator.Ceilings {
	return estimator.Ceilings{
		InstanceTypes: l.InstanceTypes, DatabaseClasses: l.DatabaseClasses, CacheNodeTypes: l.CacheNodeTypes,
		Nodes: l.Nodes, CacheNodes: l.CacheNodes,
	}
}
