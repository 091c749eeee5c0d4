// Package report shows the morning report of an environment.
//
//page:none what was typed is wrong, and the message says what is right
package report

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/pricing/billed"
	"github.com/genericcorp/platform/internal/report"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// options are what `platform report` is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	prices environment.PriceOptions
	date   string
	json   bool
	bill   bool
	html   cmdutil.Page
	now    time.Time
}

// NewCommand shows the morning report, and the commands about its mails.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := newReport(f, nil)
	cmd.AddCommand(newSent(f, nil), newSend(f, nil))
	return cmd
}

func newReport(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show in a minute what an environment costs, and whether it needs somebody",
		Long: `Show the morning report of an environment: whether anything needs somebody, what yesterday, the month to date and, by forecast, the
whole month cost against the limit, which parts and tenants moved, which tenants are dear or at a loss, who is held back, and what the breaker did.

Amounts are those of platform cost --by tenant: an estimate at list prices, shared by what the ledger says that tenants used. Days
are UTC's. With --html it is one page that needs nothing else, for a telephone, too.`,
		Example: `  platform report --env prod
  platform report --env prod --date 2026-11-28 --html report.html
  platform report --env prod --json`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, dateErr := o.day(cmd.Flags().Changed("date"))
			if err := errors.Join(o.target.Check(), dateErr, o.html.Check(cmd)); err != nil {
				return err
			}
			return run.Or(show)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.prices.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	cmd.Flags().StringVar(&o.date, "date", "", "a day of UTC, as 2026-11-28 (default yesterday, or today if the environment was made today)")
	cmd.Flags().BoolVar(&o.bill, "bill", false, "compare the estimate with what AWS has charged until two days ago, as the mail does; USD 0.01 a time")
	o.html.AddFlag(cmd, "a page")
	_ = cmd.RegisterFlagCompletionFunc("date", cobra.NoFileCompletions)
	return cmd
}

// day is the day that the report is about: yesterday unless one was given.
func (o *options) day(given bool) (time.Time, error) {
	today := o.now.Truncate(dayLength)
	if !given {
		return today.Add(-dayLength), nil
	}
	return cmdutil.Day("--date", o.date, o.now)
}

// since is the day, or today where no day was given and the environment was made today: it had no yesterday.
func (o *options) since(day, made time.Time) time.Time {
	if today := o.now.Truncate(dayLength); o.date == "" && !made.Before(today) {
		return today
	}
	return day
}

func show(ctx context.Context, o *options) error {
	day, err := o.day(o.date != "")
	if err != nil {
		return err
	}
	found, err := o.target.Priced(ctx, o.Factory, &o.prices, o.now)
	if err != nil {
		return err
	}
	times := reportapi.TimesOf(o.since(day, found.Document.Made), o.now)
	var known reportapi.Known
	var bill report.Billed
	err = o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) (err error) {
		if known, err = reportapi.Read(ctx, t.Ask, times); err == nil && o.bill {
			bill, err = reportapi.Billed(ctx, t.Ask, t.Bill, billed.Settled(o.now))
		}
		return err
	})
	if err != nil {
		return err
	}
	facts, err := factsOf(known, found, o.now)
	if err != nil {
		return exit.UsageError(err)
	}
	facts.Billed = bill
	made, err := report.Of(facts)
	if err != nil {
		return err
	}
	return o.write(made)
}

// write writes the report in the form that was asked for.
func (o *options) write(r report.Report) error {
	return o.AnswerPage(o.html, r.HTML, o.json, r, r.Text)
}
