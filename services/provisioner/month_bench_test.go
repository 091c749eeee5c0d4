package main

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	"github.com/genericcorp/platform/internal/tiers"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// BenchmarkMonth replays a month of 500 tenants that used something in every hour: the ledger's rows are written, and all that reads them reads
// them. Of the month: what each tenant used and cost. Of each day: what the breaker would have decided at its end, and the report of the next morning,
// as text and as a page. The difference is between the lines of all these tables and their wholes, in millionths of a dollar.
//
//	go test ./services/provisioner -run - -bench Month -benchtime 1x -timeout 20m
func BenchmarkMonth(b *testing.B) {
	const tenants = 500
	versions := postgrestest.Versions(b)
	s := tenancytest.NewOn(b, versions[len(versions)-1], "max_locks_per_transaction=1024", "log_statement=none")
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	s.Crowd(b, tenants, 0)
	end := breaker.MonthOf(time.Now())
	month := pricesheet.Span{From: end.AddDate(0, -1, 0), To: end}
	if _, err := s.Admin.Exec(b.Context(), `UPDATE platform.tenant SET created_at = $1`, month.From); err != nil {
		b.Fatal(err)
	}
	sheet := monthSheet(month.From)
	for b.Loop() {
		whole := time.Now()
		write(b, s, month, tenants)
		b.ReportMetric(time.Since(whole).Seconds(), "write-s")
		b.ReportMetric(ledgerMiB(b, s), "ledger-MiB")

		began := time.Now()
		table := perTenant(b, s, sheet, month)
		b.ReportMetric(time.Since(began).Seconds(), "month-s")
		if len(table.Rows) != tenants+2 {
			b.Fatalf("got %d lines, expected %d tenants, what is idle and the platform", len(table.Rows), tenants)
		}
		difference := apart(b, sheet, table)

		began = time.Now()
		acts := decideByDay(b, s, sheet, month)
		b.ReportMetric(time.Since(began).Seconds(), "breaker-s")
		b.ReportMetric(float64(acts), "acts")

		began = time.Now()
		for day := month.From; day.Before(month.To); day = day.AddDate(0, 0, 1) {
			difference += apart(b, sheet, reportOf(b, s, sheet, day))
		}
		b.ReportMetric(time.Since(began).Seconds(), "reports-s")
		b.ReportMetric(float64(difference), "difference")
		if difference != 0 {
			b.Fatalf("got a difference of %d millionths of a dollar, expected none", difference)
		}
		b.ReportMetric(time.Since(whole).Seconds(), "whole-s")
	}
	b.ReportMetric(0, "ns/op")
}

// monthSheet is of an environment as large as prod.
func monthSheet(made time.Time) pricesheet.Sheet {
	s := pricesheet.Sheet{
		Environment: tenancytest.Environment, Computed: made, Made: made, Limit: decimal.NewFromInt(2500), Own: decimal.RequireFromString("0.45"), InternetGB: decimal.RequireFromString("0.11"),
		DatabaseVCPUs: decimal.NewFromInt(2), NodeVCPUs: decimal.NewFromInt(8), DatabaseGiB: decimal.NewFromInt(200),
	}
	for group, usd := range map[allocation.Group]string{
		allocation.Database: "300.59", allocation.Storage: "100", allocation.Compute: "560.11", allocation.Cache: "76.77", allocation.Edge: "38", allocation.Traffic: "168.9", allocation.Platform: "336.12",
	} {
		s.Groups[group] = decimal.RequireFromString(usd)
	}
	return s
}

// write gives each tenant a row in each half of the ledger for each hour, some more than others: the first ten more than their tier allows.
func write(b *testing.B, s *tenancytest.Setup, month pricesheet.Span, tenants int) {
	b.Helper()
	for _, statement := range []string{
		`INSERT INTO platform.usage SELECT h, 'other-' || n, 100 + n, n % 7, 100 + n, 2000 * n, 40000 * n, 1000 * n + CASE WHEN n < 10 THEN 40000000 ELSE 0 END
			FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', '1 hour') h, generate_series(0, $3 - 1) n ORDER BY 1, 2`,
		`INSERT INTO platform.usage_database SELECT h, 'other-' || n, 60 * 1024 * (1 + n % 50), 60 * n, n % 13
			FROM generate_series($1::timestamptz, $2::timestamptz - interval '1 hour', '1 hour') h, generate_series(0, $3 - 1) n ORDER BY 1, 2`,
	} {
		if _, err := s.Admin.Exec(b.Context(), statement, month.From, month.To, tenants); err != nil {
			b.Fatal(err)
		}
	}
}

func ledgerMiB(b *testing.B, s *tenancytest.Setup) (size float64) {
	b.Helper()
	err := s.Admin.QueryRow(b.Context(), `SELECT (pg_total_relation_size('platform.usage') + pg_total_relation_size('platform.usage_database'))::float8 / 1048576`).Scan(&size)
	if err != nil {
		b.Fatal(err)
	}
	return size
}

func perTenant(b *testing.B, s *tenancytest.Setup, sheet pricesheet.Sheet, span pricesheet.Span) allocation.Table {
	b.Helper()
	used := s.Must(b, api.Request{Action: api.ActionUsage, Usage: &api.UsageQuery{From: span.From, To: span.To}}).Usage
	table, err := sheet.PerTenant(span, api.Ledger(used, s.Must(b, api.Request{Action: api.ActionList}).Tenants, nil), span.To)
	if err != nil {
		b.Fatal(err)
	}
	return table.Table
}

// apart is by how much a table's lines differ from its whole.
func apart(b *testing.B, sheet pricesheet.Sheet, table allocation.Table) allocation.Micros {
	b.Helper()
	left := table.Whole.Cost
	for _, row := range table.Rows {
		left -= row.Cost
	}
	if least := sheet.Total().Div(decimal.NewFromInt(31)); table.Whole.Cost.USD().LessThan(least) {
		b.Fatalf("got USD %s, expected a day's at least, %s", table.Whole.Cost.USD(), least)
	}
	return max(left, -left)
}

// decideByDay has the breaker decide at the end of each day by what was used until then, and tells how often it acts.
func decideByDay(b *testing.B, s *tenancytest.Setup, sheet pricesheet.Sheet, month pricesheet.Span) (acts int) {
	b.Helper()
	found, err := tiers.Find("starter")
	if err != nil {
		b.Fatal(err)
	}
	allowance, err := allocation.MicrosOf("allowance", found.Limits.AllowanceUSD)
	if err != nil {
		b.Fatal(err)
	}
	stands := map[string]breaker.Standing{}
	for day := month.From; day.Before(month.To); day = day.AddDate(0, 0, 1) {
		end := day.AddDate(0, 0, 1).Add(-time.Second) // still in the month
		var caused []breaker.Caused
		for _, u := range s.Must(b, api.Request{Action: api.ActionUsage, Usage: &api.UsageQuery{From: month.From, To: end.Add(time.Second)}}).Usage {
			caused = append(caused, breaker.Caused{
				Name: u.Tenant, There: true, Since: month.From, BytesOut: u.BytesOut,
				Usage: allocation.Usage{Milliseconds: u.Milliseconds, StoredKiBMinutes: u.StoredKiBMinutes, ActiveSeconds: u.ActiveSeconds},
			})
		}
		used, err := breaker.Used(sheet, end, caused)
		if err != nil {
			b.Fatal(err)
		}
		all := make([]breaker.Tenant, 0, len(caused))
		for _, c := range caused {
			all = append(all, breaker.Tenant{Name: c.Name, Tier: found.Name, Used: used[c.Name], Allowance: allowance, Standing: stands[c.Name]})
		}
		for _, act := range breaker.Decide(end, false, breaker.Environment{}, all) {
			stands[act.Tenant] = act.After
			acts++
		}
	}
	return acts
}

// reportOf makes the report of a day as it would have been mailed the next morning, and gives the day's table.
func reportOf(b *testing.B, s *tenancytest.Setup, sheet pricesheet.Sheet, day time.Time) allocation.Table {
	b.Helper()
	now := day.Add(30 * time.Hour)
	ask := func(_ context.Context, r api.Request) (api.Response, error) { return s.Try(r) }
	known, err := reportapi.Read(b.Context(), ask, reportapi.TimesOf(day, now))
	if err != nil {
		b.Fatal(err)
	}
	facts, err := known.Facts(tenancytest.Environment, &sheet, now)
	if err != nil {
		b.Fatal(err)
	}
	made, err := report.Of(facts)
	if err != nil {
		b.Fatal(err)
	}
	if page, err := made.HTML(); err != nil || len(page) < 1000 || len(made.Text()) < 1000 {
		b.Fatalf("got a page of %d characters and %v, expected a report", len(page), err)
	}
	return facts.OfDay.Table
}
