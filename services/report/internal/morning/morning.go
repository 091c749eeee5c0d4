// Package morning mails the reports that are due, each once.
package morning

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/pricing/pricesheet"
	"github.com/genericcorp/platform/internal/report"
	provisioner "github.com/genericcorp/platform/services/provisioner/api"
	"github.com/genericcorp/platform/services/report/api"
	"github.com/genericcorp/platform/services/report/internal/mail"
)

// Service mails an environment's reports.
type Service struct {
	Environment string
	Ask         api.Ask
	// Send sends one mail, and tells by which id the mail service knows it. A mail that surely was not sent is a mail.RefusedError.
	Send func(context.Context, mail.Mail) (id string, err error)
	// Bill reads what AWS has charged. It is called once for all reports of a call, as AWS takes USD 0.01 for it.
	Bill api.ReadBill
	Now  func() time.Time
	// Run makes a name that no other run has.
	Run func() string
}

// Do mails the reports of all days that are due, the oldest first, or that of the day that is named. The first one that fails ends it: the next
// call goes on there.
func (s *Service) Do(ctx context.Context, request api.Request) (api.Response, error) {
	response := api.Response{Sent: []string{}}
	noted, err := s.Ask(ctx, provisioner.Request{Action: provisioner.ActionReports})
	if err != nil {
		return response, fmt.Errorf("ask which reports were sent: %w", err)
	}
	now, run := s.Now().UTC(), s.Run()
	days, told, err := due(noted.Reports, now)
	if request.Day != "" {
		days, told, err = named(noted.Reports, request)
	}
	if err != nil || len(days) == 0 {
		return response, err
	}
	prices, err := s.Ask(ctx, provisioner.Request{Action: provisioner.ActionPrices})
	if err != nil {
		return response, fmt.Errorf("ask what the environment costs: %w", err)
	}
	bill := s.billed(ctx, now)
	for _, day := range days {
		made, err := s.make(ctx, prices.Prices, bill, day, told, now)
		if notYet := (*pricesheet.NotYetError)(nil); errors.As(err, &notYet) && request.Day == "" {
			continue // there is nothing to tell about that day
		}
		if err != nil {
			return response, fmt.Errorf("make the report of %s: %w", day.Format(time.DateOnly), err)
		}
		sent, err := s.deliver(ctx, day, run, made, request)
		if err != nil {
			return response, fmt.Errorf("mail the report of %s: %w", day.Format(time.DateOnly), err)
		}
		if sent {
			response.Sent, told = append(response.Sent, day.Format(time.DateOnly)), nil
		}
	}
	return response, nil
}

// billed compares the estimate with AWS's bill. Without an answer the report says why, and has all else.
func (s *Service) billed(ctx context.Context, now time.Time) report.Billed {
	bill, err := api.Billed(ctx, s.Ask, s.Bill, billed.Settled(now))
	if err != nil {
		slog.Warn("the bill is not known", "cause", err.Error())
		bill.Unknown = err.Error()
	}
	return bill
}

func (s *Service) make(ctx context.Context, sheet *pricesheet.Sheet, bill report.Billed, day time.Time, told []string, now time.Time) (m mail.Mail, err error) {
	known, err := api.Read(ctx, s.Ask, api.TimesOf(day, now))
	if err != nil {
		return m, err
	}
	facts, err := known.Facts(s.Environment, sheet, now)
	if err != nil {
		return m, err
	}
	facts.Mail, facts.Billed = told, bill
	made, err := report.Of(facts)
	if err != nil {
		return m, err
	}
	return mail.Of(made)
}

// deliver claims the day, sends the mail and notes that it was sent. It tells whether this run did: another one may have been faster.
func (s *Service) deliver(ctx context.Context, day time.Time, run string, m mail.Mail, request api.Request) (sent bool, err error) {
	claim := provisioner.Report{Day: day, Run: run, State: provisioner.ReportClaimed}
	if request.Again {
		claim.State = provisioner.ReportAgain
	}
	stands, err := s.note(ctx, claim)
	if err != nil {
		return false, fmt.Errorf("claim the day: %w", err)
	}
	if stands.Run != run && request.Day != "" {
		return false, taken(stands)
	}
	if stands.Run != run {
		slog.Info("another run sends it", "day", day.Format(time.DateOnly))
		return false, nil
	}
	id, err := s.Send(ctx, m)
	if refused := (*mail.RefusedError)(nil); errors.As(err, &refused) {
		_, undone := s.note(ctx, provisioner.Report{Day: day, Run: run, State: provisioner.ReportRefused})
		return false, errors.Join(err, undone)
	}
	if err != nil {
		return false, fmt.Errorf("nobody knows whether it arrives, and it is not sent again: %w", err)
	}
	slog.Info("sent", "day", day.Format(time.DateOnly), "message", id)
	if _, err := s.note(ctx, provisioner.Report{Day: day, Run: run, State: provisioner.ReportSent, Message: id}); err != nil {
		return false, fmt.Errorf("it was sent as %s, and that could not be noted: %w", id, err)
	}
	return true, nil
}

// note has the provisioner note a report. Noting it again changes nothing, so that a call without an answer is repeated.
func (s *Service) note(ctx context.Context, r provisioner.Report) (stands provisioner.Report, err error) {
	const tries = 3
	for range tries {
		var answer provisioner.Response
		answer, err = s.Ask(ctx, provisioner.Request{Action: provisioner.ActionNoteReport, Report: &r})
		if err == nil {
			if len(answer.Reports) > 0 {
				stands = answer.Reports[0]
			}
			return stands, nil
		}
		if ctx.Err() != nil {
			break
		}
	}
	return stands, err
}
