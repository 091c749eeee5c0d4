// Package breaker decides what a tenant may still do that costs too much this month, and what becomes of tenants where the environment does.
// It is a pure function: whoever calls it reads the amounts, does the acts and notes them.
package breaker

import (
	"time"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// Level is how far a tenant is held back.
type Level int

// The levels, the mildest first.
const (
	None      Level = iota
	Warned          // it may do all that its tier allows, and people are told
	Limited         // it may read
	Suspended       // it may not log in
)

// levels are the names of the levels and the per cent of the allowance from which on each holds.
var levels = [...]struct {
	name    string
	percent int64
}{None: {"", 0}, Warned: {"warned", 90}, Limited: {"limited", 100}, Suspended: {"suspended", 200}}

// String is the level's name, which is empty for None.
func (l Level) String() string { return levels[l].name }

// ParseLevel is the level of that name.
func ParseLevel(name string) (Level, bool) {
	for level, known := range levels {
		if known.name == name {
			return Level(level), true
		}
	}
	return None, false
}

// levelOf is the level that so much use leads to. Without an allowance nothing is known, and nobody is held for that.
func levelOf(used, allowance allocation.Micros) Level {
	level := None
	for next := Warned; next <= Suspended && allowance > 0; next++ {
		if int64(used)*100 >= int64(allowance)*levels[next].percent {
			level = next
		}
	}
	return level
}

// Standing is what the breaker knows of a tenant from before. The zero value is that of a tenant that it never acted on.
type Standing struct {
	Due    Level     // by use
	Level  Level     // that holds: less than due while a person's override lasts, and suspended for the environment's sake
	Month  time.Time // of which the use is due: its first moment, UTC
	Tier   string    // by whose allowance it is due
	ForAll bool      // suspended so that the environment costs less, whatever its own use
}

// Tenant is what is decided by.
type Tenant struct {
	Name      string
	Tier      string
	Used      allocation.Micros // what it has cost in the month of now
	Allowance allocation.Micros // what its tier may cost in a month; 0: not known
	Override  bool              // a person has said that it goes on working for now
	Standing  Standing

	// What the environment's limit goes by.
	Sent   allocation.Micros // of Used, what is paid by use: it ends with a suspension
	Price  allocation.Micros // of a month of its tier
	Off    bool              // a person has suspended it: it causes nothing more
	Spared bool              // it is never suspended for the environment's sake
}

// Cause is why the breaker acts.
type Cause string

// The causes.
const (
	ByUse           Cause = "use"
	ByMonth         Cause = "month"    // a new one has begun
	ByTier          Cause = "tier"     // it has another
	ByOverride      Cause = "override" // of a person
	ByOverrideEnded Cause = "override ended"
	ByLimit         Cause = "limit"       // the environment's has grown
	ByEnvironment   Cause = "environment" // it costs too much, or no longer
)

// Act is a change of one tenant's standing or, without a name, of the environment's.
type Act struct {
	Tenant          string
	Before, After   Standing
	Cause           Cause
	Used, Allowance allocation.Micros
}

// Decide gives the acts that lead from how the environment and its tenants stand to how they should; the environment's own comes first.
// Done once, they lead to none. Within a month a level only rises, unless a tier changes or the limit grows: so nobody comes and goes at a
// boundary. Blind says that what was used is not all known, or not its price: then nobody is let go but by a person. A now before the month
// of a standing is a clock that went back, and as blind.
func Decide(now time.Time, blind bool, e Environment, tenants []Tenant) []Act {
	month := MonthOf(now)
	after, causes := make([]Standing, len(tenants)), make([]Cause, len(tenants))
	for i, t := range tenants {
		after[i], causes[i] = t.decide(month, blind)
	}
	var acts []Act
	forecast := e.forecast(now, tenants, after)
	standing, cause := e.decide(month, blind, forecast)
	if cause == ByMonth || cause == ByLimit { // it begins anew, with all whom it had suspended
		for i := range after {
			after[i].ForAll = false
		}
		forecast = e.forecast(now, tenants, after)
		standing, cause = e.decide(month, blind, forecast)
	}
	if standing != e.Standing {
		acts = append(acts, Act{Before: e.Standing, After: standing, Cause: cause, Used: forecast, Allowance: e.Limit})
	}
	e.hold(now, standing.Level, tenants, after)
	for i, t := range tenants {
		if after[i] == t.Standing {
			continue
		}
		if after[i].ForAll != t.Standing.ForAll {
			causes[i] = ByEnvironment
		}
		acts = append(acts, Act{Tenant: t.Name, Before: t.Standing, After: after[i], Cause: causes[i], Used: t.Used, Allowance: t.Allowance})
	}
	return acts
}

// MonthOf is the first moment of a time's month, UTC.
func MonthOf(t time.Time) time.Time {
	t = t.UTC()
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func (t Tenant) decide(month time.Time, blind bool) (after Standing, cause Cause) {
	before := t.Standing
	after = before
	computed := levelOf(t.Used, t.Allowance)
	turned, moved := !before.Month.Equal(month), before.Tier != t.Tier
	switch {
	case computed > before.Due:
		after.Due, after.Month, after.Tier, cause = computed, month, t.Tier, ByUse
	case before.Due == None, blind, t.Allowance <= 0, month.Before(before.Month):
	case turned:
		after.Due, after.Month, after.Tier, cause = computed, month, t.Tier, ByMonth
	case moved:
		after.Due, after.Tier, cause = computed, t.Tier, ByTier
	}
	if after.Due == None {
		after = Standing{ForAll: before.ForAll} // whose month and tier say nothing
	}
	after.Level = after.Due
	if t.Override {
		after.Level = min(after.Due, Warned)
	}
	if cause == "" {
		cause = ByOverrideEnded
		if t.Override {
			cause = ByOverride
		}
	}
	return after, cause
}
