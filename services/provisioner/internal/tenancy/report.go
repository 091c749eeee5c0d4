package tenancy

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// reportTable is created by harden. A row is the mail of a day: who claimed the day, and when the mail was sent.
const reportTable = `CREATE TABLE IF NOT EXISTS platform.report (
	day date PRIMARY KEY,
	run text NOT NULL,
	claimed timestamptz NOT NULL DEFAULT clock_timestamp(),
	sent timestamptz,
	message text NOT NULL DEFAULT ''
)`

// actOnReports does what is about the morning's mails and what is promised.
func (p *Provisioner) actOnReports(ctx context.Context, r api.Request) (api.Response, error) {
	switch r.Action {
	case api.ActionServed:
		return p.served(ctx, r)
	case api.ActionPrices:
		return p.prices(ctx, r.Since)
	case api.ActionReports:
		return p.reports(ctx, `ORDER BY day DESC LIMIT $1`, api.MostReports)
	case api.ActionNoteReport:
		return p.noteReport(ctx, *r.Report)
	default:
		//page:none Parse has refused it before
		return api.Response{}, fmt.Errorf("action %q is unknown", r.Action)
	}
}

// reports tells what became of the mails of some days.
func (p *Provisioner) reports(ctx context.Context, which string, arguments ...any) (api.Response, error) {
	rows, err := p.Admin.Query(ctx, `SELECT day, run, claimed, sent, message FROM platform.report `+which, arguments...)
	if err != nil {
		return api.Response{}, fmt.Errorf("read what reports were sent: %w", err)
	}
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (r api.Report, err error) {
		var sent *time.Time
		err = row.Scan(&r.Day, &r.Run, &r.Claimed, &sent, &r.Message)
		r.Claimed, r.State = r.Claimed.UTC(), api.ReportClaimed
		if sent != nil {
			r.Sent, r.State = sent.UTC(), api.ReportSent
		}
		return r, err
	})
	if err != nil {
		return api.Response{}, fmt.Errorf("read what reports were sent: %w", err)
	}
	return api.Response{Reports: found}, nil
}

// reportChanges are what each state of a report does. Each can be repeated; only the run that claimed a day changes it afterwards, and
// only another claim of a person changes what was sent.
var reportChanges = map[api.ReportState]string{
	api.ReportClaimed: `INSERT INTO platform.report (day, run, message) SELECT $1::date, $2, $3 WHERE $1::date < (now() AT TIME ZONE 'UTC')::date ON CONFLICT (day) DO NOTHING`,
	api.ReportAgain: fmt.Sprintf(`INSERT INTO platform.report AS r (day, run, message) SELECT $1::date, $2, $3 WHERE $1::date < (now() AT TIME ZONE 'UTC')::date
		ON CONFLICT (day) DO UPDATE SET run = excluded.run, claimed = clock_timestamp(), sent = NULL, message = excluded.message
		WHERE r.run <> excluded.run AND (r.sent IS NOT NULL OR r.claimed < clock_timestamp() - make_interval(secs => %.0f))`, api.ReportUnderWay.Seconds()),
	api.ReportSent:    `UPDATE platform.report SET sent = clock_timestamp(), message = $3 WHERE day = $1::date AND run = $2 AND sent IS NULL`,
	api.ReportRefused: `DELETE FROM platform.report WHERE day = $1::date AND run = $2 AND sent IS NULL AND $3 = $3`,
}

// noteReport notes how far a report has come, and tells how it stands then: whose it is, and whether it was sent.
func (p *Provisioner) noteReport(ctx context.Context, r api.Report) (api.Response, error) {
	day := r.Day.UTC().Format(time.DateOnly)
	if _, err := p.Admin.Exec(ctx, reportChanges[r.State], day, r.Run, r.Message); err != nil {
		return api.Response{}, fmt.Errorf("note that the report of %s is %s: %w", day, r.State, err)
	}
	response, err := p.reports(ctx, `WHERE day = $1::date`, day)
	if err == nil && len(response.Reports) == 0 && (r.State == api.ReportClaimed || r.State == api.ReportAgain) {
		//page:none what was typed is wrong, and the message says what is right
		return response, fmt.Errorf("report.day: got %s, expected a day of UTC that is over", day)
	}
	return response, err
}
