package api

import (
	"time"

	"github.com/genericcorp/platform/internal/check"
)

// Report is what became of the mail with the report of a day. A day is claimed by one run, which alone may send it, and then either noted as
// sent or, if nothing left the house, given back.
type Report struct {
	Day     time.Time   `json:"day"` // the beginning of a day of UTC that is over
	Run     string      `json:"run"` // of whoever claims it: any text that no other run has
	State   ReportState `json:"state"`
	Message string      `json:"message,omitempty"` // by which the mail service knows the mail
	Claimed time.Time   `json:"claimed,omitzero"`  // told, not asked
	Sent    time.Time   `json:"sent,omitzero"`     // likewise; zero: nobody knows
}

// ReportState is how far a report has come.
type ReportState string

// The states of a report, in which note-report puts it.
const (
	ReportClaimed ReportState = "claimed"
	ReportSent    ReportState = "sent"
	ReportAgain   ReportState = "again"   // claimed, though it was sent, or may have arrived: a person wants it once more
	ReportRefused ReportState = "refused" // it was not sent: the day is as if nobody had claimed it
)

// ReportUnderWay is for how long a day that was claimed may be at work, and no other run claims it: longer than the function runs.
const ReportUnderWay = 15 * time.Minute

// MostReports is how many days an answer tells of.
const MostReports = 31

// checkReport requires a report where one is noted, and nowhere else.
func (r Request) checkReport(p *check.Problems) {
	if r.Action != ActionNoteReport {
		p.Require(r.Report == nil, "report", "a report", "none: only note-report is about one")
		return
	}
	if r.Report == nil {
		p.Require(false, "report", nil, "the report of a day")
		return
	}
	const day = 24 * time.Hour
	p.Require(!r.Report.Day.IsZero() && r.Report.Day.Equal(r.Report.Day.Truncate(day)), "report.day", r.Report.Day.Format(time.RFC3339), "the beginning of a day of UTC")
	p.Require(r.Report.Run != "" && CheckReason(r.Report.Run) == nil, "report.run", r.Report.Run, ReasonExpected)
	p.OneOf("report.state", string(r.Report.State), string(ReportClaimed), string(ReportAgain), string(ReportSent), string(ReportRefused))
	p.Require(CheckReason(r.Report.Message) == nil, "report.message", r.Report.Message, ReasonExpected)
}
