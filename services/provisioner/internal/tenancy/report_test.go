package tenancy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/provisioner/internal/tenancytest"
)

// One run alone may send a day's report, and what was sent stays so.
func TestReports(t *testing.T) { tenancytest.OnEach(t, testReports) }

func testReports(t *testing.T, s *tenancytest.Setup) {
	require.Nil(t, s.Must(t, api.Request{Action: api.ActionPrices}).Prices)
	sheet := prices()
	publish(t, s, sheet)
	require.True(t, sheet.Computed.Equal(s.Must(t, api.Request{Action: api.ActionPrices}).Prices.Computed))

	later := sheet
	later.Computed = sheet.Computed.Add(time.Second)
	publish(t, s, later)
	held := func(since time.Time) []pricesheet.Sheet {
		return s.Must(t, api.Request{Action: api.ActionPrices, Since: since}).Held
	}
	require.Len(t, held(sheet.Computed.AddDate(0, 0, -3)), 2)
	require.True(t, later.Computed.Equal(held(later.Computed.Add(time.Millisecond))[0].Computed))
	require.Len(t, held(sheet.Computed.AddDate(0, -2, 0)), 1, "the first one holds for the time before it")

	today := time.Now().UTC().Truncate(24 * time.Hour)
	day := today.AddDate(0, 0, -1)
	note := func(on time.Time, run string, state api.ReportState) []api.Report {
		t.Helper()
		return s.Must(t, api.Request{Action: api.ActionNoteReport, Report: &api.Report{Day: on, Run: run, State: state, Message: run + "'s mail"}}).Reports
	}
	require.Empty(t, s.Must(t, api.Request{Action: api.ActionReports}).Reports)
	require.Equal(t, "one", note(day, "one", api.ReportClaimed)[0].Run)
	require.Equal(t, "one", note(day, "one", api.ReportClaimed)[0].Run, "whose answer was lost")
	require.Equal(t, "one", note(day, "two", api.ReportClaimed)[0].Run)
	require.Equal(t, api.ReportClaimed, note(day, "two", api.ReportSent)[0].State)
	require.Len(t, note(day, "two", api.ReportRefused), 1)

	require.Empty(t, note(day, "one", api.ReportRefused))
	require.Equal(t, "two", note(day, "two", api.ReportClaimed)[0].Run)
	sent := note(day, "two", api.ReportSent)[0]
	require.Equal(t, []string{"sent", "two's mail"}, []string{string(sent.State), sent.Message})
	require.True(t, day.Equal(sent.Day))
	require.WithinDuration(t, time.Now(), sent.Sent, time.Hour)
	require.Equal(t, sent, note(day, "two", api.ReportSent)[0], "once")
	require.Equal(t, sent, note(day, "two", api.ReportRefused)[0])
	require.Equal(t, sent, note(day, "three", api.ReportClaimed)[0])

	again := note(day, "four", api.ReportAgain)[0]
	require.Equal(t, []string{"four", "claimed"}, []string{again.Run, string(again.State)})
	require.Equal(t, again, note(day, "four", api.ReportAgain)[0], "whose answer was lost")
	require.Equal(t, "four", note(day, "five", api.ReportAgain)[0].Run, "it is under way")
	sent = note(day, "four", api.ReportSent)[0]
	require.Equal(t, "four's mail", sent.Message)
	require.Equal(t, "new", note(day.AddDate(0, 0, -40), "new", api.ReportAgain)[0].Run)

	for back := range api.MostReports {
		note(day.AddDate(0, 0, -1-back), "old", api.ReportClaimed)
	}
	told := s.Must(t, api.Request{Action: api.ActionReports}).Reports
	require.Len(t, told, api.MostReports)
	require.Equal(t, sent, told[0])
	for _, claim := range []api.ReportState{api.ReportClaimed, api.ReportAgain} {
		_, err := s.Try(api.Request{Action: api.ActionNoteReport, Report: &api.Report{Day: today, Run: "one", State: claim}})
		require.ErrorContains(t, err, "expected a day of UTC that is over")
	}
}
