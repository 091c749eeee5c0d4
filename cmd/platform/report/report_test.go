package report

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/report"
	"github.com/genericcorp/platform/services/provisioner/api"
)

var (
	yesterday = time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	morning   = time.Date(2026, 11, 29, 7, 30, 0, 0, time.UTC)
)

func TestDays(t *testing.T) {
	t.Parallel()
	o := &options{now: morning}
	day, err := o.day(false)
	require.NoError(t, err)
	require.Equal(t, yesterday, day)
	for date, refused := range map[string]string{
		"2026-11-29": "", "2026-11-03": "", "2025-11-01": "",
		"2025-10-31": `--date: got "2025-10-31", expected 2025-11-01 or later: the ledger does not have all hours before that any more`,
		"2026-11-30": `--date: got "2026-11-30", expected a time that has begun`,
		"2026-11-31": `--date: got "2026-11-31", expected a day such as 2026-11-29`,
		"":           `--date: got "", expected a day such as 2026-11-29`,
	} {
		o.date = date
		day, err := o.day(true)
		if refused != "" {
			require.EqualError(t, err, refused)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, date, day.Format(time.DateOnly))
	}
	o.now = time.Date(2027, 1, 1, 7, 0, 0, 0, time.UTC)
	day, err = o.day(false)
	require.NoError(t, err)
	require.Equal(t, "2026-12-31", day.Format(time.DateOnly))
	require.Equal(t, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), timesOf(day, o.now).month.From)
}

func TestFlags(t *testing.T) {
	t.Parallel()
	for args, refused := range map[string]string{
		"":                             "",
		"--date=2026-11-28 --html=-":   "",
		"--json --html=page.html":      "--json and --html: name only one of them",
		"--html=":                      `--html: got "", expected a file, or - for standard output`,
		"--html=nowhere/page.html":     `--html: got "nowhere/page.html", expected a file in a folder that exists`,
		"--date=yesterday --env=paris": `--date: got "yesterday", expected a day such as 2026-11-29`,
		"--env=paris":                  `--env: got "paris", expected one of local, dev, prod`,
		"now":                          `unknown command "now" for "report"`,
	} {
		ran := false
		cmd := newReport(&cmdutil.Factory{}, func(context.Context, *options) error {
			ran = true
			return nil
		})
		cmd.SetOut(io.Discard)
		cmd.SetErr(io.Discard)
		cmd.SetArgs(strings.Fields(args))
		err := cmd.Execute()
		require.Equal(t, refused == "", ran, args)
		if refused != "" {
			require.ErrorContains(t, err, refused, args)
		}
	}
}

// The last hours are those until now, unless the day is long ago.
func TestTimes(t *testing.T) {
	t.Parallel()
	hour := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	require.Equal(t, times{
		day: cost.Span{From: hour(28, 0), To: hour(29, 0)}, before: cost.Span{From: hour(27, 0), To: hour(28, 0)}, month: cost.Span{From: hour(1, 0), To: hour(29, 0)},
		recent: cost.Span{From: hour(29, 1), To: morning},
	}, timesOf(yesterday, morning))
	require.Equal(t, cost.Span{From: hour(29, 1), To: morning}, timesOf(hour(29, 0), morning).recent)
	require.Equal(t, cost.Span{From: hour(26, 18), To: hour(27, 0)}, timesOf(hour(26, 0), morning).recent)
}

// fakeLedger answers as the provisioner of an environment, and fails where it is told to.
type fakeLedger struct {
	asked   []cost.Span
	failing int // the call that fails, from 1
}

var errAway = errors.New("the database is away")

func (f *fakeLedger) Usage(_ context.Context, of string, from, to time.Time) (*tenant.Used, error) {
	f.asked = append(f.asked, cost.Span{From: from, To: to})
	if of != "" || len(f.asked) == f.failing {
		return nil, errAway
	}
	hours := int64(to.Sub(from) / time.Hour)
	return &tenant.Used{Warnings: []string{"the meter was blind"}, Rows: []api.Usage{
		{Tenant: "acme", Tier: "pro", Served: 100 * hours, BytesOut: 1000 * hours}, {Tenant: "left", Served: hours}, {Refused: hours},
	}}, nil
}

func (f *fakeLedger) All(context.Context) ([]api.Tenant, error) {
	if f.failing == len(f.asked)+1 {
		return nil, errAway
	}
	long := yesterday.AddDate(0, -3, 0)
	return []api.Tenant{
		{Slug: "acme", Tier: "pro", State: api.StateActive, CreatedAt: long},
		{Slug: "birch", Tier: "free", State: api.StateSuspended, CreatedAt: long, OverStorage: true, Hold: &api.Hold{Why: "not paid", By: "ops", Since: yesterday}},
		{Slug: "cedar", Tier: "starter", State: api.StateLimited, CreatedAt: long},
		{Slug: "doug", Tier: "starter", State: api.StateActive, CreatedAt: long, OverStorage: true},
		{Slug: "elm", Tier: "starter", State: api.StateActive, CreatedAt: long, OverStorage: true, LoginBlocked: true},
		{Slug: "fern", Tier: "pro", State: api.StateActive, CreatedAt: long, Breaker: api.StateLimited},
		{Slug: "fir", Tier: "starter", State: api.StateActive, CreatedAt: morning.Add(-time.Minute)},
	}, nil
}

// pricedState is an environment as the tests of costs have it.
func pricedState(t *testing.T, made time.Time) priced {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "internal", "cost", "testdata", "state.json"))
	require.NoError(t, err)
	document, err := cost.Read(data)
	require.NoError(t, err)
	document.Config = map[string]string{"platform:settings": `{"kind": "environment", "environment": "prod", "budget": {"monthlyLimitUsd": 2000}}`}
	document.Made = made
	terms, err := document.Terms("", "", morning)
	require.NoError(t, err)
	own, err := document.OwnUSD("", morning)
	require.NoError(t, err)
	return priced{document, terms, own}
}

// From the ledger's answers to the report.
func TestFromTheLedger(t *testing.T) {
	t.Parallel()
	l, times := &fakeLedger{}, timesOf(yesterday, morning)
	used, err := read(t.Context(), l, times)
	require.NoError(t, err)
	require.Equal(t, []cost.Span{times.day, times.before, times.month, times.recent}, l.asked)

	p := pricedState(t, time.Time{})
	p.Terms.Limit.Refusal = "the approval expired"
	facts, err := p.facts(times, used, morning)
	require.NoError(t, err)
	require.Equal(t, "2000", facts.LimitUSD.String())
	require.Equal(t, "budget.monthlyLimitUsd", facts.LimitBasis)
	require.Equal(t, report.Meter{From: times.recent.From, To: morning}, facts.Meter)
	require.Equal(t, []report.Held{
		{Tenant: "birch", Tier: "free", State: "suspended", Since: yesterday, By: "ops", Why: "not paid"}, {Tenant: "cedar", Tier: "starter", State: "limited"},
		{Tenant: "doug", Tier: "starter", State: "read-only for size"}, {Tenant: "elm", Tier: "starter", State: "locked out for size"},
		{Tenant: "fern", Tier: "pro", State: "limited", By: "the breaker"},
	}, facts.Held)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, []string{"the approval expired", "the meter was blind"}, made.Warnings)
	require.NotNil(t, made.Cost.DayBefore)

	day, err := cost.PerTenant(p.Document, p.Terms, p.OwnUSD, times.day, cost.Ledger{Used: used.day, Tenants: used.tenants}, morning)
	require.NoError(t, err)
	require.Equal(t, day.Whole.Cost, made.Cost.Day.Exact, "what the other command shows")

	for call := 1; call <= 5; call++ {
		_, err = read(t.Context(), &fakeLedger{failing: call}, times)
		require.ErrorIs(t, err, errAway, call)
	}
}

// A meter that counts nothing is blind where somebody could use something: neither a suspended tenant nor one that was not there all the time.
func TestBlindMeter(t *testing.T) {
	t.Parallel()
	from := morning.Truncate(dayLength)
	long := yesterday.AddDate(0, -3, 0)
	of := cost.Span{From: from, To: from.Add(dayLength)}
	one := func(t api.Tenant) usage {
		t.Slug, t.Tier = "acme", "pro"
		return usage{tenants: []api.Tenant{t}}
	}
	active := one(api.Tenant{State: api.StateActive, CreatedAt: long})
	require.True(t, active.blind(of, nil, morning))
	require.True(t, active.blind(of, []api.Usage{{Tenant: "acme"}}, morning))
	require.True(t, one(api.Tenant{State: api.StateLimited, CreatedAt: long}).blind(of, nil, morning))
	require.False(t, active.blind(of, []api.Usage{{}, {StoredKiBMinutes: 1}}, morning))
	require.False(t, active.blind(of, nil, from.Add(quiet-time.Second)), "the day is young")
	require.False(t, one(api.Tenant{State: api.StateSuspended, CreatedAt: long}).blind(of, nil, morning))
	require.False(t, one(api.Tenant{State: api.StateActive, CreatedAt: from}).blind(of, nil, morning))
	require.False(t, usage{}.blind(of, nil, morning))

	times := timesOf(yesterday, morning)
	facts, err := pricedState(t, time.Time{}).facts(times, active, morning)
	require.NoError(t, err)
	require.True(t, facts.Meter.Blind && facts.Meter.BlindDay)
	active.recent = []api.Usage{{Served: 1}}
	facts, err = pricedState(t, time.Time{}).facts(times, active, morning)
	require.NoError(t, err)
	require.True(t, !facts.Meter.Blind && facts.Meter.BlindDay)
}

// An environment that was made yesterday has no day before; one that was made today has no yesterday.
func TestYoungEnvironment(t *testing.T) {
	t.Parallel()
	times := timesOf(yesterday, morning)
	used, err := read(t.Context(), &fakeLedger{}, times)
	require.NoError(t, err)
	facts, err := pricedState(t, yesterday.Add(20*time.Hour)).facts(times, used, morning)
	require.NoError(t, err)
	require.Nil(t, facts.OfDayBefore)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, made.Cost.Day, made.Cost.Month)

	young := pricedState(t, morning.Add(-time.Hour))
	_, err = young.facts(times, used, morning)
	var notYet *cost.NotYetError
	require.ErrorAs(t, err, &notYet)
	o := &options{now: morning}
	require.Equal(t, yesterday, o.since(yesterday, yesterday.Add(20*time.Hour)))
	require.Equal(t, morning.Truncate(dayLength), o.since(yesterday, morning.Add(-time.Hour)))
	today := timesOf(o.since(yesterday, morning.Add(-time.Hour)), morning)
	o.date = "2026-11-28"
	require.Equal(t, yesterday, o.since(yesterday, morning), "it is what was asked about")
	facts, err = young.facts(today, used, morning)
	require.NoError(t, err)
	made, err = report.Of(facts)
	require.NoError(t, err)
	require.Contains(t, made.Headline, " today so far, ")
}

func TestWhereItIsWritten(t *testing.T) {
	t.Parallel()
	times := timesOf(yesterday, morning)
	used, err := read(t.Context(), &fakeLedger{}, times)
	require.NoError(t, err)
	facts, err := pricedState(t, time.Time{}).facts(times, used, morning)
	require.NoError(t, err)
	made, err := report.Of(facts)
	require.NoError(t, err)
	written := func(o options) string {
		var out bytes.Buffer
		o.Factory = &cmdutil.Factory{Out: &out}
		require.NoError(t, o.write(made))
		return out.String()
	}
	require.Equal(t, made.Text()+"\n", written(options{}))
	require.Contains(t, written(options{html: toStdout}), "<!doctype html>")
	file := filepath.Join(t.TempDir(), "page.html")
	require.Empty(t, written(options{html: file}))
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, written(options{html: toStdout}), string(page)+"\n")
	require.ErrorContains(t, (&options{html: t.TempDir()}).write(made), "--html: ")

	var document struct {
		Environment, Day, Level, Headline string
		Cost                              struct{ DayUSD, ForecastUSD, LimitUSD string }
	}
	require.NoError(t, json.Unmarshal([]byte(written(options{json: true})), &document))
	require.Equal(t, "2026-11-28", document.Day)
	require.Equal(t, "2000.000000", document.Cost.LimitUSD)
}
