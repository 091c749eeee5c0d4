package breaker

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/internal/pricing/allocation"
)

const dollar allocation.Micros = 1_000_000

var (
	november = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	december = november.AddDate(0, 1, 0)
)

// follow is how a tenant stands after the acts.
func follow(now time.Time, blind bool, t Tenant) Tenant {
	for _, act := range Decide(now, blind, Environment{}, []Tenant{t}) {
		t.Standing = act.After
	}
	return t
}

// The boundaries are those of the goal, to a millionth of a dollar.
func TestBoundaries(t *testing.T) {
	for used, want := range map[allocation.Micros]Level{
		0: None, 9*dollar - 1: None, 9 * dollar: Warned, 10*dollar - 1: Warned, 10 * dollar: Limited, 20*dollar - 1: Limited, 20 * dollar: Suspended,
		1_000_000_000 * dollar: Suspended,
	} {
		got := follow(november, false, Tenant{Name: "acme", Tier: "pro", Used: used, Allowance: 10 * dollar})
		require.Equal(t, want, got.Standing.Level, used)
	}
}

// Nobody is held by an allowance that is not known, and nobody is let go by one.
func TestUnknownAllowance(t *testing.T) {
	require.Empty(t, Decide(november, false, Environment{}, []Tenant{{Name: "acme", Used: dollar}}))
	held := Tenant{Name: "acme", Tier: "old", Standing: Standing{Due: Limited, Level: Limited, Month: november, Tier: "old"}}
	require.Empty(t, Decide(december, false, Environment{}, []Tenant{held}))
}

// An act tells why, and with which numbers.
func TestActs(t *testing.T) {
	at := func(level Level, month time.Time) Standing {
		return Standing{Due: level, Level: level, Month: month, Tier: "pro"}
	}
	overridden := at(Limited, november)
	overridden.Level = Warned
	pro := Tenant{Name: "acme", Tier: "pro", Allowance: 10 * dollar}
	with := func(used allocation.Micros, s Standing, override bool) Tenant {
		t := pro
		t.Used, t.Standing, t.Override = used, s, override
		return t
	}
	larger := with(10*dollar, at(Limited, november), false)
	larger.Tier, larger.Allowance = "enterprise", 30*dollar
	for name, c := range map[string]struct {
		tenant Tenant
		now    time.Time
		after  Standing
		cause  Cause
	}{
		"use":            {with(10*dollar, at(Warned, november), false), november, at(Limited, november), ByUse},
		"new month":      {with(0, at(Suspended, november), false), december, Standing{}, ByMonth},
		"still too much": {with(10*dollar, at(Limited, november), false), december, at(Limited, december), ByMonth},
		"tier":           {larger, november, Standing{}, ByTier},
		"override":       {with(10*dollar, at(Limited, november), true), november, overridden, ByOverride},
		"override ended": {with(10*dollar, overridden, false), november, at(Limited, november), ByOverrideEnded},
	} {
		acts := Decide(c.now, false, Environment{}, []Tenant{c.tenant})
		require.Equal(t, []Act{{Tenant: "acme", Before: c.tenant.Standing, After: c.after, Cause: c.cause, Used: c.tenant.Used, Allowance: c.tenant.Allowance}}, acts, name)
	}
}

func TestLevelsByName(t *testing.T) {
	for level := None; level <= Suspended; level++ {
		got, known := ParseLevel(level.String())
		require.True(t, known)
		require.Equal(t, level, got)
	}
	_, known := ParseLevel("paused")
	require.False(t, known)
}

// Tests that share generators cannot run beside each other: drawing from one may write into it.
var (
	someLevel = rapid.Map(rapid.IntRange(int(None), int(Suspended)), func(n int) Level { return Level(n) })
	someMonth = rapid.Map(rapid.IntRange(-2, 2), func(n int) time.Time { return november.AddDate(0, n, 0) })
	someTier  = rapid.SampledFrom([]string{"free", "pro"})
	someMoney = rapid.Map(rapid.IntRange(0, 30_000_000), func(n int) allocation.Micros { return allocation.Micros(n) })
	someTime  = rapid.Custom(func(t *rapid.T) time.Time {
		return someMonth.Draw(t, "month").Add(time.Duration(rapid.Int64Range(0, int64(28*24*time.Hour)).Draw(t, "since")))
	})
	someStanding = rapid.Custom(func(t *rapid.T) Standing {
		s := Standing{Due: someLevel.Draw(t, "due"), Month: someMonth.Draw(t, "month"), Tier: someTier.Draw(t, "tier")}
		if s.Due == None {
			return Standing{}
		}
		if s.Level = s.Due; rapid.Bool().Draw(t, "was overridden") {
			s.Level = min(s.Due, Warned)
		}
		return s
	})
	someTenant = rapid.Custom(func(t *rapid.T) Tenant {
		return Tenant{
			Name: rapid.StringMatching(`[a-z]{3,5}`).Draw(t, "name"), Tier: someTier.Draw(t, "tier"), Used: someMoney.Draw(t, "used"),
			Allowance: someMoney.Draw(t, "allowance"), Override: rapid.Bool().Draw(t, "override"), Standing: someStanding.Draw(t, "standing"),
		}
	})
)

func TestDoneOnceItIsDone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
		after := follow(now, blind, someTenant.Draw(t, "tenant"))
		require.Empty(t, Decide(now, blind, Environment{}, []Tenant{after}))
	})
}

// Each is decided on by itself: however many there are, none is left out, and none changes what becomes of another.
func TestNoTenantIsSkipped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
		tenants := rapid.SliceOfN(someTenant, 0, 20).Draw(t, "tenants")
		var each []Act
		for _, one := range tenants {
			each = append(each, Decide(now, blind, Environment{}, []Tenant{one})...)
		}
		require.Equal(t, each, Decide(now, blind, Environment{}, tenants))
		for _, one := range tenants {
			if one.Allowance > 0 && one.Used >= one.Allowance && !one.Override {
				require.GreaterOrEqual(t, follow(now, blind, one).Standing.Level, Limited)
			}
		}
	})
}

// Who uses more is never held less.
func TestMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now, blind := someTime.Draw(t, "now"), rapid.Bool().Draw(t, "blind")
		less := someTenant.Draw(t, "tenant")
		more := less
		more.Used += someMoney.Draw(t, "more")
		require.LessOrEqual(t, follow(now, blind, less).Standing.Level, follow(now, blind, more).Standing.Level)
		dearer := less
		dearer.Allowance = less.Allowance / 2
		if dearer.Allowance > 0 {
			require.LessOrEqual(t, follow(now, blind, less).Standing.Level, follow(now, blind, dearer).Standing.Level)
		}
	})
}

// In a month and a tier a level never falls, whatever the amounts do; only an override hides it, and it is there when that ends.
func TestNoFlapping(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := someTenant.Draw(t, "tenant")
		month := someMonth.Draw(t, "month")
		tenant.Override = false
		tenant = follow(month, false, tenant)
		highest := tenant.Standing.Due
		for range rapid.IntRange(1, 20).Draw(t, "sweeps") {
			tenant.Used, tenant.Override = someMoney.Draw(t, "used"), rapid.Bool().Draw(t, "override")
			tenant = follow(month.Add(time.Duration(rapid.Int64Range(0, int64(28*24*time.Hour)).Draw(t, "since"))), rapid.Bool().Draw(t, "blind"), tenant)
			require.GreaterOrEqual(t, tenant.Standing.Due, highest)
			highest = tenant.Standing.Due
			if tenant.Override {
				require.LessOrEqual(t, tenant.Standing.Level, Warned)
			} else {
				require.Equal(t, highest, tenant.Standing.Level)
			}
		}
	})
}

// A blind breaker, and one whose clock went back, holds whom it held and more, and frees nobody; a person still can.
func TestBlindNeverFrees(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := someTenant.Draw(t, "tenant")
		tenant.Override = false
		now := someTime.Draw(t, "now")
		blind := rapid.Bool().Draw(t, "blind")
		if !blind && !MonthOf(now).Before(tenant.Standing.Month) {
			t.Skip("it sees")
		}
		after := follow(now, blind, tenant)
		require.GreaterOrEqual(t, after.Standing.Due, tenant.Standing.Due)
		require.Equal(t, after.Standing.Due, after.Standing.Level)
		tenant.Override = true
		require.LessOrEqual(t, follow(now, blind, tenant).Standing.Level, Warned)
	})
}

// With open eyes the new month, or another tier, is all that counts.
func TestMonthAndTierBeginAnew(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tenant := someTenant.Draw(t, "tenant")
		tenant.Override = false
		tenant.Allowance++
		now := someTime.Draw(t, "now")
		if MonthOf(now).Before(tenant.Standing.Month) || MonthOf(now).Equal(tenant.Standing.Month) && tenant.Tier == tenant.Standing.Tier {
			t.Skip("nothing began")
		}
		fresh := tenant
		fresh.Standing = Standing{}
		require.Equal(t, follow(now, false, fresh).Standing.Level, follow(now, false, tenant).Standing.Level)
	})
}
