package breaker

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

// half is the middle of November: what was caused so far is caused once more.
var half = november.Add(15 * 24 * time.Hour)

// all is an environment with tenants.
type all struct {
	environment Environment
	tenants     []Tenant
}

// follow is how they stand after the acts.
func (a all) follow(now time.Time, blind bool) all {
	a.tenants = append([]Tenant{}, a.tenants...)
	for _, act := range Decide(now, blind, a.environment, a.tenants) {
		if act.Tenant == "" {
			a.environment.Standing = act.After
		}
		for i := range a.tenants {
			if a.tenants[i].Name == act.Tenant {
				a.tenants[i].Standing = act.After
			}
		}
	}
	return a
}

// suspended are those that are, for the environment's sake.
func (a all) suspended() (names []string) {
	for _, t := range a.tenants {
		if t.Standing.ForAll {
			names = append(names, t.Name)
		}
	}
	return names
}

// At 90 per cent it is told, at 100 nothing grows, and at 200 tenants are suspended.
func TestEnvironmentsBoundaries(t *testing.T) {
	t.Parallel()
	for fixed, want := range map[allocation.Micros]Level{
		0: None, 90*dollar - 1: None, 90 * dollar: Warned, 100*dollar - 1: Warned, 100 * dollar: Limited, 200*dollar - 1: Limited, 200 * dollar: Suspended,
	} {
		got := all{environment: Environment{Fixed: fixed, Limit: 100 * dollar}}.follow(november, false)
		require.Equal(t, want, got.environment.Standing.Level, fixed)
	}
}

// What is sent counts to the month's end, at the pace of the month so far; what the prices assume of it does not count twice.
func TestForecast(t *testing.T) {
	t.Parallel()
	tenants := []Tenant{{Name: "acme", Sent: 10 * dollar}, {Name: "bolt", Sent: dollar, Off: true}, {Name: "cedar", Sent: 2 * dollar, Standing: Standing{ForAll: true, Level: Suspended}}}
	for name, c := range map[string]struct {
		environment Environment
		now         time.Time
		want        allocation.Micros
	}{
		"half":       {Environment{Fixed: 100 * dollar}, half, 123 * dollar},
		"assumed":    {Environment{Fixed: 100 * dollar, Assumed: 50 * dollar}, half, 150 * dollar},
		"end":        {Environment{}, december.Add(-1), 13 * dollar},
		"first hour": {Environment{}, november.Add(time.Hour), 13*dollar + 299_583_333},
	} {
		require.Equal(t, c.want, c.environment.Forecast(c.now, tenants), name)
	}
}

// Who pays nothing goes first, the dearest of them first, then who leaves the least of what it pays; and nobody more than helps.
func TestWhoIsSuspendedForAll(t *testing.T) {
	t.Parallel()
	tenants := []Tenant{
		{Name: "good", Used: 2 * dollar, Sent: 2 * dollar, Price: 49 * dollar},
		{Name: "bad", Used: 40 * dollar, Sent: 40 * dollar, Price: 49 * dollar},
		{Name: "small", Used: 5 * dollar, Sent: 5 * dollar},
		{Name: "spared", Used: 50 * dollar, Sent: 50 * dollar, Spared: true},
		{Name: "overridden", Used: 50 * dollar, Sent: 50 * dollar, Override: true},
		{Name: "busy", Used: 30 * dollar}, // with what it causes nothing ends
		{Name: "large", Used: 20 * dollar, Sent: 20 * dollar},
	}
	whole := 2 * 167 * dollar
	for over, want := range map[allocation.Micros][]string{
		-1: nil, 0: {"large"}, 20*dollar - 1: {"large"}, 20 * dollar: {"small", "large"}, 25 * dollar: {"bad", "small", "large"}, 65 * dollar: {"good", "bad", "small", "large"},
		1000 * dollar: {"good", "bad", "small", "large"},
	} {
		a := all{environment: Environment{Fixed: 2000*dollar - whole + over, Limit: 1000 * dollar}, tenants: tenants}
		require.Equal(t, want, a.follow(half, false).suspended(), over)
	}
	a := all{environment: Environment{Fixed: 2000*dollar - whole, Limit: 1000 * dollar}, tenants: tenants}
	require.Equal(t, []Act{
		{After: Standing{Due: Suspended, Level: Suspended, Month: november, Tier: "1000000000"}, Cause: ByUse, Used: 2000 * dollar, Allowance: 1000 * dollar},
		{Tenant: "large", After: Standing{Level: Suspended, ForAll: true}, Cause: ByEnvironment, Used: 20 * dollar},
	}, Decide(half, false, a.environment, tenants))
}

// A suspension that saves nothing is none.
func TestNobodyIsSuspendedForNothing(t *testing.T) {
	t.Parallel()
	tenants := []Tenant{{Name: "acme", Used: dollar, Sent: dollar}}
	for name, e := range map[string]Environment{
		"little":  {Fixed: 5000 * dollar, Limit: 1000 * dollar},
		"assumed": {Fixed: 5000 * dollar, Limit: 100 * dollar, Assumed: 2 * dollar},
	} {
		a := all{environment: e, tenants: tenants}.follow(half, false)
		require.Equal(t, Suspended, a.environment.Standing.Level, name)
		require.Empty(t, a.suspended(), name)
	}
}

// The month's turn, a limit that grows, and a person let go; a limit that falls and grows back does not.
func TestTheEnvironmentLetsGo(t *testing.T) {
	t.Parallel()
	a := all{environment: Environment{Fixed: 150 * dollar, Limit: 100 * dollar}, tenants: []Tenant{{Name: "acme", Used: 50 * dollar, Sent: 50 * dollar}}}.follow(half, false)
	require.Equal(t, []string{"acme"}, a.suspended())
	with := func(change func(*all)) all {
		changed := a
		changed.tenants = append([]Tenant{}, a.tenants...)
		change(&changed)
		return changed
	}
	for cause, c := range map[Cause]struct {
		after all
		now   time.Time
		want  Level
	}{
		ByMonth:    {with(func(a *all) { a.tenants[0].Sent, a.environment.Fixed = 0, 80*dollar }), december, None},
		ByLimit:    {with(func(a *all) { a.environment.Limit = 180 * dollar }), half, Limited},
		ByOverride: {with(func(a *all) { a.environment.Override = true }), half, Warned},
	} {
		acts := Decide(c.now, false, c.after.environment, c.after.tenants)
		require.Equal(t, []Cause{cause, ByEnvironment}, []Cause{acts[0].Cause, acts[1].Cause})
		after := c.after.follow(c.now, false)
		require.Empty(t, after.suspended(), cause)
		require.Equal(t, c.want, after.environment.Standing.Level, cause)
		require.Equal(t, None, after.tenants[0].Standing.Level, cause)
	}
	again := with(func(a *all) { a.tenants[0].Sent, a.environment.Fixed = 10*dollar, 80*dollar })
	require.Equal(t, []string{"acme"}, again.follow(december.Add(24*time.Hour), false).suspended(), "let go, it would be suspended again at once")
	spared := with(func(a *all) { a.tenants[0].Spared = true }).follow(half, false)
	require.Empty(t, spared.suspended())
	fallen := with(func(a *all) { a.environment.Limit, a.environment.Fixed = 90*dollar, 0 }).follow(half, false)
	require.Equal(t, []string{"acme"}, fallen.suspended())
	fallen.environment.Limit = 100 * dollar
	require.Equal(t, []string{"acme"}, fallen.follow(half, false).suspended(), "back to the limit by which it was due")
	require.Equal(t, []string{"acme"}, with(func(a *all) { a.tenants[0].Sent, a.environment.Fixed = 0, 80*dollar }).follow(december, true).suspended(), "blind")
}

var (
	someEnvironment = rapid.Custom(func(t *rapid.T) Environment {
		e := Environment{
			Fixed: 20 * someMoney.Draw(t, "fixed"), Assumed: someMoney.Draw(t, "assumed"), Limit: 10 * someMoney.Draw(t, "limit"), Override: rapid.Bool().Draw(t, "override"),
			Standing: someStanding.Draw(t, "standing"),
		}
		if e.Standing.Tier != "" {
			e.Standing.Tier = rapid.SampledFrom([]string{"1000000", "100000000", "300000000"}).Draw(t, "limit before")
		}
		return e
	})
	someAll = rapid.Custom(func(t *rapid.T) all {
		a := all{environment: someEnvironment.Draw(t, "environment"), tenants: rapid.SliceOfNDistinct(someTenant, 0, 12, func(t Tenant) string { return t.Name }).Draw(t, "tenants")}
		for i := range a.tenants {
			one := &a.tenants[i]
			one.Sent, one.Price = min(one.Used, someMoney.Draw(t, "sent")), someMoney.Draw(t, "price")*allocation.Micros(rapid.IntRange(0, 1).Draw(t, "pays"))
			one.Off, one.Spared = rapid.Bool().Draw(t, "off"), rapid.Bool().Draw(t, "spared")
			if one.Standing.ForAll = a.environment.Standing.Level == Suspended && !one.Spared && rapid.Bool().Draw(t, "suspended"); one.Standing.ForAll {
				one.Standing.Level = Suspended
			}
		}
		return a
	})
)

func TestDoneOnceAllIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
		after := someAll.Draw(t, "all").follow(now, blind)
		require.Empty(t, Decide(now, blind, after.environment, after.tenants))
	})
}

// Nobody is suspended for the environment's sake unless it is due, whom a person spares never is, and nobody is left out whose suspension
// would help.
func TestSuspendedWhereItHelpsAndNowhereElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := someTime.Draw(t, "now")
		before := someAll.Draw(t, "all")
		after := before.follow(now, false)
		e := after.environment
		if e.Standing.Level < Suspended {
			require.Empty(t, after.suspended())
			return
		}
		paid := sent(now, after.tenants, standings(after.tenants))
		still := levelOf(e.with(paid), e.Limit) == Suspended && paid > e.Assumed
		var dearest *Tenant // of the newly suspended, the last in order
		for i := range after.tenants {
			one := &after.tenants[i]
			if one.Spared || one.Override {
				require.False(t, one.Standing.ForAll, one.Name)
				continue
			}
			if still && one.goesOn(one.Standing) {
				require.LessOrEqual(t, one.saves(now), e.Limit/leastShare, one.Name)
			}
			if one.Standing.ForAll && !before.tenants[i].Standing.ForAll && (dearest == nil || sooner(*dearest, *one) < 0) {
				dearest = one
			}
		}
		if dearest == nil {
			return
		}
		require.Equal(t, Suspended, levelOf(e.with(paid+dearest.saves(now)), e.Limit), "the last one was needed")
		for _, one := range after.tenants {
			if one.goesOn(one.Standing) && !one.Spared && !one.Override && one.saves(now) > e.Limit/leastShare {
				require.Negative(t, sooner(*dearest, one), "%s comes before %s", one.Name, dearest.Name)
			}
		}
	})
}

func standings(tenants []Tenant) []Standing {
	all := make([]Standing, len(tenants))
	for i, t := range tenants {
		all[i] = t.Standing
	}
	return all
}

// A dearer environment is never held less, and suspends whom a cheaper one does.
func TestTheWholeIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
		less := someAll.Draw(t, "all")
		more := less
		more.environment.Fixed += someMoney.Draw(t, "more")
		cheaper, dearer := less.follow(now, blind), more.follow(now, blind)
		require.LessOrEqual(t, cheaper.environment.Standing.Level, dearer.environment.Standing.Level)
		require.Subset(t, dearer.suspended(), cheaper.suspended())
	})
}

// In a month, with the same limit and without a person, the environment's level never falls, and whom it suspended stays so; blind, or with a
// clock that went back, in no month.
func TestTheWholeDoesNotFlap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := someAll.Draw(t, "all")
		a.environment.Override, a.environment.Standing.Tier = false, strconv.Itoa(int(a.environment.Limit))
		for i := range a.tenants {
			a.tenants[i].Override = false
		}
		a = a.follow(half, false)
		for range rapid.IntRange(1, 10).Draw(t, "sweeps") {
			before := a
			now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
			a.environment.Fixed = 20 * someMoney.Draw(t, "fixed")
			a.tenants = append([]Tenant{}, a.tenants...)
			for i := range a.tenants {
				a.tenants[i].Used = someMoney.Draw(t, "used")
				a.tenants[i].Sent = min(a.tenants[i].Used, someMoney.Draw(t, "sent"))
			}
			if a = a.follow(now, blind); blind || !MonthOf(now).After(before.environment.Standing.Month) {
				require.GreaterOrEqual(t, a.environment.Standing.Level, before.environment.Standing.Level)
				require.Subset(t, a.suspended(), before.suspended())
			}
		}
	})
}
