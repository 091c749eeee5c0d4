package tenant

import (
	"context"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// Levels are how tenants were served from one time to another, against what is promised to them and aimed at.
type Levels struct {
	Environment string    `json:"environment"`
	From        time.Time `json:"from"`
	To          time.Time `json:"to"`
	Tiers       []Level   `json:"tiers"`   // each of the catalogue, the cheapest first
	Tenants     []Level   `json:"tenants"` // that had requests, the worst served first
	Nobody      int64     `json:"nobody"`  // failed requests of which the edge did not know whose they were
	Gone        Level     `json:"gone"`    // tenants that there are no more, of which nobody knows the tier
	Warnings    []string  `json:"warnings"`
}

// Level is how a tier or a tenant was served. Where it had no request there are no per cents.
type Level struct {
	Tenant string `json:"tenant,omitempty"`
	Tier   string `json:"tier"`
	Valid  int64  `json:"valid"`  // requests that were served, or should have been
	Failed int64  `json:"failed"` // of these, by no fault of the client
	Slow   int64  `json:"slow"`   // of these: served, and the answer began later than it should

	PromisedPercent decimal.Decimal  `json:"promisedPercent"`                  // of the requests, to be served
	ServedPercent   *decimal.Decimal `json:"servedPercent,omitempty"`          // that were
	BudgetPercent   *decimal.Decimal `json:"errorBudgetUsedPercent,omitempty"` // of the failures that the promise allows; above 100 it is broken
	Within          string           `json:"within"`                           // the time in which an answer should begin
	AimedPercent    decimal.Decimal  `json:"aimedPercent"`                     // of those that were served, to begin within it
	InTimePercent   *decimal.Decimal `json:"inTimePercent,omitempty"`          // that did
	PromiseBroken   bool             `json:"promiseBroken"`
	ObjectiveMissed bool             `json:"objectiveMissed"`
}

// Levels tells how tenants were served, by the ledger. A tenant's requests count for the tier that it has now.
func (t *Tenants) Levels(ctx context.Context, from, to time.Time) (*Levels, error) {
	response, err := t.call(ctx, api.Request{Action: api.ActionServed, Usage: &api.UsageQuery{From: from, To: to}})
	if err != nil {
		return nil, err
	}
	l := LevelsOf(response.Served)
	l.Environment, l.From, l.To, l.Warnings = t.Environment.Name(), from, to, append([]string{}, response.Warnings...)
	return l, nil
}

// LevelsOf sums up by tier, and says of each tier and tenant how it stands.
func LevelsOf(served []api.Served) *Levels {
	l := &Levels{Tenants: []Level{}}
	for _, tier := range tiers.All() {
		sum := levelFor(tier)
		for _, s := range served {
			if s.Tier == tier.Name {
				sum.add(s)
			}
		}
		l.Tiers = append(l.Tiers, sum.judged())
	}
	for _, s := range served {
		tier, err := tiers.Find(s.Tier)
		switch {
		case s.Tenant == "":
			l.Nobody += s.Failed
		case err != nil:
			l.Gone.add(s)
		default:
			one := levelFor(tier)
			one.Tenant = s.Tenant
			one.add(s)
			l.Tenants = append(l.Tenants, one.judged())
		}
	}
	return l
}

func levelFor(tier tiers.Tier) Level {
	return Level{Tier: tier.Name, PromisedPercent: tier.AvailabilityPercent, Within: tier.Latency.Within.String(), AimedPercent: tier.Latency.Percent}
}

func (l *Level) add(s api.Served) {
	l.Valid, l.Failed, l.Slow = l.Valid+s.Valid, l.Failed+s.Failed, l.Slow+s.Slow
}

var hundred = decimal.NewFromInt(100)

// digits are those of a per cent, after the point: one request of a million shows.
const digits = 4

func (l *Level) judged() Level {
	share := func(part, whole int64) *decimal.Decimal {
		if whole == 0 {
			return nil
		}
		d := decimal.NewFromInt(part).Mul(hundred).DivRound(decimal.NewFromInt(whole), digits)
		return &d
	}
	valid, failed := decimal.NewFromInt(l.Valid), decimal.NewFromInt(l.Failed).Mul(hundred)
	allowed := valid.Mul(hundred.Sub(l.PromisedPercent)) // failures, times a hundred
	l.ServedPercent, l.InTimePercent = share(l.Valid-l.Failed, l.Valid), share(l.Valid-l.Failed-l.Slow, l.Valid-l.Failed)
	if l.Valid > 0 {
		used := failed.Mul(hundred).DivRound(allowed, 1)
		l.BudgetPercent = &used
	}
	l.PromiseBroken = failed.GreaterThan(allowed)
	l.ObjectiveMissed = l.InTimePercent != nil &&
		decimal.NewFromInt(l.Slow).Mul(hundred).GreaterThan(decimal.NewFromInt(l.Valid-l.Failed).Mul(hundred.Sub(l.AimedPercent)))
	return *l
}
