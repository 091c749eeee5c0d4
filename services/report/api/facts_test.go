package api

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
)

var (
	yesterday = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	morning   = time.Date(2026, 11, 29, 7, 30, 0, 0, time.UTC)
	long      = yesterday.AddDate(0, -3, 0)
)

func sheetOf(dollars int64) *pricesheet.Sheet {
	s := &pricesheet.Sheet{Environment: "prod", Computed: yesterday, Limit: decimal.NewFromInt(2000), LimitBasis: "limits.yaml"}
	s.Groups[allocation.Platform] = decimal.NewFromInt(dollars)
	return s
}

// The last hours are those until now, unless the day is long ago.
func TestTimes(t *testing.T) {
	t.Parallel()
	hour := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	require.Equal(t, Times{
		Day: pricesheet.Span{From: hour(28, 0), To: hour(29, 0)}, Before: pricesheet.Span{From: hour(27, 0), To: hour(28, 0)}, Month: pricesheet.Span{From: hour(1, 0), To: hour(29, 0)},
		Recent: pricesheet.Span{From: hour(29, 1), To: morning},
	}, TimesOf(yesterday, morning))
	require.Equal(t, pricesheet.Span{From: hour(29, 1), To: morning}, TimesOf(hour(29, 0), morning).Recent)
	require.Equal(t, pricesheet.Span{From: hour(26, 18), To: hour(27, 0)}, TimesOf(hour(26, 0), morning).Recent)
}

var errAway = errors.New("the database is away")

// fake answers as the provisioner of an environment, and fails where it is told to.
type fake struct {
	asked   []pricesheet.Span
	calls   int
	failing int // the call that fails, from 1
	events  []provisioner.BreakerEvent
	whole   *provisioner.BreakerWhole
}

func (f *fake) ask(_ context.Context, r provisioner.Request) (provisioner.Response, error) {
	if f.calls++; f.calls == f.failing {
		return provisioner.Response{}, errAway
	}
	if err := r.Validate(); err != nil {
		return provisioner.Response{}, err
	}
	switch r.Action {
	case provisioner.ActionUsage:
		f.asked = append(f.asked, pricesheet.Span{From: r.Usage.From, To: r.Usage.To})
		return provisioner.Response{Warnings: []string{"the meter was slow"}, Usage: []provisioner.Usage{{Tenant: "acme", Tier: "pro", Served: 100}, {Tenant: "left", Served: 1}}}, nil
	case provisioner.ActionBreaker:
		return provisioner.Response{Breaker: &provisioner.Breaker{Whole: f.whole, Tenants: []provisioner.BreakerTenant{{Slug: "acme"}, {Slug: "fern", ForAll: true}}}}, nil
	case provisioner.ActionBreakerLog:
		return provisioner.Response{Breaker: &provisioner.Breaker{Blind: []string{"the meter is away"}, Events: f.events}}, nil
	default:
		return provisioner.Response{Tenants: []provisioner.Tenant{
			{Slug: "acme", Tier: "pro", State: provisioner.StateActive, CreatedAt: long},
			{Slug: "birch", Tier: "free", State: provisioner.StateSuspended, CreatedAt: long, OverStorage: true, Breaker: provisioner.StateLimited, Hold: &provisioner.Hold{Why: "not paid", By: "ops", Since: yesterday}},
			{Slug: "cedar", Tier: "starter", State: provisioner.StateLimited, CreatedAt: long},
			{Slug: "doug", Tier: "starter", State: provisioner.StateActive, CreatedAt: long, OverStorage: true},
			{Slug: "elm", Tier: "starter", State: provisioner.StateActive, CreatedAt: long, OverStorage: true, LoginBlocked: true},
			{Slug: "fern", Tier: "pro", State: provisioner.StateActive, CreatedAt: long, Breaker: provisioner.StateLimited},
			{Slug: "fir", Tier: "starter", State: provisioner.StateActive, CreatedAt: morning.Add(-time.Minute)},
		}}, nil
	}
}

// From the provisioner's answers to the report.
func TestFacts(t *testing.T) {
	t.Parallel()
	act := provisioner.BreakerEvent{At: yesterday.Add(time.Hour), Tenant: "fern", Tier: "pro", Cause: "over", Before: "warned", After: "limited", UsedUSD: decimal.NewFromInt(13), AllowanceUSD: decimal.NewFromInt(12)}
	earlier, later := act, act
	earlier.At, later.At = yesterday.Add(-time.Second), yesterday.Add(day)
	f := &fake{events: []provisioner.BreakerEvent{later, act, earlier}}
	times := TimesOf(yesterday, morning)
	known, err := Read(t.Context(), f.ask, times)
	require.NoError(t, err)
	require.Equal(t, []pricesheet.Span{times.Day, times.Before, times.Month, times.Recent}, f.asked)

	facts, err := known.Facts("prod", sheetOf(730), morning)
	require.NoError(t, err)
	require.Equal(t, []string{"2000", "limits.yaml"}, []string{facts.LimitUSD.String(), facts.LimitBasis})
	require.Equal(t, report.Meter{From: times.Recent.From, To: morning}, facts.Meter)
	require.Equal(t, []report.Held{
		{Tenant: "birch", Tier: "free", State: "suspended", Since: yesterday, By: "ops", Why: "not paid"}, {Tenant: "cedar", Tier: "starter", State: "limited"},
		{Tenant: "doug", Tier: "starter", State: "read-only for size"}, {Tenant: "elm", Tier: "starter", State: "locked out for size"},
		{Tenant: "fern", Tier: "pro", State: "limited", By: "the breaker"},
	}, facts.Held)
	require.Equal(t, []report.Event{{At: act.At, Tenant: "fern", Tier: "pro", Cause: "over", Before: "warned", After: "limited", Used: act.UsedUSD, Allowance: act.AllowanceUSD}}, facts.Acts)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, []string{"the meter was slow"}, made.Warnings)
	require.Equal(t, "24.00", made.Cost.Day.String())
	require.Contains(t, made.Headline, "the breaker is blind, because the meter is away")
	require.Contains(t, made.Text(), "\nTHE BREAKER YESTERDAY\n- 01:00 fern (pro): from warned to limited (over), at a cost of USD 13.00 of 12.00 this month\n")

	for call := 1; call <= 7; call++ {
		_, err = Read(t.Context(), (&fake{failing: call}).ask, times)
		require.ErrorIs(t, err, errAway, call)
	}
}

// How the environment stands with its limit is the breaker's to say, where it knows one.
func TestStanding(t *testing.T) {
	t.Parallel()
	until := morning.Add(day)
	f := &fake{whole: &provisioner.BreakerWhole{
		ForecastUSD: decimal.NewFromInt(4100), LimitUSD: decimal.NewFromInt(2000), Level: "suspended", Due: "suspended", Override: &provisioner.Override{By: "eve", Reason: "a sale", Until: until},
	}}
	known, err := Read(t.Context(), f.ask, TimesOf(yesterday, morning))
	require.NoError(t, err)
	facts, err := known.Facts("prod", sheetOf(730), morning)
	require.NoError(t, err)
	require.Equal(t, &report.Standing{
		Forecast: f.whole.ForecastUSD, Limit: f.whole.LimitUSD, Level: "suspended", Due: "suspended", Holds: f.whole.Holds(), Suspended: []string{"fern"},
		Override: &report.Override{By: "eve", Why: "a sale", Until: until},
	}, facts.Standing)
	require.Contains(t, facts.Standing.Holds, "no tenant is made")

	for _, none := range []*provisioner.BreakerWhole{nil, {}} {
		f.whole = none
		known, err = Read(t.Context(), f.ask, TimesOf(yesterday, morning))
		require.NoError(t, err)
		require.Nil(t, known.Standing)
	}
}

// A log that is full may have lost what the breaker did earlier on the day.
func TestFullLog(t *testing.T) {
	t.Parallel()
	f := &fake{events: make([]provisioner.BreakerEvent, provisioner.MostEvents)}
	for i := range f.events {
		f.events[i].At = morning.Add(-time.Duration(i) * time.Second)
	}
	known, err := Read(t.Context(), f.ask, TimesOf(yesterday, morning))
	require.NoError(t, err)
	require.Contains(t, known.Warnings, "the breaker did more that day than the last 1000 acts, which are all that is told")
	f.events[len(f.events)-1].At = yesterday
	known, err = Read(t.Context(), f.ask, TimesOf(yesterday, morning))
	require.NoError(t, err)
	require.NotContains(t, known.Warnings, "the breaker did more that day than the last 1000 acts, which are all that is told")
}

// Without prices the report has what is known without, and says first what it does not know.
func TestWithoutPrices(t *testing.T) {
	t.Parallel()
	known, err := Read(t.Context(), (&fake{}).ask, TimesOf(yesterday, morning))
	require.NoError(t, err)
	facts, err := known.Facts("prod", nil, morning)
	require.NoError(t, err)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, report.Act, made.Level)
	require.Contains(t, made.Headline, "Needs you: what it costs is not known, because nobody has published prices; ")
	require.Contains(t, made.Text(), "\nHELD BACK\n- birch (free): suspended")
	require.NotContains(t, made.Text(), "COST")
	page, err := made.HTML()
	require.NoError(t, err)
	require.NotContains(t, page, "Cost, USD")
	require.Contains(t, page, "<li>birch (free): suspended")
}

// A meter that counts nothing is blind where somebody could use something: neither a suspended tenant nor one that was not there all the time.
func TestBlindMeter(t *testing.T) {
	t.Parallel()
	from := morning.Truncate(day)
	of := pricesheet.Span{From: from, To: from.Add(day)}
	one := func(t provisioner.Tenant) Known {
		t.Slug, t.Tier = "acme", "pro"
		return Known{Times: TimesOf(yesterday, morning), Tenants: []provisioner.Tenant{t}}
	}
	active := one(provisioner.Tenant{State: provisioner.StateActive, CreatedAt: long})
	require.True(t, active.blind(of, nil, morning))
	require.True(t, active.blind(of, []provisioner.Usage{{Tenant: "acme"}}, morning))
	require.True(t, one(provisioner.Tenant{State: provisioner.StateLimited, CreatedAt: long}).blind(of, nil, morning))
	require.False(t, active.blind(of, []provisioner.Usage{{}, {StoredKiBMinutes: 1}}, morning))
	require.False(t, active.blind(of, nil, from.Add(quiet-time.Second)), "the day is young")
	require.False(t, one(provisioner.Tenant{State: provisioner.StateSuspended, CreatedAt: long}).blind(of, nil, morning))
	require.False(t, one(provisioner.Tenant{State: provisioner.StateActive, Breaker: provisioner.StateSuspended, CreatedAt: long}).blind(of, nil, morning))
	require.False(t, one(provisioner.Tenant{State: provisioner.StateActive, CreatedAt: from}).blind(of, nil, morning))
	require.False(t, Known{}.blind(of, nil, morning))

	facts, err := active.Facts("prod", sheetOf(1), morning)
	require.NoError(t, err)
	require.True(t, facts.Meter.Blind && facts.Meter.BlindDay)
	active.recent = []provisioner.Usage{{Served: 1}}
	facts, err = active.Facts("prod", sheetOf(1), morning)
	require.NoError(t, err)
	require.True(t, !facts.Meter.Blind && facts.Meter.BlindDay)
}
