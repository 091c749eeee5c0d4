package report

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// sentOptions are what `platform report sent` is asked.
type sentOptions struct {
	*cmdutil.Factory

	target environment.Target
	json   bool
	now    time.Time
}

func newSent(f *cmdutil.Factory, run cmdutil.Run[sentOptions]) *cobra.Command {
	o := &sentOptions{Factory: f, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "sent",
		Short: "Show of which days the report was mailed",
		Long: `Show of which days the report was mailed, the latest first: when a day was claimed, which one run of the function does before it sends, and
when it was sent, by which id Amazon SES knows the mail. A day that was claimed and not sent may have arrived.`,
		Example: `  platform report sent --env prod
  platform report sent --env prod --json`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.target.Check(); err != nil {
				return err
			}
			return run.Or(showSent)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

func showSent(ctx context.Context, o *sentOptions) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		told, err := t.Reports(ctx)
		if err != nil {
			return err
		}
		return o.Answer(o.json, told, func() string { return sentText(told, o.now) })
	})
}

func sentText(told *tenant.Reports, now time.Time) string {
	if len(told.Reports) == 0 {
		return fmt.Sprintf("no report of environment %s was mailed yet", told.Environment)
	}
	table := render.NewTable("DAY", "STATE", "CLAIMED", "SENT", "MAIL")
	for _, r := range told.Reports {
		state, sent, mail := "sent", r.Sent.UTC().Format(time.RFC3339), r.Message
		if r.Sent.IsZero() {
			state, sent, mail = "may have arrived", "-", "-"
			if now.Sub(r.Claimed) < api.ReportUnderWay {
				state = "under way"
			}
		}
		table.AppendRow(render.Row{r.Day.UTC().Format(time.DateOnly), state, r.Claimed.UTC().Format(time.RFC3339), sent, mail})
	}
	more := ""
	if len(told.Reports) == api.MostReports {
		more = fmt.Sprintf("\n(the latest %d)", api.MostReports)
	}
	return table.Render() + more
}
