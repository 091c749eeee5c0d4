package breaker

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Environment is what is decided by of the whole.
type Environment struct {
	Fixed    allocation.Micros // what it costs in the month of now, until its end, whatever tenants do
	Assumed  allocation.Micros // what of the prices is for an assumed traffic: what tenants send counts where it is more
	Limit    allocation.Micros // of the month; 0: not known
	Override bool              // a person has said that it may cost more for now
	Standing Standing          // its tier is the limit by which it is due
}

// leastShare is the part of the limit that a suspension must save: less helps nobody, and is the matter of the tenant's own allowance.
const leastShare = 1000

// Forecast is what the environment will cost in the month of now, if all that may go on does so as before.
func (e Environment) Forecast(now time.Time, tenants []Tenant) allocation.Micros {
	standings := make([]Standing, len(tenants))
	for i, t := range tenants {
		standings[i] = t.Standing
	}
	return e.forecast(now, tenants, standings)
}

func (e Environment) forecast(now time.Time, tenants []Tenant, standings []Standing) allocation.Micros {
	return e.with(sent(now, tenants, standings))
}

// sent is what will have been paid by use at the month's end.
func sent(now time.Time, tenants []Tenant, standings []Standing) (sum allocation.Micros) {
	for i, t := range tenants {
		sum = plus(sum, t.Sent)
		if t.goesOn(standings[i]) {
			sum = plus(sum, t.saves(now))
		}
	}
	return sum
}

// with is the whole where so much is paid by use.
func (e Environment) with(sent allocation.Micros) allocation.Micros {
	return plus(e.Fixed, max(sent, e.Assumed))
}

// goesOn tells whether the tenant may cause anything that is paid by use.
func (t Tenant) goesOn(s Standing) bool { return !t.Off && !s.ForAll && s.Level < Suspended }

// saves is what the tenant would still cause in the month at the pace of the month so far, over a day at least: a burst in a month's first
// minutes does not count for the whole of it.
func (t Tenant) saves(now time.Time) allocation.Micros {
	month := MonthOf(now)
	rest, elapsed := month.AddDate(0, 1, 0).Sub(now), max(now.Sub(month), 24*time.Hour)
	caused := decimal.NewFromInt(int64(max(t.Sent, 0))).Mul(decimal.NewFromInt(int64(rest))).Div(decimal.NewFromInt(int64(elapsed)))
	return allocation.Micros(decimal.Min(caused, decimal.NewFromInt(int64(mostMicros))).IntPart())
}

// mostMicros is more than anything can cost, and little enough to reckon with in per cent.
const mostMicros = allocation.Micros(math.MaxInt64 / 1000)

func plus(a, b allocation.Micros) allocation.Micros { return min(a+b, mostMicros) }

// decide is that of a tenant whose tier is the limit. One that falls lets nobody go: only one that grows begins anew.
func (e Environment) decide(month time.Time, blind bool, forecast allocation.Micros) (Standing, Cause) {
	whole := Tenant{Tier: strconv.FormatInt(int64(e.Limit), 10), Used: forecast, Allowance: e.Limit, Override: e.Override, Standing: e.Standing}
	before, err := strconv.ParseInt(e.Standing.Tier, 10, 64)
	if err == nil && int64(e.Limit) < before && levelOf(forecast, e.Limit) <= e.Standing.Due {
		whole.Tier = e.Standing.Tier
	}
	after, cause := whole.decide(month, blind)
	if cause == ByTier {
		cause = ByLimit
	}
	return after, cause
}

// hold says of each tenant whether it is suspended for the environment's sake. While the environment is, whom it suspended stays so, and
// others follow until the forecast is below the boundary: those that pay nothing first, the dearest of them first, then by their margin. Who
// would save next to nothing is left alone, as nobody is suspended for nothing.
func (e Environment) hold(now time.Time, level Level, tenants []Tenant, after []Standing) {
	var candidates []int
	for i, t := range tenants {
		may := level == Suspended && !t.Override && !t.Spared
		after[i].ForAll = after[i].ForAll && may
		if may && t.goesOn(after[i]) && t.saves(now) > e.Limit/leastShare {
			candidates = append(candidates, i)
		}
	}
	slices.SortFunc(candidates, func(a, b int) int { return sooner(tenants[a], tenants[b]) })
	paid := sent(now, tenants, after)
	for _, i := range candidates {
		if levelOf(e.with(paid), e.Limit) < Suspended || paid <= e.Assumed {
			break
		}
		after[i].ForAll = true
		paid -= tenants[i].saves(now)
	}
	for i := range after {
		if after[i].ForAll {
			after[i].Level = Suspended
		}
	}
}

// sooner compares who is suspended first: who pays nothing, then whose margin is worse.
func sooner(a, b Tenant) int {
	if free := cmp.Compare(min(a.Price, 1), min(b.Price, 1)); free != 0 {
		return free
	}
	if a.Price == 0 {
		return cmp.Or(cmp.Compare(b.Used, a.Used), cmp.Compare(a.Name, b.Name))
	}
	part := func(t Tenant) decimal.Decimal {
		return decimal.NewFromInt(int64(t.Used)).Div(decimal.NewFromInt(int64(t.Price)))
	}
	return cmp.Or(part(b).Cmp(part(a)), cmp.Compare(a.Name, b.Name))
}
