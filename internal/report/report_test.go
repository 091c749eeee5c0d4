package report

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/billed"
)

var update = flag.Bool("update", false, "write the golden files again")

// user is a tenant as the tests have it: what it pays a month, and how many requests it makes an hour.
type user struct {
	name, tier string
	monthUSD   int64
	requests   int64
}

var (
	acme   = user{"acme", "pro", 49, 200}
	birch  = user{"birch", "free", 0, 10}
	cedar  = user{"cedar", "enterprise", 149, 500}
	doug   = user{"doug", "starter", 9, 20}
	elm    = user{"elm", "pro", 49, 100}
	fir    = user{"fir", "starter", 9, 10}
	gale   = user{"gale", "starter", 9, 150}
	left   = user{"left", "", 0, 50}
	nobody = user{"", "", 0, 5}
	usual  = []user{acme, birch, cedar, doug, elm, fir, left, nobody}

	yesterday = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
)

// span is what a time cost in an environment of about USD 1,340 a month.
func span(t testing.TB, from, to time.Time, users ...user) Span {
	t.Helper()
	hours := int64(to.Sub(from) / time.Hour)
	pools := allocation.Pools{
		allocation.Database: {Cost: 300_000, Capacity: 2 * 3600}, allocation.Storage: {Cost: 60_000, Capacity: 200 << 20 * 60}, allocation.Compute: {Cost: 767_000, Capacity: 8 * 3_600_000},
		allocation.Cache: {Cost: 60_000}, allocation.Edge: {Cost: 40_000}, allocation.Traffic: {Cost: 100_000}, allocation.Platform: {Cost: 535_000},
	}
	for group := range pools {
		pools[group].Cost *= allocation.Micros(hours)
		pools[group].Capacity *= hours
	}
	tenants := make([]allocation.Tenant, 0, len(users))
	for _, u := range users {
		n := u.requests * hours
		tenant := allocation.Tenant{Name: u.name, Tier: u.tier, Usage: allocation.Usage{Requests: n, Bytes: 20_000 * n, Milliseconds: 50 * n, StoredKiBMinutes: 60_000 * hours, ActiveSeconds: n / 100}}
		if u.tier != "" {
			price := allocation.Micros(u.monthUSD * 1_000_000 * hours / 720)
			tenant.Price, tenant.Own = &price, allocation.Micros(616*hours)
		}
		tenants = append(tenants, tenant)
	}
	table, err := allocation.Allocate(pools, tenants)
	require.NoError(t, err)
	return Span{from, to, table}
}

// factsOf are those of a day on the morning after it. The tenants of the day before may be others.
func factsOf(t testing.TB, on time.Time, users, usersBefore []user) Facts {
	t.Helper()
	before := span(t, on.AddDate(0, 0, -1), on, usersBefore...)
	end := on.AddDate(0, 0, 1)
	return Facts{
		Environment: "prod", Day: on, Now: end.Add(7 * time.Hour), OfDay: span(t, on, end, users...), OfDayBefore: &before,
		OfMonth:  span(t, time.Date(on.Year(), on.Month(), 1, 0, 0, 0, 0, time.UTC), end, users...),
		LimitUSD: decimal.NewFromInt(2500), LimitBasis: "limits.yaml", Meter: Meter{From: end.Add(time.Hour), To: end.Add(7 * time.Hour)},
	}
}

// bill is what AWS has charged for two days of an environment: more for machines than was estimated, and for services that nobody had in mind.
func bill() Billed {
	of := func(on int, compute, unknown string) billed.Day {
		d := billed.Day{Day: time.Date(2026, 11, on, 0, 0, 0, 0, time.UTC), Others: map[string]decimal.Decimal{"<i>Amazon</i> Kendra": decimal.RequireFromString(unknown)}}
		d.Estimate[billed.Compute], d.Bill[billed.Compute] = decimal.RequireFromString("18.41"), decimal.RequireFromString(compute)
		d.Estimate[billed.Terms], d.Bill[billed.Unknown] = decimal.RequireFromString("3.3333"), decimal.RequireFromString(unknown)
		d.Estimate[billed.Platform], d.Bill[billed.Platform] = decimal.RequireFromString("9.5066"), decimal.RequireFromString("9.4")
		return d
	}
	return Billed{Days: []billed.Day{of(25, "19.005", "1204.5"), of(26, "21", "0.004")}, Open: true}
}

// mornings are the facts of the golden files, by their name.
func mornings(t testing.TB) map[string]Facts {
	t.Helper()
	hostile := user{"<script>alert('x')</script>\x1b[2J\u202e|", "pro", 9, 400}
	alarm := factsOf(t, yesterday, append([]user{gale, hostile}, usual...), append([]user{{"gale", "starter", 9, 40}}, usual...))
	alarm.LimitUSD = decimal.NewFromInt(1200)
	alarm.Meter.Blind = true
	alarm.Held = []Held{
		{Tenant: "fir", Tier: "starter", State: "suspended", Since: yesterday.AddDate(0, 0, -3), By: "arn:aws:iam::1:role/ops", Why: "the invoice <b>is</b>\nnot paid"},
		{Tenant: "doug", Tier: "starter", State: "read-only for size"}, {Tenant: "elm", Tier: "pro", State: "limited", Since: yesterday},
		{Tenant: hostile.name, Tier: "pro", State: "limited", Since: yesterday},
	}
	for hour := 12; hour > 0; hour-- { // more than anybody reads, in the order of a log
		alarm.Acts = append(alarm.Acts, Event{
			At: yesterday.Add(time.Duration(hour) * time.Hour), Tenant: "elm", Tier: "pro", Before: "", After: "limited", Cause: "use", Used: decimal.New(1230, -2), Allowance: decimal.New(1225, -2),
		})
	}
	alarm.Acts[0].Tenant, alarm.Acts[11].Tenant, alarm.Acts[11].After = "last", hostile.name, "<b>"
	alarm.Acts[3].Tenant = ""
	alarm.Standing = &Standing{
		Forecast: decimal.New(251250, -2), Limit: decimal.NewFromInt(1200), Level: "suspended", Due: "suspended", Holds: "tenants are suspended; no tenant is made",
		Suspended: []string{"t1", "t2", "t3", "t4", "t5", "t6", "t7", "t8", "t9", "t10", "<i>t11</i>"},
	}
	alarm.Blind = []string{"<i>nobody</i> looks"}
	alarm.Mail = []string{"the report of 2026-11-27 may not have arrived"}
	alarm.Warnings = []string{"the prices are of 2026-01-01", "the prices are of 2026-01-01", "<i>odd</i>"}

	alarm.Billed.Unknown = "ask Cost Explorer: AccessDeniedException: <b>no</b>\nyou may not"

	charged := factsOf(t, yesterday, usual, usual)
	charged.Billed = bill()

	unpriced := alarm
	unpriced.Unpriced, unpriced.LimitUSD, unpriced.OfDay, unpriced.OfMonth, unpriced.OfDayBefore = "nobody has published prices", decimal.Zero, Span{}, Span{}, nil

	young := factsOf(t, yesterday, usual, nil)
	made := yesterday.Add(18 * time.Hour)
	young.OfDay, young.OfMonth, young.OfDayBefore = span(t, made, young.OfDay.To, usual...), span(t, made, young.OfDay.To, usual...), nil

	soFar := factsOf(t, yesterday, usual, usual)
	soFar.Now = yesterday.Add(9 * time.Hour)
	soFar.OfDay, soFar.OfMonth = span(t, yesterday, soFar.Now, usual...), span(t, soFar.OfMonth.From, soFar.Now, usual...)

	older := factsOf(t, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), usual, usual)
	older.Now = yesterday

	return map[string]Facts{
		"billed": charged, "usual": factsOf(t, yesterday, usual, append([]user{{"acme", "pro", 49, 300}}, usual[1:]...)), "alarm": alarm, "unpriced": unpriced, "young": young, "so-far": soFar, "older": older, "no-tenants": factsOf(t, yesterday, nil, nil),
		"month-is-over": factsOf(t, time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC), usual, usual), "first-day": factsOf(t, time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), usual, usual),
	}
}

func of(t testing.TB, f Facts) Report {
	t.Helper()
	r, err := Of(f)
	require.NoError(t, err)
	return r
}

// Each morning as a person reads it.
func TestForms(t *testing.T) {
	t.Parallel()
	for name, f := range mornings(t) {
		r := of(t, f)
		html, err := r.HTML()
		require.NoError(t, err)
		forms := map[string]string{name + ".txt": r.Text() + "\n"}
		if name == "usual" || name == "alarm" || name == "unpriced" {
			forms[name+".html"] = html
		}
		if name == "usual" {
			document, err := json.MarshalIndent(r, "", "  ")
			require.NoError(t, err)
			forms[name+".json"] = string(document) + "\n"
		}
		for file, got := range forms {
			file = filepath.Join("testdata", file)
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got, "%s: go test -update writes it again", file)
		}
	}
}

// What a person adds up comes out, and is what the tables have to the millionth of a dollar.
func TestItAddsUp(t *testing.T) {
	t.Parallel()
	for name, f := range mornings(t) {
		r := of(t, f)
		if f.Unpriced != "" {
			assert.Nil(t, r.Cost)
			assert.Empty(t, r.Tenants.Sums)
			continue
		}
		var parts, before Money
		for _, part := range r.Parts {
			parts = parts.plus(part.Day)
			if part.DayBefore != nil {
				before = before.plus(*part.DayBefore)
				assert.Equal(t, part.Day.minus(*part.DayBefore), *part.Change, name)
			}
		}
		assert.Equal(t, r.Cost.Day, parts, name)
		assert.Equal(t, f.OfDay.Whole.Cost, parts.Exact, name)
		if r.Cost.DayBefore != nil {
			assert.Equal(t, *r.Cost.DayBefore, before, name)
		}
		var cost, price Money
		last := len(r.Tenants.Sums) - 1
		for _, sum := range r.Tenants.Sums[:last] {
			cost = cost.plus(sum.Cost)
			if sum.Price != nil {
				price = price.plus(*sum.Price)
			}
		}
		assert.Equal(t, r.Tenants.Sums[last].Cost, cost, name)
		assert.Equal(t, *r.Tenants.Sums[last].Price, price, name)
		assert.Equal(t, r.Cost.Month, cost, name)
	}
}

// The rest of a month costs by the hour what the day did, whether the day is whole or not.
func TestForecast(t *testing.T) {
	t.Parallel()
	all := mornings(t)
	for name, hoursLeft := range map[string]int64{"usual": 48, "young": 48, "so-far": 63, "first-day": 29 * 24, "month-is-over": 0, "older": 30 * 24} {
		f := all[name]
		perHour := int64(f.OfDay.Whole.Cost) / int64(f.OfDay.To.Sub(f.OfDay.From)/time.Hour)
		require.InDelta(t, int64(f.OfMonth.Whole.Cost)+perHour*hoursLeft, int64(of(t, f).Cost.Forecast.Exact), 1000, name)
	}
}

// The level follows the forecast to the cent, and each problem is named.
func TestHeadline(t *testing.T) {
	t.Parallel()
	f := mornings(t)["usual"]
	expected, month := of(t, f).Cost.Forecast, of(t, f).Cost.Month
	for _, test := range []struct {
		change func(*Facts)
		level  Level
		text   string
	}{
		{func(f *Facts) { f.LimitUSD = decimal.New(expected.Cents*2, -2) }, Fine, "Within the limit: USD "},
		{func(f *Facts) { f.LimitUSD = decimal.New(expected.Cents*10/9+1, -2) }, Fine, "Within the limit: USD "},
		{func(f *Facts) { f.LimitUSD = decimal.New(expected.Cents*10/9, -2) }, Watch, "Worth a look: the month will take 90 % of its limit; USD "},
		{func(f *Facts) { f.LimitUSD = decimal.New(expected.Cents, -2) }, Watch, "Worth a look: the month will take 100 % of its limit; USD "},
		{func(f *Facts) { f.LimitUSD = decimal.New(expected.Cents-1, -2) }, Act, "Needs you: the month will be USD 0.01 over its limit; USD "},
		{func(f *Facts) { f.LimitUSD = decimal.New(month.Cents-100, -2) }, Act, "Needs you: the month is USD 1 over its limit already; USD "},
		{func(f *Facts) { f.Meter.Blind, f.Meter.BlindDay = true, true }, Act, "Needs you: no usage was counted in the 6 hours until 2026-11-29 07:00, so the meter may be blind; USD "},
		{func(f *Facts) { f.Meter.BlindDay = true }, Act, "Needs you: no usage was counted yesterday, so the meter was blind; USD "},
		{func(f *Facts) { f.Held = []Held{{State: "suspended"}, {State: "limited"}, {State: "limited"}} }, Watch, "Worth a look: 2 tenants limited; 1 tenant suspended; USD "},
		{func(f *Facts) { f.Standing = &Standing{Limit: decimal.NewFromInt(1)} }, Fine, "Within the limit: USD "},
		{func(f *Facts) { f.Standing = &Standing{Limit: decimal.NewFromInt(1), Level: "warned"} }, Watch, "Worth a look: the breaker has warned of the limit; USD "},
		{func(f *Facts) { f.Standing = &Standing{Limit: decimal.NewFromInt(1), Level: "limited"} }, Act, "Needs you: the breaker lets no tenant be made, and none get a larger tier; USD "},
		{func(f *Facts) {
			f.Standing = &Standing{Limit: decimal.NewFromInt(1), Level: "suspended", Suspended: []string{"a"}}
		}, Act, "Needs you: the breaker has suspended 1 tenant so that the environment costs less, and lets no tenant be made; USD "},
		{func(f *Facts) {
			f.Standing = &Standing{Limit: decimal.NewFromInt(1), Override: &Override{By: "eve", Until: yesterday}}
		}, Watch, "Worth a look: eve lets the environment cost more than its limit until 2026-11-28 00:00; USD "},
		{func(f *Facts) { f.OfMonth = span(t, f.OfMonth.From, f.OfMonth.To, append([]user{gale}, usual...)...) }, Watch, "Worth a look: 1 paying tenant at a loss; USD "},
	} {
		changed := f
		test.change(&changed)
		r := of(t, changed)
		assert.Equal(t, test.level, r.Level, test.text)
		assert.True(t, strings.HasPrefix(r.Headline, test.text), "%s\n%s", test.text, r.Headline)
	}
}

// Every tenant that pays and is at a loss has a line, however many there are; those that pay nothing are one line together.
func TestEveryLossIsThere(t *testing.T) {
	t.Parallel()
	users := []user{cedar, acme, elm}
	for _, name := range []string{"l1", "l2", "l3", "l4", "l5", "l6", "l7"} {
		users = append(users, user{name, "starter", 1, 60}, user{"free-" + name, "free", 0, 1})
	}
	r := of(t, factsOf(t, yesterday, users, users))
	seen := map[string]bool{}
	for i, row := range r.Tenants.Rows {
		assert.False(t, seen[row.Tenant], "once")
		seen[row.Tenant] = true
		assert.True(t, i < mostRows || row.Loss, row.Tenant)
	}
	assert.Equal(t, 7, r.Tenants.losses())
	assert.Contains(t, r.Headline, "7 paying tenants at a loss")
	assert.Equal(t, 7, r.Tenants.Free.Tenants)
	assert.Contains(t, r.Text(), "7 tenants for free: USD ")
}

// What others have chosen is shown and not obeyed, and the page asks nobody for anything.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	r := of(t, mornings(t)["alarm"])
	html, err := r.HTML()
	require.NoError(t, err)
	for _, bad := range []string{"<script", "<b>is", "<i>odd", "http://", "https://", "src=", "href=", "url(", "@import", "\x1b", "\u202e"} {
		assert.NotContains(t, html, bad)
	}
	assert.Contains(t, html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;")
	for _, bad := range []string{"\x1b", "\u202e", "is</b>\nnot"} {
		assert.NotContains(t, r.Text(), bad)
	}
}

func TestFactsThatCannotBe(t *testing.T) {
	t.Parallel()
	f := mornings(t)["usual"]
	noon := yesterday.Add(12 * time.Hour)
	for want, change := range map[string]func(*Facts){
		`report: day: got "2026-11-28T12:00:00Z", expected the beginning of a day of UTC`:                                                                func(f *Facts) { f.Day = noon },
		`report: now: got "2026-11-27T00:00:00Z", expected a time after the day has begun`:                                                               func(f *Facts) { f.Now = yesterday.AddDate(0, 0, -1) },
		`report: ofDay: got "2026-11-28T12:00:00Z to 2026-11-28T12:00:00Z", expected a time between 2026-11-28T00:00:00Z and 2026-11-29T00:00:00Z`:       func(f *Facts) { f.OfDay.From, f.OfDay.To = noon, noon },
		`report: ofMonth.to: got "2026-11-28T12:00:00Z", expected the end of ofDay`:                                                                      func(f *Facts) { f.OfMonth.To = noon },
		`report: ofDayBefore: got "2026-11-27T00:00:00Z to 2026-11-28T12:00:00Z", expected a time between 2026-11-27T00:00:00Z and 2026-11-28T00:00:00Z`: func(f *Facts) { before := *f.OfDayBefore; before.To = noon; f.OfDayBefore = &before },
		`report: ofDay.whole.price: got "", expected the sum of all prices`:                                                                              func(f *Facts) { f.OfDay.Whole.Price = nil },
		`report: limitUsd: got "0", expected an amount of US dollars, 0.01 or more`:                                                                      func(f *Facts) { f.LimitUSD = decimal.Zero },
		`limit: got 1000000001, expected USD 0 to 1000000000`:                                                                                            func(f *Facts) { f.LimitUSD = decimal.NewFromInt(1_000_000_001) },
	} {
		wrong := f
		change(&wrong)
		_, err := Of(wrong)
		require.ErrorContains(t, err, want)
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for cents, want := range map[int64][3]string{
		0: {"0.00", "0", "0.00"}, 5: {"0.05", "0.05", "+0.05"}, -5: {"-0.05", "-0.05", "-0.05"}, -150: {"-1.50", "-1.50", "-1.50"}, 99_999: {"999.99", "999.99", "+999.99"},
		100_000: {"1,000.00", "1,000", "+1,000.00"}, 123_456_789: {"1,234,567.89", "1,234,568", "+1,234,567.89"}, -12_345_678: {"-123,456.78", "-123,457", "-123,456.78"},
	} {
		m := Money{Cents: cents}
		assert.Equal(t, want, [3]string{m.String(), m.short(), m.signed()})
	}
}

// The breaker's level, and a person's word against it.
func TestStandingLines(t *testing.T) {
	t.Parallel()
	f := mornings(t)["usual"]
	require.Empty(t, of(t, f).standingLines())
	f.Standing = &Standing{Forecast: decimal.New(61736, -2), Limit: decimal.NewFromInt(2500)}
	require.Equal(t, []string{"forecast USD 617.36 of 2500.00, 24 per cent (nothing is held; 90 warns, 100 limits, 200 suspends)"}, of(t, f).standingLines())
	f.Standing = &Standing{
		Forecast: decimal.New(249999, -2), Limit: decimal.NewFromInt(2500), Level: "warned", Due: "limited", Holds: "nothing is held", Override: &Override{By: "eve", Why: "a sale", Until: yesterday},
	}
	require.Equal(t, []string{
		"forecast USD 2499.99 of 2500.00, 99 per cent (warned: nothing is held)", "overridden by eve until 2026-11-28 00:00, because: a sale; without that: limited",
	}, of(t, f).standingLines())
}
