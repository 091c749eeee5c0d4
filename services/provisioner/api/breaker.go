package api

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/check"
)

// MostOverride is how long a person may keep the breaker from a tenant by one word.
const MostOverride = 31 * 24 * time.Hour

// MostEvents is how many events one answer tells of.
const MostEvents = 1000

// Breaker is how the tenants stand that the breaker decides on, or what it did.
type Breaker struct {
	Month  time.Time  `json:"month"`            // whose costs count
	Prices *time.Time `json:"prices,omitempty"` // when what the environment costs was computed; absent: never
	// Blind says, in sentences, why nobody is let go at the moment; empty: nothing is in the way.
	Blind   []string        `json:"blind"`
	Whole   *BreakerWhole   `json:"whole,omitempty"` // the environment
	Tenants []BreakerTenant `json:"tenants,omitempty"`
	Events  []BreakerEvent  `json:"events,omitempty"` // the latest first
}

// BreakerWhole is how the environment stands with its own limit. Warned, it is told; limited, no tenants are made, and none gets a larger
// tier; suspended, tenants are.
type BreakerWhole struct {
	ForecastUSD decimal.Decimal `json:"forecastUsd"` // of the month, if all goes on as before
	LimitUSD    decimal.Decimal `json:"limitUsd"`    // 0: it is not known
	Level       string          `json:"level"`
	Due         string          `json:"due"`
	Override    *Override       `json:"override,omitempty"`
	Last        *BreakerEvent   `json:"last,omitempty"`
}

// Holds is what the level means for the environment, as a sentence; empty without a level.
func (w BreakerWhole) Holds() string {
	return map[string]string{
		"warned": "nothing is held", "limited": "no tenant is made, and none gets a larger tier",
		"suspended": "tenants are suspended whose traffic costs it something; no tenant is made, and none gets a larger tier",
	}[w.Level]
}

// BreakerTenant is how one tenant stands. Levels are warned, limited and suspended; none is empty.
type BreakerTenant struct {
	Slug         string          `json:"slug"`
	Tier         string          `json:"tier"`
	State        State           `json:"state"` // by its stack, whatever the breaker does
	UsedUSD      decimal.Decimal `json:"usedUsd"`
	AllowanceUSD decimal.Decimal `json:"allowanceUsd"` // of its tier; 0: there is no such tier any more
	Level        string          `json:"level"`        // that holds
	Due          string          `json:"due"`          // that would hold without an override
	ForAll       bool            `json:"forAll"`       // suspended so that the environment costs less
	Spared       bool            `json:"spared"`       // never suspended for that
	Override     *Override       `json:"override,omitempty"`
	Last         *BreakerEvent   `json:"last,omitempty"` // what the breaker did last
}

// Override is a person's word that a tenant goes on working.
type Override struct {
	By     string    `json:"by"`
	Reason string    `json:"reason"`
	Made   time.Time `json:"made"`
	Until  time.Time `json:"until"`
}

// BreakerEvent is one act, with the numbers behind it: on a tenant or, without a name, on the environment, whose amounts are the month's
// forecast and its limit.
type BreakerEvent struct {
	ID           int64           `json:"id"` // rises from event to event
	At           time.Time       `json:"at"`
	Tenant       string          `json:"tenant"`
	Tier         string          `json:"tier"`
	Cause        string          `json:"cause"`
	Before       string          `json:"before"`
	After        string          `json:"after"`
	Due          string          `json:"due"` // after it
	Month        time.Time       `json:"month"`
	UsedUSD      decimal.Decimal `json:"usedUsd"`
	AllowanceUSD decimal.Decimal `json:"allowanceUsd"`
	Blind        bool            `json:"blind"` // not all that was used was known
	Note         string          `json:"note"`  // what else there is to say; often empty
}

// checkPrices requires a sheet where one is published, and nowhere else; and a time nowhere but where prices are asked for.
func (r Request) checkPrices(p *check.Problems) {
	p.Require(r.Since.IsZero() || r.Action == ActionPrices, "since", r.Since, "none: only prices is about a month")
	if r.Action != ActionPublishPrices {
		p.Require(r.Prices == nil, "prices", "a sheet", "none: only publish-prices takes one")
		return
	}
	if r.Prices == nil {
		p.Require(false, "prices", nil, "what the environment costs")
		return
	}
	r.Prices.Check(p.In("prices"))
}

// checkOverride requires who says what until when; whether that has passed is for the database's clock.
func (r Request) checkOverride(p *check.Problems) {
	if r.Action != ActionOverride {
		p.Require(r.Until.IsZero(), "until", r.Until.Format(time.RFC3339), "none: only override takes it")
		return
	}
	p.Require(!r.Until.IsZero(), "until", "", "when the override ends")
	p.Require(r.Reason != "", "reason", r.Reason, "why it goes on working")
	p.Require(r.By != "", "by", r.By, "who says so")
}
