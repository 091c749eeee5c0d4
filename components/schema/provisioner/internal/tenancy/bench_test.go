package tenancy_test

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/components/schema/contract"
	"github.com/genericcorp/platform/components/schema/provisioner/internal/tenancytest"
)

// BenchmarkCreate makes and removes a tenant where 1,000 others have 30 tables each. It reports the 95th percentile
// beside the mean, and how much memory the provisioner holds:
//
//	go test ./components/schema/provisioner/internal/tenancy -run - -bench Create -benchtime 100x -timeout 60m
func BenchmarkCreate(b *testing.B) {
	const tenants, tables = 1000, 30
	s := tenancytest.New(b, "max_locks_per_transaction=1024", "fsync=off", "autovacuum=off")
	s.Ceiling = 2 * tenants
	for i := range tenants {
		name := fmt.Sprintf("other-%d", i)
		s.Must(b, s.Request(b, name, "starter", contract.StateActive))
		login := s.Login(b, name)
		var statements string
		for table := range tables {
			statements += fmt.Sprintf("CREATE TABLE t%d (id bigint PRIMARY KEY, body text);", table)
		}
		if _, err := login.Exec(b.Context(), statements, pgx.QueryExecModeSimpleProtocol); err != nil {
			b.Fatal(err)
		}
		_ = login.Close(b.Context())
	}
	var times []time.Duration
	request := s.Request(b, "the-new-one", "pro", contract.StateActive)
	for b.Loop() {
		began := time.Now()
		s.Must(b, request)
		times = append(times, time.Since(began))
		b.StopTimer()
		s.Must(b, contract.Request{Action: contract.ActionDelete, Tenant: request.Tenant})
		b.StartTimer()
	}
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)*95/100].Microseconds())/1000, "p95-ms")
	began := time.Now()
	s.Must(b, contract.Request{Action: contract.ActionList})
	b.ReportMetric(float64(time.Since(began).Microseconds())/1000, "list-ms")
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	b.ReportMetric(float64(memory.Sys)/(1<<20), "MiB")
}
