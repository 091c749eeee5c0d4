// Package pricesheet is what an environment costs as it is deployed, in the groups in which tenants share it: all that whoever knows the
// ledger needs to tell what a tenant costs, without the stack, its settings or the price catalogue.
package pricesheet

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/bill"
	"github.com/genericcorp/platform/internal/tenant/slug"
)

// Sheet is what an environment costs a month, in US dollars, and how much of it could be used.
type Sheet struct {
	Environment string          `json:"environment"`
	Computed    time.Time       `json:"computed"`             // when
	Made        time.Time       `json:"made"`                 // the environment
	Limit       decimal.Decimal `json:"limitUsd"`             // of the environment's whole bill
	LimitBasis  string          `json:"limitBasis,omitempty"` // where the limit comes from
	Groups      Groups          `json:"groupsUsd"`
	Own         decimal.Decimal `json:"ownUsd"`        // what each tenant's own resources cost
	InternetGB  decimal.Decimal `json:"internetGbUsd"` // what a GB costs that is sent to the internet and between zones
	// AssumedTraffic is what of the group traffic is not for what stands there, but for an assumed amount that is sent.
	AssumedTraffic decimal.Decimal `json:"assumedTrafficUsd"`
	Spared         []Spared        `json:"spared,omitempty"`

	DatabaseVCPUs decimal.Decimal `json:"databaseVcpus"`
	NodeVCPUs     decimal.Decimal `json:"nodeVcpus"`
	DatabaseGiB   decimal.Decimal `json:"databaseGib"`

	Terms    Terms    `json:"terms"`
	Warnings []string `json:"warnings,omitempty"` // what makes the amounts less exact than usual
}

// Terms say how support and tax, which are in the platform's group, follow from all other charges, so that those of what tenants have of
// their own can be added.
type Terms struct {
	Charges        decimal.Decimal `json:"chargesUsd"` // the sum of the groups without support and tax
	SupportMinimum decimal.Decimal `json:"supportMinimumUsd"`
	SupportShare   decimal.Decimal `json:"supportShare"`
	TaxPercent     decimal.Decimal `json:"taxPercent"`
}

// on is what support and tax are on more charges a month than those of the groups.
func (t Terms) on(more decimal.Decimal) decimal.Decimal {
	terms := bill.Terms{Support: bill.Support{MinimumUSD: t.SupportMinimum, Share: t.SupportShare}, TaxPercent: t.TaxPercent}
	with, without := terms.With(t.Charges.Add(more), 0), terms.With(t.Charges, 0)
	return with.Support.Add(with.Tax).Sub(without.Support).Sub(without.Tax)
}

// SupportAndTax is what is for support and tax of what the groups cost a month, with so much more that tenants have of their own.
func (s Sheet) SupportAndTax(own decimal.Decimal) decimal.Decimal {
	return s.Total().Sub(s.Terms.Charges).Add(s.Terms.on(own))
}

// Spared is a tenant that is never suspended so that the environment costs less.
type Spared struct {
	Tenant string `json:"tenant"`
	Reason string `json:"reason"`
}

// Groups are the amounts of the groups. That of allocation.Own is 0: tenants have their own.
type Groups [allocation.Platform + 1]decimal.Decimal

// MarshalJSON writes an object with the groups by name.
func (g Groups) MarshalJSON() ([]byte, error) {
	named := make(map[string]decimal.Decimal, len(g))
	for group, amount := range g {
		named[allocation.Group(group).String()] = amount
	}
	return json.Marshal(named)
}

// UnmarshalJSON reads what MarshalJSON writes. It refuses a group that there is not; one that is missing costs nothing.
func (g *Groups) UnmarshalJSON(text []byte) error {
	var named map[string]decimal.Decimal
	if err := json.Unmarshal(text, &named); err != nil {
		return err
	}
	*g = Groups{}
	for group := range g {
		name := allocation.Group(group).String()
		g[group] = named[name]
		delete(named, name)
	}
	for name := range named {
		//page:none the command that wrote it knows the groups
		return fmt.Errorf("groupsUsd: got %q, expected the groups of platform cost --by tenant", name)
	}
	return nil
}

// most is more than any amount of a sheet can be: US dollars a month, processors or GiB.
var most = decimal.NewFromInt(100_000_000)

const mostWarnings = 20

// Check records all that cannot be.
func (s Sheet) Check(p *check.Problems) {
	p.Require(s.Environment != "", "environment", s.Environment, "its name")
	p.Require(!s.Computed.IsZero(), "computed", s.Computed, "a time")
	amounts := map[string]decimal.Decimal{
		"limitUsd": s.Limit, "ownUsd": s.Own, "internetGbUsd": s.InternetGB, "assumedTrafficUsd": s.AssumedTraffic, "databaseVcpus": s.DatabaseVCPUs, "nodeVcpus": s.NodeVCPUs, "databaseGib": s.DatabaseGiB,
		"terms.chargesUsd": s.Terms.Charges, "terms.supportMinimumUsd": s.Terms.SupportMinimum, "terms.supportShare": s.Terms.SupportShare, "terms.taxPercent": s.Terms.TaxPercent,
	}
	for group, amount := range s.Groups {
		amounts["groupsUsd."+allocation.Group(group).String()] = amount
	}
	for name, amount := range amounts {
		p.Require(!amount.IsNegative() && amount.LessThanOrEqual(most), name, amount.String(), "0 to "+most.String())
	}
	p.Require(len(s.Warnings) <= mostWarnings, "warnings", len(s.Warnings), fmt.Sprintf("at most %d", mostWarnings))
	p.Require(s.Groups[allocation.Own].IsZero(), "groupsUsd.own", s.Groups[allocation.Own].String(), "0, as each tenant has its own")
	p.Require(s.AssumedTraffic.LessThanOrEqual(s.Groups[allocation.Traffic]), "assumedTrafficUsd", s.AssumedTraffic.String(), "at most groupsUsd.traffic")
	p.Require(len(s.Spared) <= MostSpared, "spared", len(s.Spared), fmt.Sprintf("at most %d tenants", MostSpared))
	for i, spared := range s.Spared {
		p.Require(slug.Check(spared.Tenant) == nil, check.Item("spared", i)+".tenant", spared.Tenant, "a tenant's name")
		p.Require(spared.Reason != "", check.Item("spared", i)+".reason", spared.Reason, "why it is never suspended")
	}
}

// MostSpared is how many tenants may be spared: where all are, nothing saves the environment.
const MostSpared = 100

const (
	kibOfGiB     = 1 << 20
	hoursOfMonth = 730 // as the estimator counts
)

// Total is what all groups cost a month together.
func (s Sheet) Total() (sum decimal.Decimal) {
	for _, usd := range s.Groups {
		sum = sum.Add(usd)
	}
	return sum
}

// Pools are the groups' costs in a span of time, and what could be used in it.
func (s Sheet) Pools(span time.Duration) (pools allocation.Pools, err error) {
	share := ShareOfMonth(span)
	for group, usd := range s.Groups {
		if pools[group].Cost, err = allocation.MicrosOf(allocation.Group(group).String(), usd.Mul(share)); err != nil {
			return pools, err
		}
	}
	of := func(amount decimal.Decimal, unit time.Duration) int64 {
		return amount.Mul(decimal.NewFromInt(int64(span / unit))).IntPart()
	}
	pools[allocation.Database].Capacity = of(s.DatabaseVCPUs, time.Second)
	pools[allocation.Compute].Capacity = of(s.NodeVCPUs, time.Millisecond)
	pools[allocation.Storage].Capacity = of(s.DatabaseGiB.Mul(decimal.NewFromInt(kibOfGiB)), time.Minute)
	return pools, nil
}

// ShareOfMonth is a span of time as a share of the month for which the estimator tells prices.
func ShareOfMonth(span time.Duration) decimal.Decimal {
	return decimal.NewFromInt(int64(span)).Div(decimal.NewFromInt(int64(hoursOfMonth * time.Hour)))
}
