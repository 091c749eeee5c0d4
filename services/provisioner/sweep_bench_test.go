package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/shopspring/decimal"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

var benchSwept = flag.Int("swept", 500, "how many tenants BenchmarkSweep makes")

// BenchmarkSweep measures the program itself, as Lambda runs it each minute: what an hour of sweeps takes of a processor, the program's and the
// database's, where each of 500 tenants used something in every hour of the month so far. The first one sums up the month, and measures what all
// tenants store; the others measure what has changed, which is nothing, and some of the rest. A list does the same. Fewer tenants (-swept 100) are made in a minute.
//
//	go test ./services/provisioner -run - -bench 'Sweep/tables=0' -benchtime 1x -timeout 60m
func BenchmarkSweep(b *testing.B) {
	for _, tables := range []int{0, 30} {
		b.Run(fmt.Sprintf("tables=%d", tables), func(b *testing.B) { benchmarkSweep(b, tables) })
	}
}

func benchmarkSweep(b *testing.B, tables int) {
	const sweeps = 60
	tenants := *benchSwept
	versions := postgrestest.Versions(b)
	s := tenancytest.NewOn(b, versions[len(versions)-1], "max_locks_per_transaction=1024", "log_statement=none")
	s.Ceiling, s.OvercommitPercent = 1<<20, 1<<20
	s.Crowd(b, tenants, tables)
	sheet := pricesheet.Sheet{Environment: tenancytest.Environment, Computed: time.Now().Add(-time.Minute), NodeVCPUs: decimal.NewFromInt(10)}
	sheet.Groups[allocation.Compute] = decimal.NewFromInt(300)
	s.Must(b, api.Request{Action: api.ActionPublishPrices, Prices: &sheet})
	_, err := s.Admin.Exec(b.Context(), `INSERT INTO platform.usage SELECT h, 'other-' || n, 100, 0, 100, 1000, 1000, 1000
		FROM generate_series(date_trunc('month', now(), 'UTC'), date_trunc('hour', now(), 'UTC'), '1 hour') h, generate_series(0, $1 - 1) n ORDER BY 1, 2`, tenants)
	if err != nil {
		b.Fatal(err)
	}
	_, err = s.Admin.Exec(b.Context(), `INSERT INTO platform.usage_database SELECT hour, tenant, 1000, 60, 6 FROM platform.usage ON CONFLICT DO NOTHING`)
	if err != nil {
		b.Fatal(err)
	}
	super := s.Server.Connect(b, s.Server.Superuser, s.Server.SuperuserPassword)
	if _, err := super.Exec(b.Context(), "VACUUM ANALYZE"); err != nil { // as the server does by itself after a while
		b.Fatal(err)
	}
	program := build(b)
	for b.Loop() {
		sweeping := start(b, s, program)
		sweep := api.Request{Action: api.ActionSweep}
		began := time.Now()
		sweeping.call(b, sweep)
		b.ReportMetric(milliseconds(time.Since(began)), "first-ms")

		programs, server := processor(b, sweeping.command.Process.Pid, false), serverProcessor(b, super)
		began = time.Now()
		for range sweeps {
			sweeping.call(b, sweep)
		}
		b.ReportMetric(milliseconds(time.Since(began)/sweeps), "sweep-ms")
		b.ReportMetric((processor(b, sweeping.command.Process.Pid, false) - programs).Seconds(), "program-cpu-s")
		b.ReportMetric((serverProcessor(b, super) - server).Seconds(), "database-cpu-s")
		began = time.Now()
		sweeping.call(b, api.Request{Action: api.ActionList})
		b.ReportMetric(milliseconds(time.Since(began)), "list-ms")
		b.ReportMetric(sweeping.end(b), "MiB")
	}
	b.ReportMetric(0, "ns/op")
}

// processor is the processor's time that a process has taken, with that of its children that have ended if asked for (proc_pid_stat(5)).
func processor(b *testing.B, process int, children bool) time.Duration {
	b.Helper()
	const tick = time.Second / 100
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", process))
	if err != nil {
		return 0 // it has ended, and counts as its parent's child
	}
	_, after, _ := strings.Cut(string(text), ") ") // the name may hold blanks
	fields := strings.Fields(after)[11:15]
	if !children {
		fields = fields[:2]
	}
	var sum time.Duration
	for _, field := range fields {
		var ticks int64
		if _, err := fmt.Sscan(field, &ticks); err != nil {
			b.Fatal(err)
		}
		sum += time.Duration(ticks) * tick
	}
	return sum
}

// serverProcessor is that of the whole server, but for the connection that asks.
func serverProcessor(b *testing.B, super *pgx.Conn) (sum time.Duration) {
	b.Helper()
	rows, err := super.Query(b.Context(), `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)::int UNION ALL SELECT pid FROM pg_stat_activity WHERE pid <> pg_backend_pid()`)
	if err != nil {
		b.Fatal(err)
	}
	processes, err := pgx.CollectRows(rows, pgx.RowTo[int])
	if err != nil {
		b.Fatal(err)
	}
	for i, process := range processes {
		sum += processor(b, process, i == 0)
	}
	return sum
}
