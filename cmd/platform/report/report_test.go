package report

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/cost"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	"github.com/genericcorp/platform/services/provisioner/api"
	reportapi "github.com/genericcorp/platform/services/report/api"
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
	require.Equal(t, time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), reportapi.TimesOf(day, o.now).Month.From)
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

// ledger answers as the provisioner of an environment.
func ledger(_ context.Context, r api.Request) (api.Response, error) {
	if err := r.Validate(); err != nil {
		return api.Response{}, err
	}
	long := yesterday.AddDate(0, -3, 0)
	switch r.Action {
	case api.ActionUsage:
		hours := int64(r.Usage.To.Sub(r.Usage.From) / time.Hour)
		return api.Response{Warnings: []string{"the meter was blind"}, Usage: []api.Usage{
			{Tenant: "acme", Tier: "pro", Served: 100 * hours, BytesOut: 1000 * hours}, {Tenant: "left", Served: hours}, {Refused: hours},
		}}, nil
	case api.ActionList:
		return api.Response{Tenants: []api.Tenant{{Slug: "acme", Tier: "pro", State: api.StateActive, CreatedAt: long}}}, nil
	default:
		return api.Response{}, nil
	}
}

func known(t *testing.T, times reportapi.Times) reportapi.Known {
	t.Helper()
	k, err := reportapi.Read(t.Context(), ledger, times)
	require.NoError(t, err)
	return k
}

// pricedState is an environment as the tests of costs have it.
func pricedState(t *testing.T, made time.Time) environment.Priced {
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
	return environment.Priced{Document: document, Terms: terms, OwnUSD: own}
}

// From the ledger's answers to the report.
func TestFromTheLedger(t *testing.T) {
	t.Parallel()
	times := reportapi.TimesOf(yesterday, morning)
	k := known(t, times)
	p := pricedState(t, time.Time{})
	p.Terms.Limit.Refusal = "the approval expired"
	facts, err := factsOf(k, p, morning)
	require.NoError(t, err)
	require.Equal(t, "2000", facts.LimitUSD.String())
	require.Equal(t, "budget.monthlyLimitUsd", facts.LimitBasis)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, []string{"the meter was blind", "the approval expired"}, made.Warnings)
	require.NotNil(t, made.Cost.DayBefore)

	used, err := ledger(t.Context(), api.Request{Action: api.ActionUsage, Usage: &api.UsageQuery{From: times.Day.From, To: times.Day.To}})
	require.NoError(t, err)
	day, err := cost.PerTenant(p.Document, p.Terms, p.OwnUSD, times.Day, api.Ledger(used.Usage, k.Tenants, nil), morning)
	require.NoError(t, err)
	require.Equal(t, day.Whole.Cost, made.Cost.Day.Exact, "what the other command shows")
}

// An environment that was made yesterday has no day before; one that was made today has no yesterday.
func TestYoungEnvironment(t *testing.T) {
	t.Parallel()
	k := known(t, reportapi.TimesOf(yesterday, morning))
	facts, err := factsOf(k, pricedState(t, yesterday.Add(20*time.Hour)), morning)
	require.NoError(t, err)
	require.Nil(t, facts.OfDayBefore)
	made, err := report.Of(facts)
	require.NoError(t, err)
	require.Equal(t, made.Cost.Day, made.Cost.Month)

	young := pricedState(t, morning.Add(-time.Hour))
	_, err = factsOf(k, young, morning)
	var notYet *pricesheet.NotYetError
	require.ErrorAs(t, err, &notYet)
	o := &options{now: morning}
	require.Equal(t, yesterday, o.since(yesterday, yesterday.Add(20*time.Hour)))
	require.Equal(t, morning.Truncate(dayLength), o.since(yesterday, morning.Add(-time.Hour)))
	today := reportapi.TimesOf(o.since(yesterday, morning.Add(-time.Hour)), morning)
	o.date = "2026-11-28"
	require.Equal(t, yesterday, o.since(yesterday, morning), "it is what was asked about")
	facts, err = factsOf(known(t, today), young, morning)
	require.NoError(t, err)
	made, err = report.Of(facts)
	require.NoError(t, err)
	require.Contains(t, made.Headline, " today so far, ")
}

func TestWhereItIsWritten(t *testing.T) {
	t.Parallel()
	facts, err := factsOf(known(t, reportapi.TimesOf(yesterday, morning)), pricedState(t, time.Time{}), morning)
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
	require.Contains(t, written(options{html: cmdutil.ToStdout}), "<!doctype html>")
	file := filepath.Join(t.TempDir(), "page.html")
	require.Empty(t, written(options{html: cmdutil.Page(file)}))
	page, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, written(options{html: cmdutil.ToStdout}), string(page)+"\n")
	require.ErrorContains(t, (&options{html: cmdutil.Page(t.TempDir())}).write(made), "--html: ")

	var document struct {
		Environment, Day, Level, Headline string
		Cost                              struct{ DayUSD, ForecastUSD, LimitUSD string }
	}
	require.NoError(t, json.Unmarshal([]byte(written(options{json: true})), &document))
	require.Equal(t, "2026-11-28", document.Day)
	require.Equal(t, "2000.000000", document.Cost.LimitUSD)
}
