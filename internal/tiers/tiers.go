// Package tiers is the catalogue of what customers buy: each tier's price, the support and availability
// promised for it, and the hard limits that come with it. It is
// the one source for the components, the policies, the provisioner and the documents, and depends on none of them.
package tiers

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

//go:generate go run ./internal/tiersdoc

// Tier is one row of the catalogue.
type Tier struct {
	Name     string          `yaml:"name"`
	PriceUSD decimal.Decimal `yaml:"priceUsd"` // what the customer pays a month
	Worker   bool            `yaml:"worker"`   // runs the environment's worker for the tenant alone, where there is one
	Support  Support         `yaml:"support"`
	// AvailabilityPercent is the part of each calendar month in which the customer is promised to be served.
	AvailabilityPercent decimal.Decimal `yaml:"availabilityPercent"`
	// Latency is what we aim at for the customer's requests. It is not promised.
	Latency Latency `yaml:"latency"`
	Limits  Limits  `yaml:"limits"`
}

// Latency is an objective: of the requests that are served, so many per cent get the first byte of their answer within that time,
// as the edge measures it.
type Latency struct {
	Within  time.Duration   `yaml:"within"`
	Percent decimal.Decimal `yaml:"percent"`
}

// Support is the channel by which a customer asks for help.
type Support string

// SupportEmail is the only channel for now.
const SupportEmail Support = "email"

// Limits are what a tenant may use. docs/tiers.md says by what each is enforced.
type Limits struct {
	MonthlyCostUSD           decimal.Decimal `yaml:"monthlyCostUsd"`     // the most that the tenant's own AWS resources cost; see HighestCostUSD
	AllowanceUSD             decimal.Decimal `yaml:"allowanceUsd"`       // what a tenant's use may cost, its own resources included, before the breaker limits it
	RequestsPerSecond        int             `yaml:"requestsPerSecond"`  // by the edge, where the environment has one
	RequestsPerDay           int             `yaml:"requestsPerDay"`     // likewise, by the day of UTC
	ConcurrentRequests       int             `yaml:"concurrentRequests"` // likewise, under way at the same time
	Connections              int             `yaml:"connections"`        // to the database, at the same time
	StorageMiB               int             `yaml:"storageMiB"`         // of the database schema, indexes included
	StatementTimeout         time.Duration   `yaml:"statementTimeout"`
	IdleInTransactionTimeout time.Duration   `yaml:"idleInTransactionTimeout"`
	TempFileMiB              int             `yaml:"tempFileMiB"`   // on disk, for the sorts of one session
	WorkMemKiB               int             `yaml:"workMemKiB"`    // in memory, for one sort, unless the session asks for more
	CPUMillicores            int             `yaml:"cpuMillicores"` // of all pods together
	MemoryMiB                int             `yaml:"memoryMiB"`     // of all pods together
	Pods                     int             `yaml:"pods"`
}

// All gives the tiers, cheapest first.
func All() []Tier { return slices.Clone(catalogue) }

// Names gives the tiers' names, cheapest first.
func Names() []string {
	names := make([]string, 0, len(catalogue))
	for _, tier := range catalogue {
		names = append(names, tier.Name)
	}
	return names
}

// DefaultCeiling is how many tenants an environment may have unless its settings say otherwise.
const DefaultCeiling = 500

// HighestCostUSD is what a tenant may cost a month, whatever its tier: the price at which an environment's limit counts
// the tenants that it may have.
func HighestCostUSD() decimal.Decimal {
	highest := decimal.Zero
	for _, tier := range catalogue {
		highest = decimal.Max(highest, tier.Limits.MonthlyCostUSD)
	}
	return highest
}

// Find gives the tier of that name. The error names it and the choices.
func Find(name string) (Tier, error) {
	for _, tier := range catalogue {
		if tier.Name == name {
			return tier, nil
		}
	}
	return Tier{}, fmt.Errorf("tier: got %q, expected one of %s", name, strings.Join(Names(), ", "))
}
