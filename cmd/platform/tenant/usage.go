package tenant

import (
	"context"
	"fmt"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/services/provisioner/api"
)

// usageOptions are what `platform tenant usage` is asked.
type usageOptions struct {
	options

	period cmdutil.Period
	now    time.Time
}

func newUsage(f *cmdutil.Factory, run cmdutil.Run[usageOptions]) *cobra.Command {
	o := &usageOptions{options: options{Factory: f}, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "usage [tenant]",
		Short: "Show what tenants used today, or on another day or in a month",
		Long: `Show what tenants used, as the ledger in the environment's database has it: requests, refusals, bytes and time of the edge, where
there is one, and storage and time of the database.
Without a tenant there is a row for each tenant, the busiest first, also for those that are gone. With one there is a row for each of
its hours, or for each of its days with --month. Days are UTC's. A request is in the ledger some ten seconds after it has ended.`,
		Example: `  platform tenant usage
  platform tenant usage acme --env prod
  platform tenant usage --month 2026-11 --env prod --json`,
		Args: cmdutil.Args(func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return o.target.Check()
			}
			return o.args("the tenant's name")(cmd, args)
		}),
		ValidArgsFunction: o.completeTenants(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmdutil.OnlyOne(cmd, "day", "month"); err != nil {
				return err
			}
			return run.Or(usage)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	o.period.AddFlags(cmd, "today")
	return cmd
}

// asked is the time that is asked about.
func (o *usageOptions) asked() cmdutil.Period { return o.period.Or(cmdutil.Today(o.now)) }

func usage(ctx context.Context, o *usageOptions) error {
	from, to, err := o.asked().Span(o.now)
	if err != nil {
		return err
	}
	return o.onTenants(ctx, func(ctx context.Context, t *tenant.Tenants) error {
		used, err := t.Usage(ctx, o.tenant, from, to)
		if err != nil {
			return err
		}
		if o.tenant != "" && o.period.Month != "" {
			used.ByDay()
		}
		return o.Answer(o.json, used, func() string { return o.text(used) })
	})
}

func (o *usageOptions) text(u *tenant.Used) string {
	when := o.asked().Text(o.now)
	if len(u.Rows) == 0 {
		whose := "no tenant"
		if o.tenant != "" {
			whose = "no tenant " + o.tenant
		}
		return fmt.Sprintf("the ledger of environment %s has %s for %s", u.Environment, whose, when) + warningsText(u.Warnings)
	}
	first := "TENANT"
	if o.tenant != "" {
		first = "FROM"
	}
	t := render.NewTable(first, "TIER", "SERVED", "REFUSED", "IN", "OUT", "MEAN TIME", "STORED", "DATABASE TIME")
	const firstNumber, lastNumber = 3, 9
	numbers := make([]table.ColumnConfig, 0, lastNumber)
	for n := firstNumber; n <= lastNumber; n++ {
		numbers = append(numbers, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(numbers)
	for _, row := range u.Rows {
		name := row.Tenant
		switch {
		case o.tenant != "" && o.period.Month != "":
			name = row.Hour.Format(time.DateOnly)
		case o.tenant != "":
			name = row.Hour.Format("15:04")
		case name == "":
			name = "(of no tenant)"
		}
		t.AppendRow(append(render.Row{name, render.Dash(row.Tier)}, amounts(row)...))
	}
	t.AppendRow(append(render.Row{"total", ""}, amounts(u.Total)...)) // a footer would shout its units
	return t.Render() + fmt.Sprintf("\n(%s, %s, UTC. In and out are bodies' bytes; stored is MiB in the database times hours, and database time that of sessions at work,\nboth by a sample a minute. A request is here some ten seconds after it ended.)", u.Environment, when) + warningsText(u.Warnings)
}

func amounts(u api.Usage) render.Row {
	mean := "-"
	if all := u.Served + u.Refused; all > 0 {
		mean = (time.Duration(u.Milliseconds/all) * time.Millisecond).String()
	}
	const kibMinutesOfMiBHour = 1024 * 60
	stored := fmt.Sprintf("%.1f", float64(u.StoredKiBMinutes)/kibMinutesOfMiBHour)
	return render.Row{u.Served, u.Refused, render.Size(u.BytesIn), render.Size(u.BytesOut), mean, stored, (time.Duration(u.ActiveSeconds) * time.Second).String()}
}
