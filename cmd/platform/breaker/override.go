package breaker

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// overrideOptions are what `platform breaker override` is asked.
type overrideOptions struct {
	options

	reason, until string
	end, limit    bool
	by            string
	now           time.Time
	ends          time.Time // what until says
}

func newOverride(f *cmdutil.Factory, run cmdutil.Run[overrideOptions]) *cobra.Command {
	o := &overrideOptions{options: options{Factory: f}, by: tenant.Caller(), now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "override [tenant]",
		Short: "Let a tenant, or the environment, go on until a time, whatever it costs",
		Long: `Let a tenant go on working until a time, whatever its use costs, or end that with --end. With --limit in place of a tenant it is the
environment that may cost more than its limit: tenants are made again, and none is suspended for it. It takes effect at once, and is noted
with your name. A tenant that a person has suspended or limited stays so.`,
		Example: `  platform breaker override acme --reason "a launch, agreed with sales" --until 2026-12-03 --env prod
  platform breaker override acme --end --env prod
  platform breaker override --limit --reason "the sale of the year, agreed with finance" --until 2026-12-03 --env prod`,
		Args: cmdutil.Args(func(cmd *cobra.Command, args []string) error {
			if o.limit && len(args) > 0 {
				return fmt.Errorf("--limit: got the tenant %s besides, expected one of both: with it, the environment is meant", args[0])
			}
			return o.takes(!o.limit)(cmd, args)
		}),
		ValidArgsFunction: o.complete,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.check(); err != nil {
				return err
			}
			return run.Or(override)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, in a line, for operators")
	cmd.Flags().StringVar(&o.until, "until", "", "until when, at most 31 days: the beginning of a day of UTC, as 2026-12-03, or a time, as 2026-12-03T18:00:00Z")
	cmd.Flags().BoolVar(&o.end, "end", false, "end it now")
	cmd.Flags().BoolVar(&o.limit, "limit", false, "the environment's limit, in place of a tenant")
	for _, flag := range []string{"reason", "until"} {
		_ = cmd.RegisterFlagCompletionFunc(flag, cobra.NoFileCompletions)
	}
	return cmd
}

// check refuses an override without a name, a reason or an end, and what has no meaning when one is ended.
func (o *overrideOptions) check() (err error) {
	switch {
	case o.by == "":
		return exit.Usagef("nobody knows who you are: set GITHUB_ACTOR to your name, which is noted with the override")
	case o.end && (o.reason != "" || o.until != ""):
		return exit.Usagef("--end: leave out --reason and --until")
	case o.end:
		return nil
	case o.reason == "" || api.CheckReason(o.reason) != nil:
		return exit.Usagef("--reason: got %q, expected why, in %s", o.reason, api.ReasonExpected)
	}
	if o.ends, err = time.Parse(time.DateOnly, o.until); err != nil {
		o.ends, err = time.Parse(time.RFC3339, o.until)
	}
	if err != nil || !o.ends.After(o.now) || o.ends.Sub(o.now) > api.MostOverride {
		return exit.Usagef("--until: got %q, expected a day or a time to come, at most %.0f days from now, such as 2026-12-03", o.until, api.MostOverride.Hours()/24)
	}
	return nil
}

func override(ctx context.Context, o *overrideOptions) error {
	return o.tell(ctx, func(ctx context.Context, t *tenant.Tenants) (*tenant.Breaker, error) {
		if o.end {
			return t.EndOverride(ctx, o.tenant, o.by)
		}
		return t.Override(ctx, o.tenant, o.reason, o.by, o.ends)
	}, statusText)
}
