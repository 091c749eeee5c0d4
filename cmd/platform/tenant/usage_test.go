package tenant

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

func TestUsageSpan(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 18, 30, 0, 0, time.UTC)
	for _, test := range []struct{ args, from, to, refused string }{
		{"", "2026-11-29", "2026-11-30", ""},
		{"--day=2026-02-28", "2026-02-28", "2026-03-01", ""},
		{"--month=2025-12", "2025-12-01", "2026-01-01", ""},
		{"--day=yesterday", "", "", `--day: got "yesterday", expected a day such as 2026-11-29`},
		{"--month=2026-13", "", "", `--month: got "2026-13", expected a month such as 2026-11`},
		{"--day=2026-11-30", "", "", `--day: got "2026-11-30", expected a time that has begun`},
	} {
		var from, to time.Time
		cmd := newUsage(&cmdutil.Factory{}, func(_ context.Context, o *usageOptions) (err error) {
			o.now = now
			from, to, err = o.asked().Span(o.now)
			return err
		})
		cmd.SetArgs([]string{"--env", "dev"})
		if test.args != "" {
			cmd.SetArgs([]string{"--env", "dev", test.args})
		}
		if err := cmd.Execute(); test.refused != "" {
			require.ErrorContains(t, err, test.refused)
			continue
		}
		require.Equal(t, []string{test.from, test.to}, []string{from.Format(time.DateOnly), to.Format(time.DateOnly)}, test.args)
	}
}

func TestUsageText(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 29, 0, 0, 0, 0, time.UTC)
	o := &usageOptions{now: day.Add(18 * time.Hour)}
	used := &tenant.Used{Environment: "prod", From: day, To: day.AddDate(0, 0, 1), Rows: []api.Usage{
		{Tenant: "acme", Tier: "pro", Served: 1200, Refused: 34, BytesIn: 2048, BytesOut: 5 << 20, Milliseconds: 12340, StoredKiBMinutes: 150 << 10, ActiveSeconds: 61},
		{Tenant: "left", Served: 0, Refused: 0}, {Refused: 7, Milliseconds: 7},
	}}
	for _, row := range used.Rows {
		used.Total = used.Total.Plus(row)
	}
	require.Equal(t, `TENANT          TIER  SERVED  REFUSED       IN      OUT  MEAN TIME  STORED  DATABASE TIME
acme            pro     1200       34  2.0 KiB  5.0 MiB       10ms     2.5           1m1s
left            -          0        0      0 B      0 B          -     0.0             0s
(of no tenant)  -          0        7      0 B      0 B        1ms     0.0             0s
total                   1200       41  2.0 KiB  5.0 MiB        9ms     2.5           1m1s
(prod, 2026-11-29 so far, UTC. In and out are bodies' bytes; stored is MiB in the database times hours, and database time that of sessions at work,
both by a sample a minute. A request is here some ten seconds after it ended.)`, o.text(used))
	used.Rows = nil
	require.Equal(t, "the ledger of environment prod has no tenant for 2026-11-29 so far", o.text(used))
}

func TestUsageOfAMonthIsByDay(t *testing.T) {
	t.Parallel()
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 0, 0, 0, time.UTC) }
	used := &tenant.Used{Rows: []api.Usage{{Hour: at(1, 3), Served: 1}, {Hour: at(1, 23), Served: 2}, {Hour: at(3, 0), Served: 4}}}
	used.ByDay()
	require.Equal(t, []api.Usage{{Hour: at(1, 0), Served: 3}, {Hour: at(3, 0), Served: 4}}, used.Rows)
}
