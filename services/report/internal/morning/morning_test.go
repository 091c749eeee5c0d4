package morning

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/pricing/allocation"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/report/api"
	"github.com/genericcorp/platform/services/report/internal/mail"
)

var (
	morning = time.Date(2026, 11, 29, 6, 0, 0, 0, time.UTC)
	errAway = errors.New("away")
)

func on(dayOfMonth int) time.Time { return time.Date(2026, 11, dayOfMonth, 0, 0, 0, 0, time.UTC) }

// world is a provisioner and a mail service that remember.
type world struct {
	now      time.Time
	runs     int
	sheet    *pricesheet.Sheet
	reports  map[time.Time]provisioner.Report
	failing  provisioner.Action      // that is away
	state    provisioner.ReportState // of the notes that fail, where those do
	inbox    []mail.Mail
	sending  error // what the mail service says
	arriving bool  // though it said so
	bill     billed.Bill
	billing  error // what Cost Explorer says
	billed   []pricesheet.Span
}

func newWorld() *world {
	sheet := &pricesheet.Sheet{Environment: "prod", Computed: on(1), Limit: decimal.NewFromInt(2000)}
	sheet.Groups[allocation.Platform] = decimal.NewFromInt(730)
	return &world{now: morning, sheet: sheet, reports: map[time.Time]provisioner.Report{}}
}

func (w *world) ask(_ context.Context, r provisioner.Request) (response provisioner.Response, err error) {
	if err := r.Validate(); err != nil {
		return response, err
	}
	if r.Action == w.failing && (w.state == "" || r.Report.State == w.state) {
		return response, errAway
	}
	switch r.Action {
	case provisioner.ActionPrices:
		response.Prices = w.sheet
		if !r.Since.IsZero() && w.sheet != nil {
			response.Held = []pricesheet.Sheet{*w.sheet}
		}
	case provisioner.ActionReports:
		for back := range provisioner.MostReports {
			if r, noted := w.reports[w.now.Truncate(day).AddDate(0, 0, -back)]; noted {
				response.Reports = append(response.Reports, r)
			}
		}
	case provisioner.ActionNoteReport:
		if noted, known := w.noted(*r.Report); known {
			response.Reports = []provisioner.Report{noted}
		}
	default:
	}
	return response, nil
}

func (w *world) noted(r provisioner.Report) (provisioner.Report, bool) {
	had, known := w.reports[r.Day]
	switch {
	case r.State == provisioner.ReportClaimed && !known,
		r.State == provisioner.ReportAgain && (!known || !had.Sent.IsZero() || had.Claimed.Before(w.now.Add(-provisioner.ReportUnderWay))):
		r.Claimed = w.now
		w.reports[r.Day] = r
	case r.State == provisioner.ReportSent && had.Run == r.Run:
		had.Sent, had.Message = w.now, r.Message
		w.reports[r.Day] = had
	case r.State == provisioner.ReportRefused && had.Run == r.Run:
		delete(w.reports, r.Day)
	}
	had, known = w.reports[r.Day]
	return had, known
}

func (w *world) send(_ context.Context, m mail.Mail) (string, error) {
	if w.sending == nil || w.arriving {
		w.inbox = append(w.inbox, m)
	}
	return fmt.Sprintf("mail-%d", len(w.inbox)), w.sending
}

func (w *world) call(t *testing.T) ([]string, error) {
	t.Helper()
	return w.ofDay(t, api.Request{})
}

// ofDay is a call that a person makes.
func (w *world) ofDay(t *testing.T, request api.Request) ([]string, error) {
	t.Helper()
	read := func(_ context.Context, span pricesheet.Span) (billed.Bill, error) {
		w.billed = append(w.billed, span)
		return w.bill, w.billing
	}
	s := Service{Environment: "prod", Ask: w.ask, Send: w.send, Bill: read, Now: func() time.Time { return w.now }, Run: func() string {
		w.runs++
		return fmt.Sprintf("run-%d", w.runs)
	}}
	response, err := s.Do(t.Context(), request)
	return response.Sent, err
}

func (w *world) must(t *testing.T, sent ...string) {
	t.Helper()
	got, err := w.call(t)
	require.NoError(t, err)
	require.Equal(t, append([]string{}, sent...), got)
}

// Every day has one mail, whatever runs again.
func TestOneMailADay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.must(t, "2026-11-28")
	w.must(t)
	require.Len(t, w.inbox, 1)
	require.Equal(t, "prod 2026-11-28: Within the limit: USD 24 yesterday, USD 672 this month, forecast USD 720 of 2,000.", w.inbox[0].Subject)
	require.Contains(t, w.inbox[0].Text, "forecast, month's end")
	require.Contains(t, w.inbox[0].HTML, "<!doctype html>")
	require.Equal(t, "mail-1", w.reports[on(28)].Message)
	w.now = w.now.Add(day)
	w.must(t, "2026-11-29")
}

// Missed days are made up for, the oldest first; of those that are too many, the first mail says so.
func TestMissedDays(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.reports[on(25)] = provisioner.Report{Day: on(25), Claimed: on(26), Sent: on(26)}
	w.must(t, "2026-11-26", "2026-11-27", "2026-11-28")

	w = newWorld()
	w.reports[on(18)] = provisioner.Report{Day: on(18), Claimed: on(19), Sent: on(19)}
	w.must(t, "2026-11-22", "2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28")
	require.Contains(t, w.inbox[0].Subject, "no report was sent of 2026-11-19 until 2026-11-21")
	require.NotContains(t, w.inbox[1].Subject, "no report was sent")
}

// An environment that was made meanwhile has nothing to tell about the days before.
func TestYoungEnvironment(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.sheet.Made = morning.Add(-time.Hour)
	w.must(t)
	require.Empty(t, w.reports)
}

// What was surely not sent is sent by the next run.
func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.sending = &mail.RefusedError{Cause: "MessageRejected"}
	_, err := w.call(t)
	require.ErrorContains(t, err, "mail the report of 2026-11-28: the mail was not sent: MessageRejected")
	w.sending = nil
	w.must(t, "2026-11-28")
	require.Len(t, w.inbox, 1)
}

// What may have arrived is not sent again: the next run fails while somebody may be at it, and the next day's mail tells.
func TestNobodyKnows(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(*world){
		"no answer":       func(w *world) { w.sending, w.arriving = errAway, true },
		"it is not noted": func(w *world) { w.failing, w.state = provisioner.ActionNoteReport, provisioner.ReportSent },
		"refused, not undone": func(w *world) {
			w.sending, w.failing, w.state = &mail.RefusedError{}, provisioner.ActionNoteReport, provisioner.ReportRefused
		},
	} {
		w := newWorld()
		damage(w)
		_, err := w.call(t)
		require.Error(t, err, name)
		before := len(w.inbox)
		w.sending, w.failing, w.state = nil, "", ""
		w.now = morning.Add(provisioner.ReportUnderWay - time.Second)
		_, err = w.call(t)
		require.ErrorContains(t, err, "the report of 2026-11-28 was begun at 2026-11-29T06:00:00Z, and nothing says that it was sent: nothing is sent before 2026-11-29T06:15:00Z", name)
		w.now = morning.Add(provisioner.ReportUnderWay)
		w.must(t)
		require.Len(t, w.inbox, before, name)

		w.now = morning.Add(day)
		w.must(t, "2026-11-29")
		require.Contains(t, w.inbox[len(w.inbox)-1].Text, "the report of 2026-11-28 may not have arrived", name)
		w.now = w.now.Add(day)
		w.must(t, "2026-11-30")
		require.NotContains(t, w.inbox[len(w.inbox)-1].Text, "may not have arrived", name)
	}
}

// Of two runs at once, one sends.
func TestTwoRuns(t *testing.T) {
	t.Parallel()
	w := newWorld()
	s := Service{Environment: "prod", Ask: w.ask, Send: w.send}
	sent, err := s.deliver(t.Context(), on(28), "one", mail.Mail{}, api.Request{})
	require.NoError(t, err)
	require.True(t, sent)
	sent, err = s.deliver(t.Context(), on(28), "two", mail.Mail{}, api.Request{})
	require.NoError(t, err)
	require.False(t, sent)
	require.Len(t, w.inbox, 1)
}

// A person has a day sent that was missed, and one that was sent only if he says so.
func TestOneDay(t *testing.T) {
	t.Parallel()
	w := newWorld()
	_, err := w.ofDay(t, api.Request{Day: "2026-11-27"})
	require.ErrorContains(t, err, "day: got 2026-11-27, expected one until the last day of which a report was sent", "nothing was sent yet")
	w.must(t, "2026-11-28")
	w.now = w.now.Add(day)
	_, err = w.ofDay(t, api.Request{Day: "2026-11-29"})
	require.ErrorContains(t, err, "day: got 2026-11-29, expected one until the last day", "it is due, and comes with others")

	sent, err := w.ofDay(t, api.Request{Day: "2026-11-20"})
	require.NoError(t, err)
	require.Equal(t, []string{"2026-11-20"}, sent, "it was missed")
	_, err = w.ofDay(t, api.Request{Day: "2026-11-28"})
	require.ErrorContains(t, err, "the report of 2026-11-28 was sent at 2026-11-29T06:00:00Z: `platform report send --again` sends it once more")
	require.Len(t, w.inbox, 2)
	sent, err = w.ofDay(t, api.Request{Day: "2026-11-28", Again: true})
	require.NoError(t, err)
	require.Equal(t, []string{"2026-11-28"}, sent)
	require.Contains(t, w.inbox[2].Subject, "this report was sent again, as somebody asked for it")
	w.must(t, "2026-11-29")

	w.sending = errAway
	_, err = w.ofDay(t, api.Request{Day: "2026-11-28", Again: true})
	require.ErrorIs(t, err, errAway)
	w.sending = nil
	for _, again := range []bool{false, true} {
		_, err = w.ofDay(t, api.Request{Day: "2026-11-28", Again: again})
		require.ErrorContains(t, err, "the report of 2026-11-28 was begun at 2026-11-30T06:00:00Z, and may have arrived", "it may be under way")
	}
	w.now = w.now.Add(provisioner.ReportUnderWay + time.Second)
	_, err = w.ofDay(t, api.Request{Day: "2026-11-28", Again: true})
	require.NoError(t, err)

	w.sheet.Made = on(20)
	_, err = w.ofDay(t, api.Request{Day: "2026-11-19"})
	require.ErrorContains(t, err, "make the report of 2026-11-19", "the environment was not there")
}

// Who knows nothing fails, and sends nothing; who knows no prices sends what is known, and says so first.
func TestUnknown(t *testing.T) {
	t.Parallel()
	for _, away := range []provisioner.Action{provisioner.ActionReports, provisioner.ActionPrices, provisioner.ActionUsage, provisioner.ActionList, provisioner.ActionBreakerLog, provisioner.ActionBreaker} {
		w := newWorld()
		w.failing = away
		_, err := w.call(t)
		require.ErrorIs(t, err, errAway)
		require.Empty(t, w.inbox)
		require.Empty(t, w.reports, "the day is still to be sent")
	}
	w := newWorld()
	w.sheet = nil
	w.must(t, "2026-11-28")
	require.True(t, strings.HasPrefix(w.inbox[0].Subject, "prod 2026-11-28: Needs you: what it costs is not known"), w.inbox[0].Subject)
}

// The bill is asked for once, whatever number of days is made up for, and not at all where nothing is due or there are no prices to compare.
func TestBillIsAskedForOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.reports[on(25)] = provisioner.Report{Day: on(25), Claimed: on(26), Sent: on(26)}
	w.bill = billed.Bill{Charges: []billed.Charge{{Day: on(26), Service: "Amazon Kendra", USD: decimal.NewFromInt(7)}}, Open: true}
	w.must(t, "2026-11-26", "2026-11-27", "2026-11-28")
	w.must(t)
	require.Equal(t, []pricesheet.Span{{From: on(1), To: on(27)}}, w.billed)
	for _, m := range w.inbox {
		require.Contains(t, m.Text, "ESTIMATE AGAINST BILL, 2026-11-26")
		require.Contains(t, m.Text, "Not estimated: Amazon Kendra, USD 7.00 since 2026-11-26.")
		require.NotContains(t, m.Text, "AWS's own bill")
	}
	w = newWorld()
	w.sheet = nil
	w.must(t, "2026-11-28")
	require.Empty(t, w.billed)
	require.Contains(t, w.inbox[0].Text, "AWS's own bill (nobody had published prices then):")
}

// A bill that cannot be had, or that is empty, is said, and keeps nothing back.
func TestWithoutBill(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.billing = errAway
	w.must(t, "2026-11-28")
	require.Contains(t, w.inbox[0].Text, "- AWS's own bill (away): every amount is an estimate at list prices.")
	w = newWorld()
	w.must(t, "2026-11-28")
	require.Contains(t, w.inbox[0].Text, "- AWS's own bill (AWS has charged nothing for these days yet): every")
	require.NotContains(t, w.inbox[0].Text, "ESTIMATE AGAINST BILL")
}
