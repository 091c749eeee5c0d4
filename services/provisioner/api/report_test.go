package api

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestParseReports(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 11, 28, 0, 0, 0, 0, time.UTC)
	right := Report{Day: day, Run: "one", State: ReportClaimed}
	noon, nobody, odd := right, right, right
	noon.Day, nobody.Run, odd.State = day.Add(12*time.Hour), "", "lost"
	for _, test := range []struct {
		request Request
		refused string // empty: it is taken
	}{
		{Request{Action: ActionReports}, ""},
		{Request{Action: ActionPrices}, ""},
		{Request{Action: ActionPrices, Since: day}, ""},
		{Request{Action: ActionReports, Since: day}, "request.since: got 2026-11-28 00:00:00 +0000 UTC, expected none"},
		{Request{Action: ActionNoteReport, Report: &right}, ""},
		{Request{Action: ActionNoteReport}, "request.report: got <nil>, expected the report of a day"},
		{Request{Action: ActionNoteReport, Tenant: "acme", Report: &right}, `request.tenant: got "acme", expected none`},
		{Request{Action: ActionReports, Report: &right}, `request.report: got "a report", expected none`},
		{Request{Action: ActionNoteReport, Report: &noon}, `request.report.day: got "2026-11-28T12:00:00Z", expected the beginning of a day of UTC`},
		{Request{Action: ActionNoteReport, Report: &nobody}, `request.report.run: got ""`},
		{Request{Action: ActionNoteReport, Report: &odd}, `request.report.state: got "lost", expected claimed, again, sent or refused`},
	} {
		_, err := Parse(payload(t, test.request, ""))
		if test.refused == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, test.refused)
	}
}
