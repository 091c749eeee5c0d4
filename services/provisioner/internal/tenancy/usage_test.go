package tenancy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What the ledger has is told by tenant, those that are gone too, and by the hour of one.
func TestUsage(t *testing.T) { tenancytest.OnEach(t, testUsage) }

func testUsage(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	from := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	hour := func(n int) time.Time { return from.Add(time.Duration(n) * time.Hour) }
	add := func(at time.Time, tenant string, served, refused int64) {
		_, err := s.Admin.Exec(ctx, `INSERT INTO platform.usage (hour, tenant, served, refused, admitted, bytes_in, bytes_out, milliseconds) VALUES ($1, $2, $3, $4, $3, 10, 20, 30)`,
			at, tenant, served, refused)
		require.NoError(t, err)
	}
	add(hour(-1), "acme", 1000, 0) // before
	add(hour(0), "acme", 5, 1)
	add(hour(23), "acme", 7, 0)
	add(hour(24), "acme", 1000, 0) // after
	add(hour(2), "gone", 100, 2)
	add(hour(2), "", 0, 3)
	day := &api.UsageQuery{From: from, To: hour(24)}

	require.Equal(t, []api.Usage{
		{Tenant: "gone", Served: 100, Refused: 2, Admitted: 100, BytesIn: 10, BytesOut: 20, Milliseconds: 30},
		{Tenant: "acme", Tier: "pro", Served: 12, Refused: 1, Admitted: 12, BytesIn: 20, BytesOut: 40, Milliseconds: 60},
		{Tenant: "", Refused: 3, BytesIn: 10, BytesOut: 20, Milliseconds: 30},
	}, s.Must(t, api.Request{Action: api.ActionUsage, Usage: day}).Usage)
	require.Equal(t, []api.Usage{
		{Tenant: "acme", Tier: "pro", Hour: hour(0), Served: 5, Refused: 1, Admitted: 5, BytesIn: 10, BytesOut: 20, Milliseconds: 30},
		{Tenant: "acme", Tier: "pro", Hour: hour(23), Served: 7, Admitted: 7, BytesIn: 10, BytesOut: 20, Milliseconds: 30},
	}, s.Must(t, api.Request{Action: api.ActionUsage, Tenant: "acme", Usage: day}).Usage)
	require.Empty(t, s.Must(t, api.Request{Action: api.ActionUsage, Tenant: "nobody", Usage: day}).Usage)
}

// Each sweep adds what tenants store and what their sessions do, for the time since the one before.
func TestMeter(t *testing.T) { tenancytest.OnEach(t, testMeter) }

func testMeter(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "pro", api.StateActive))
	s.Must(t, s.Request(t, "idle", "free", api.StateActive))
	worker, waiter := s.Login(t, "acme"), s.Login(t, "acme")
	must(t, worker, `CREATE TABLE big AS SELECT i, repeat('x', 1000) FROM generate_series(1, 4000) i`)
	must(t, waiter, `SELECT 1`)
	ended := make(chan error, 1)
	go func() { _, err := worker.Exec(ctx, `SELECT pg_sleep(25)`); ended <- err }()
	require.Eventually(t, func() bool {
		var active int
		err := s.Admin.QueryRow(ctx, `SELECT count(*) FROM pg_stat_activity WHERE usename = 'tenant_acme' AND state = 'active'`).Scan(&active)
		return err == nil && active == 1
	}, time.Minute, 20*time.Millisecond)

	sweep := func(since string) []string {
		_, err := s.Admin.Exec(ctx, `UPDATE platform.usage_meter SET sampled = now() - $1::interval`, since)
		require.NoError(t, err)
		return s.Must(t, api.Request{Action: api.ActionSweep}).Problems
	}
	now := time.Now()
	day := &api.UsageQuery{From: now.Add(-2 * time.Hour), To: now.Add(2 * time.Hour)}
	used := func() (acme, idle api.Usage) {
		for _, row := range s.Must(t, api.Request{Action: api.ActionUsage, Usage: day}).Usage {
			switch row.Tenant {
			case "acme":
				acme = row
			case "idle":
				idle = row
			}
		}
		return acme, idle
	}
	s.Must(t, api.Request{Action: api.ActionSweep})
	acme, _ := used()
	require.Zero(t, acme.SessionSeconds, "the first sample counts for no time")

	require.Empty(t, sweep("1 minute"))
	acme, idle := used()
	require.InDelta(t, 120, acme.SessionSeconds, 20, "two sessions for a minute")
	require.InDelta(t, 60, acme.ActiveSeconds, 10, "of which one works")
	require.Greater(t, acme.StoredKiBMinutes, int64(4000))
	require.Less(t, acme.StoredKiBMinutes, int64(10_000))
	require.Zero(t, idle.SessionSeconds+idle.ActiveSeconds)

	stored := acme.StoredKiBMinutes
	require.Len(t, sweep("30 minutes"), 1, "it says that it was blind")
	acme, _ = used()
	require.InDelta(t, 31*stored, acme.StoredKiBMinutes, float64(4*stored), "a size does not change much meanwhile")
	require.InDelta(t, 120+240, acme.SessionSeconds, 40, "of sessions, two minutes count")
	before := acme
	require.Len(t, sweep("-10 minutes"), 0, "a clock that was set back")
	acme, _ = used()
	require.Equal(t, before, acme, "adds nothing")
	_, _ = s.Admin.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'tenant_acme'`)
	require.Error(t, <-ended)
}
