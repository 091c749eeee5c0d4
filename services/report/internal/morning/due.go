package morning

import (
	"fmt"
	"slices"
	"time"

	"github.com/genericcorp/platform/services/provisioner/api"
	report "github.com/genericcorp/platform/services/report/api"
)

const day = 24 * time.Hour

// due are the days whose reports are to be mailed, the oldest first, and what the first mail says about the ones before, in sentences.
//
// A day that was claimed and not confirmed may have arrived: its run was killed, or the mail service did not answer. It is told and not sent
// again, as a mail that came twice is taken for two days, and the next report has the same month. While its run may be at work, nothing
// is sent.
func due(noted []api.Report, now time.Time) (days []time.Time, told []string, err error) {
	yesterday := now.UTC().Truncate(day).Add(-day)
	if len(noted) == 0 {
		return []time.Time{yesterday}, nil, nil
	}
	last := noted[0].Day // the latest first
	for _, r := range noted {
		if !r.Sent.IsZero() {
			break
		}
		if until := r.Claimed.Add(api.ReportUnderWay); now.Before(until) {
			//page:report-missing
			return nil, nil, fmt.Errorf("the report of %s was begun at %s, and nothing says that it was sent: nothing is sent before %s, lest it arrive twice",
				r.Day.Format(time.DateOnly), r.Claimed.Format(time.RFC3339), until.Format(time.RFC3339))
		}
		told = append(told, fmt.Sprintf("the report of %s may not have arrived", r.Day.Format(time.DateOnly)))
	}
	slices.Reverse(told)
	for next := last.UTC().Add(day); !next.After(yesterday); next = next.Add(day) {
		days = append(days, next)
	}
	if missed := len(days) - report.MostDays; missed > 0 {
		told = append(told, fmt.Sprintf("no report was sent of %s until %s", days[0].Format(time.DateOnly), days[missed-1].Format(time.DateOnly)))
		days = days[missed:]
	}
	return days, told, nil
}

// named is the day that a person names, and what its mail says first. Days after the last one are for a call that sends all that are due, or those
// between would be forgotten.
func named(noted []api.Report, r report.Request) (days []time.Time, told []string, err error) {
	date, err := r.Date()
	if err != nil {
		return nil, nil, err
	}
	if len(noted) == 0 || date.After(noted[0].Day) {
		//page:none what was typed is wrong, and the message says what is right
		return nil, nil, fmt.Errorf("day: got %s, expected one until the last day of which a report was sent: leave it out, and all that are due are sent", r.Day)
	}
	if r.Again {
		told = append(told, "this report was sent again, as somebody asked for it")
	}
	return []time.Time{date}, told, nil
}

// taken says why a day's report is not sent: somebody else has claimed it.
func taken(r api.Report) error {
	day, state := r.Day.Format(time.DateOnly), "was begun at "+r.Claimed.Format(time.RFC3339)+", and may have arrived"
	if !r.Sent.IsZero() {
		state = "was sent at " + r.Sent.Format(time.RFC3339)
	}
	//page:report-missing
	return fmt.Errorf("the report of %s %s: `platform report send --again` sends it once more, when it is not under way", day, state)
}
