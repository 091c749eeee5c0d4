package cmdutil

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPeriods(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 29, 18, 30, 0, 0, time.UTC)
	for _, test := range []struct {
		period         Period
		from, to, text string
		refused        string
	}{
		{Today(now), "2026-11-29", "2026-11-30", "2026-11-29 so far", ""},
		{ThisMonth(now), "2026-11-01", "2026-12-01", "2026-11 so far", ""},
		{Period{Day: "2026-11-28"}.Or(Today(now)), "2026-11-28", "2026-11-29", "2026-11-28", ""},
		{Period{Month: "2025-12"}, "2025-12-01", "2026-01-01", "2025-12", ""},
		{Period{Month: "november"}, "", "", "", `--month: got "november", expected a month such as 2026-11`},
		{Period{Month: "2026-12"}, "", "", "", `--month: got "2026-12", expected a time that has begun`},
		{Period{Day: "2026-02-29"}, "", "", "", `--day: got "2026-02-29", expected a day such as 2026-11-29`},
		{Period{Day: "2025-11-01"}, "2025-11-01", "2025-11-02", "2025-11-01", ""},
		{Period{Month: "2025-11"}, "2025-11-01", "2025-12-01", "2025-11", ""},
		{Period{Day: "2025-10-31"}, "", "", "", `--day: got "2025-10-31", expected 2025-11-01 or later: the ledger does not have all hours before that any more`},
		{Period{Month: "2025-10"}, "", "", "", `--month: got "2025-10", expected 2025-11 or later: the ledger does not have all hours before that any more`},
	} {
		from, to, err := test.period.Span(now)
		if test.refused != "" {
			require.EqualError(t, err, test.refused)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, []string{test.from, test.to, test.text}, []string{from.Format(time.DateOnly), to.Format(time.DateOnly), test.period.Text(now)})
	}
}
