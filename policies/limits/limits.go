// Package limits says what a stack may cost a month and what it may consist of. The limits are data in the
// repository; a stack can go beyond its monthly limit only by an approval that has a name, a reason and a last day.
package limits

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"gopkg.in/yaml.v3"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/tiers"
)

//go:embed limits.yaml
var file []byte

// Limits are those of one environment.
type Limits struct {
	MonthlyUSD         decimal.Decimal `yaml:"monthlyUsd"`
	ResourceUSD        decimal.Decimal `yaml:"resourceUsd"`   // of one resource a month
	InstanceTypes      []string        `yaml:"instanceTypes"` // patterns in which * stands for any characters
	DatabaseClasses    []string        `yaml:"databaseClasses"`
	CacheNodeTypes     []string        `yaml:"cacheNodeTypes"`
	NATGateways        int             `yaml:"natGateways"`        // of one stack
	InterfaceEndpoints int             `yaml:"interfaceEndpoints"` // of one stack
	CacheNodes         int             `yaml:"cacheNodes"`         // of one cache, replicas included
	Nodes              int             `yaml:"nodes"`              // of one node group at its largest
	Planned            []Planned       `yaml:"planned"`            // room that the limit keeps
}

// Planned is a part that is to come. The change that adds it removes its allowance.
type Planned struct {
	Part       string          `yaml:"part"`
	MonthlyUSD decimal.Decimal `yaml:"monthlyUsd"`
	Basis      string          `yaml:"basis"` // what the allowance is for
}

// PlannedUSD is the sum of the allowances.
func (l Limits) PlannedUSD() decimal.Decimal {
	sum := decimal.Zero
	for _, planned := range l.Planned {
		sum = sum.Add(planned.MonthlyUSD)
	}
	return sum
}

// Config is limits.yaml: the limits of all environments. Those of tenants' stacks are in the catalogue of tiers.
type Config struct {
	Environments map[string]Limits `yaml:"environments"`
}

// Embedded returns the limits of the repository.
func Embedded() (Config, error) { return Parse("policies/limits/limits.yaml", file) }

// Parse reads limits strictly; every mistake is named at once.
func Parse(source string, text []byte) (Config, error) {
	var config Config
	problems := check.Under(source + ": ")
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&config); err != nil && !errors.Is(err, io.EOF) {
		problems.Add(fmt.Errorf("%s: %w", source, err))
	}
	problems.Require(len(config.Environments) > 0, "environments", len(config.Environments), "at least one")
	for _, name := range slices.Sorted(maps.Keys(config.Environments)) {
		config.Environments[name].check(problems, "environments."+name+".")
	}
	return config, problems.Err()
}

func (l Limits) check(p *check.Problems, under string) {
	positive(p, under+"monthlyUsd", l.MonthlyUSD)
	positive(p, under+"resourceUsd", l.ResourceUSD)
	for key, names := range map[string][]string{
		"instanceTypes": l.InstanceTypes, "databaseClasses": l.DatabaseClasses, "cacheNodeTypes": l.CacheNodeTypes,
	} {
		p.Require(len(names) > 0 && !slices.Contains(names, "*"), under+key, names, "the allowed names, at least one and not just *")
	}
	for key, n := range map[string]int{
		"natGateways": l.NATGateways, "interfaceEndpoints": l.InterfaceEndpoints, "cacheNodes": l.CacheNodes, "nodes": l.Nodes,
	} {
		p.Require(n > 0, under+key, n, "1 or more")
	}
	for i, planned := range l.Planned {
		key := check.Item(under+"planned", i)
		p.Require(planned.Part != "", key+".part", planned.Part, "the name of a part that is to come")
		p.Require(planned.Basis != "", key+".basis", planned.Basis, "what the allowance is for")
		positive(p, key+".monthlyUsd", planned.MonthlyUSD)
	}
}

// positive requires an amount above 0 with a sane exponent: an absurd one would fill the memory when compared or printed.
func positive(p *check.Problems, key string, amount decimal.Decimal) {
	if !Plausible(amount) {
		p.Require(false, key, "an absurd number", "an amount in US dollars above 0")
		return
	}
	p.Require(amount.IsPositive(), key, amount.String(), "an amount in US dollars above 0")
}

// Plausible tells whether a number has digits that can be written down.
func Plausible(amount decimal.Decimal) bool {
	return amount.Exponent() <= 15 && amount.Exponent() >= -15
}

// For returns the limits of the first name that has some, or else the tightest ones.
func (b Config) For(names ...string) Limits {
	for _, name := range names {
		if l, ok := b.Environments[name]; ok {
			return l
		}
	}
	var tightest Limits
	for _, name := range slices.Sorted(maps.Keys(b.Environments)) {
		if l := b.Environments[name]; tightest.MonthlyUSD.IsZero() || l.MonthlyUSD.LessThan(tightest.MonthlyUSD) {
			tightest = l
		}
	}
	return tightest
}

// ForTenant returns what a tenant's stack may cost a month, by its tier; a tier that is not in the catalogue gets the
// lowest limit.
func ForTenant(tier string) decimal.Decimal {
	found, err := tiers.Find(tier)
	if err != nil {
		found = slices.MinFunc(tiers.All(), func(a, b tiers.Tier) int {
			return a.Limits.MonthlyCostUSD.Cmp(b.Limits.MonthlyCostUSD)
		})
	}
	return found.Limits.MonthlyCostUSD
}

// Approval raises the monthly limit of one stack for a time.
type Approval struct {
	MonthlyUSD decimal.Decimal
	ApprovedBy string
	Reason     string
	Expires    time.Time // its last day
}

const (
	dateForm    = "2006-01-02"
	leastReason = 20
	longest     = 92 * 24 * time.Hour // a quarter: then somebody decides again
)

// ParseApproval reads an approval from a stack's configuration:
//
//	policies:costLimit:
//	  monthlyUsd: 3000
//	  approvedBy: Chief Financial Officer
//	  reason: Load test of the new tier before its launch.
//	  expires: 2026-12-15
//
// Every mistake is named at once. One that has expired is no mistake; see Expired.
func ParseApproval(source string, text []byte, today time.Time) (Approval, error) {
	var given struct {
		MonthlyUSD decimal.Decimal `yaml:"monthlyUsd"`
		ApprovedBy string          `yaml:"approvedBy"`
		Reason     string          `yaml:"reason"`
		Expires    string          `yaml:"expires"`
	}
	problems := check.Under(source + ".")
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&given); err != nil {
		problems.Add(fmt.Errorf("%s: %w", source, err))
	}
	positive(problems, "monthlyUsd", given.MonthlyUSD)
	problems.Require(strings.TrimSpace(given.ApprovedBy) != "", "approvedBy", given.ApprovedBy, "the name of the person who approved it")
	problems.Require(len(strings.TrimSpace(given.Reason)) >= leastReason, "reason", given.Reason, fmt.Sprintf("the reason, in %d characters or more", leastReason))
	expires, err := time.ParseInLocation(dateForm, given.Expires, time.UTC)
	problems.Require(err == nil, "expires", given.Expires, "a day such as 2026-12-15")
	problems.Require(expires.Sub(today) <= longest, "expires", given.Expires, "a day within three months from today")
	return Approval{MonthlyUSD: given.MonthlyUSD, ApprovedBy: given.ApprovedBy, Reason: strings.TrimSpace(given.Reason), Expires: expires}, problems.Err()
}

// Expired tells whether the last day is over.
func (a Approval) Expired(today time.Time) bool { return !today.Before(a.Expires.AddDate(0, 0, 1)) }

// Monthly is what a stack may spend and what is wrong with how it was set.
type Monthly struct {
	Limit   decimal.Decimal
	Basis   string // where the limit comes from, for reports
	Refusal string // why the limit that was asked for does not hold; empty when it does
}

// Resolve finds a stack's monthly limit: base, whose source is called basis, raised by a valid approval or lowered by the stack's own
// settings. asked is the limit in the settings, zero if there is none; approval may be nil.
func Resolve(base decimal.Decimal, basis string, asked decimal.Decimal, approval *Approval, today time.Time) Monthly {
	m := Monthly{Limit: base, Basis: basis}
	if approval != nil {
		switch day := approval.Expires.Format(dateForm); {
		case approval.Expired(today):
			m.Refusal = fmt.Sprintf("the approval of %s by %s expired on %s", usd(approval.MonthlyUSD), approval.ApprovedBy, day)
		case approval.MonthlyUSD.GreaterThan(base):
			m.Limit, m.Basis = approval.MonthlyUSD, fmt.Sprintf("approved by %s until %s: %s", approval.ApprovedBy, day, approval.Reason)
		}
	}
	switch {
	case asked.GreaterThan(m.Limit) && m.Refusal == "":
		m.Refusal = fmt.Sprintf("budget.monthlyLimitUsd asks for %s and no approval goes beyond %s", usd(asked), usd(m.Limit))
	case asked.IsPositive() && asked.LessThan(m.Limit):
		m.Limit, m.Basis = asked, "budget.monthlyLimitUsd"
	}
	return m
}

func usd(amount decimal.Decimal) string { return "USD " + amount.StringFixed(2) }
