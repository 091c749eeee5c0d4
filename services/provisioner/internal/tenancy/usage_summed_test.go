package tenancy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/breaker"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// What is summed up counts as what is not: the month's cost is the same, hour by hour read or summed, whatever comes late, and after the clock
// went back or somebody corrected an hour.
func TestTheMonthIsSummedUp(t *testing.T) { tenancytest.OnEach(t, testTheMonthIsSummedUp) }

func testTheMonthIsSummedUp(t *testing.T, s *tenancytest.Setup) {
	s.Must(t, s.Request(t, "acme", "enterprise", api.StateActive))
	publish(t, s, prices())
	exec := func(statement string, values ...any) {
		t.Helper()
		_, err := s.Admin.Exec(ctx, statement, values...)
		require.NoError(t, err)
	}
	used := func() int64 { return stands(t, s, "acme").UsedUSD.Shift(2).IntPart() }
	month := breaker.MonthOf(time.Now())
	// A cent in each hour, and what was before the month.
	exec(`INSERT INTO platform.usage SELECT h, 'acme', 1, 0, 1, 0, 0, 10000 FROM generate_series($1::timestamptz - interval '5 hours', date_trunc('hour', now(), 'UTC'), '1 hour') h`, month)
	var hours int64
	require.NoError(t, s.Admin.QueryRow(ctx, `SELECT count(*) FROM platform.usage WHERE hour >= $1`, month).Scan(&hours))
	require.Equal(t, hours, used())
	s.Must(t, sweep)
	require.Equal(t, hours, used(), "after they were summed up")

	// What comes as late as it may counts into an hour that is not summed up.
	s.Must(t, sweep)
	exec(`SELECT platform_edge.record_usage('gate', 1, 0, jsonb_build_array(jsonb_build_object('tenant', 'acme', 'hour', now() - interval '2 days', 'served', 1, 'refused', 0, 'admitted', 1,
		'bytes_in', 0, 'bytes_out', 0, 'milliseconds', 70000)))`)
	late := int64(7)
	if time.Now().UTC().Add(-api.LatestUsage).Truncate(time.Hour).Before(month) {
		late = 0 // it counts into the month before
	}
	require.Equal(t, hours+late, used())
	s.Must(t, sweep)
	require.Equal(t, hours+late, used())

	// An hour that is summed up is not read again, until somebody says so.
	if time.Since(month) < 6*time.Hour {
		t.Skip("no hour of the month is summed up in its first six hours: the rest of this test runs later")
	}
	exec(`UPDATE platform.usage SET milliseconds = 110000 WHERE hour = $1`, month)
	require.Equal(t, hours+7, used())
	exec(`DELETE FROM platform.usage_summed_until`)
	require.Equal(t, hours+17, used(), "as nothing is summed up")
	s.Must(t, sweep)
	require.Equal(t, hours+17, used())

	// A clock that was ahead.
	exec(`UPDATE platform.usage_summed_until SET until = now() + interval '3 hours'`)
	s.Must(t, sweep)
	require.Equal(t, hours+17, used())
	// Another month.
	exec(`UPDATE platform.usage_summed_until SET month = month - interval '1 month'`)
	require.Equal(t, hours+17, used())
	s.Must(t, sweep)
	require.Equal(t, hours+17, used())
}
