package report

import (
	"context"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	reportapi "github.com/genericcorp/platform/services/report/api"
)

// sendOptions are what `platform report send` is asked.
type sendOptions struct {
	*cmdutil.Factory

	target  environment.Target
	json    bool
	request reportapi.Request
	now     time.Time
}

func newSend(f *cmdutil.Factory, run cmdutil.Run[sendOptions]) *cobra.Command {
	o := &sendOptions{Factory: f, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "send",
		Short: "Mail the reports that are due, or that of a day, now",
		Long: `Have the report's function mail now what it would mail in the morning: the reports of all days since the last one that was sent, until
yesterday, seven at most, and none twice. With --date it mails that of one day, which was missed or is wanted once more: a day that was
sent, or may have arrived, is refused without --again.`,
		Example: `  platform report send --env prod
  platform report send --date 2026-11-28 --again --env prod`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(cmd.Flags().Changed("date")); err != nil {
				return err
			}
			return run.Or(send)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	cmd.Flags().StringVar(&o.request.Day, "date", "", "a day of UTC until the last one that was sent, as 2026-11-28 (default all days that are due)")
	cmd.Flags().BoolVar(&o.request.Again, "again", false, "send it though it was sent, or may have arrived")
	_ = cmd.RegisterFlagCompletionFunc("date", o.completeDay)
	return cmd
}

func (o *sendOptions) check(dated bool) error {
	if err := o.target.Check(); err != nil {
		return err
	}
	if !dated {
		if o.request.Again {
			return exit.Usagef("--again: name the day by --date")
		}
		return nil
	}
	day, err := cmdutil.Day("--date", o.request.Day, o.now)
	if err == nil && !day.Before(o.now.Truncate(dayLength)) {
		err = exit.Usagef("--date: got %q, expected a day that is over", o.request.Day)
	}
	return err
}

// completeDay completes the days that were sent, or may have been. An environment that does not answer completes nothing.
func (o *sendOptions) completeDay(cmd *cobra.Command, _ []string, _ string) (days []string, _ cobra.ShellCompDirective) {
	ctx, cancel := context.WithTimeout(cmd.Context(), environment.CompletionPatience)
	defer cancel()
	_ = o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		told, err := t.Reports(ctx)
		if err != nil {
			return err
		}
		for _, r := range told.Reports {
			days = append(days, r.Day.UTC().Format(time.DateOnly))
		}
		return nil
	})
	return days, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
}

func send(ctx context.Context, o *sendOptions) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		response, err := t.SendReports(ctx, o.request)
		if err != nil {
			return err
		}
		return o.Answer(o.json, response, func() string { return mailedText(response) })
	})
}

func mailedText(r reportapi.Response) string {
	if len(r.Sent) == 0 {
		return "nothing is due: the reports of all days until yesterday were sent, or may have arrived"
	}
	return "mailed the report of " + strings.Join(r.Sent, ", ")
}
