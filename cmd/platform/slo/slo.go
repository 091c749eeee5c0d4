// Package slo shows whether tenants were served as it is promised to them.
package slo

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

type options struct {
	*cmdutil.Factory

	target environment.Target
	period cmdutil.Period
	now    time.Time
	json   bool
}

// NewCommand shows how tenants were served.
func NewCommand(f *cmdutil.Factory) *cobra.Command { return newCommand(f, nil) }

func newCommand(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f, now: time.Now().UTC()}
	cmd := &cobra.Command{
		Use:   "slo",
		Short: "Show whether tenants were served as promised, by tier, and how much of the error budget is used",
		Long: `Show how many of the tenants' requests were served, against the availability that is promised to each tier, and how many answers
began in time, against the tier's objective; and which tenants were served worse than promised. As the ledger has it, which counts
each request at the edge: of this month, or of another one or a day.
A request counts that was served, or should have been. What a limit, a suspension or the client itself ended does not.
The error budget is the failures that the promise allows: above 100 per cent of it, the promise is broken.`,
		Example: `  platform slo --env prod
  platform slo --env prod --month 2026-10
  platform slo --env prod --day 2026-11-29 --json`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := cmdutil.OnlyOne(cmd, "day", "month"); err != nil {
				return err
			}
			if err := o.target.Check(); err != nil {
				return err
			}
			return run.Or(show)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.period.AddFlags(cmd, "this month")
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

func show(ctx context.Context, o *options) error {
	asked := o.period.Or(cmdutil.ThisMonth(o.now))
	from, to, err := asked.Span(o.now)
	if err != nil {
		return err
	}
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, false, func(ctx context.Context, t *tenant.Tenants) error {
		levels, err := t.Levels(ctx, from, to)
		if err != nil {
			return err
		}
		return o.Answer(o.json, levels, func() string { return levelsText(levels, asked.Text(o.now)) })
	})
}

func levelsText(l *tenant.Levels, when string) string {
	t := newTable("TIER")
	for _, tier := range l.Tiers {
		t.AppendRow(cells(tier.Tier, tier))
	}
	var out strings.Builder
	out.WriteString(t.Render())
	fmt.Fprintf(&out, "\n(%s, %s, UTC, by the edge's count of each request. A tenant counts for the tier that it has now.)", l.Environment, when)
	if l.Gone.Valid > 0 {
		fmt.Fprintf(&out, "\nof tenants that are gone: %d requests, %d failed", l.Gone.Valid, l.Gone.Failed)
	}
	if l.Nobody > 0 {
		fmt.Fprintf(&out, "\nfailed before anybody knew whose they were: %d requests", l.Nobody)
	}
	out.WriteString(worstText(l.Tenants))
	for _, w := range l.Warnings {
		out.WriteString("\nwarning: " + w)
	}
	return out.String()
}

// mostTenants is how many tenants the text names. JSON has all.
const mostTenants = 20

// worstText is the tenants to which a promise was broken.
func worstText(tenants []tenant.Level) string {
	t := newTable("TENANT")
	broken := 0
	for _, one := range tenants {
		if !one.PromiseBroken {
			continue
		}
		if broken++; broken <= mostTenants {
			t.AppendRow(cells(one.Tenant+" ("+one.Tier+")", one))
		}
	}
	switch {
	case broken == 0 && len(tenants) > 0:
		return "\nno tenant was served worse than promised"
	case broken == 0:
		return "\nno tenant had a request that counts"
	case broken > mostTenants:
		return fmt.Sprintf("\n\nserved worse than promised (the worst %d of %d):\n", mostTenants, broken) + t.Render()
	}
	return "\n\nserved worse than promised:\n" + t.Render()
}

func newTable(first string) table.Writer {
	t := render.NewTable(first, "REQUESTS", "FAILED", "SERVED", "PROMISED", "BUDGET USED", "SLOW", "IN TIME", "AIM")
	columns := make([]table.ColumnConfig, 0)
	const firstNumber, lastNumber = 2, 8
	for n := firstNumber; n <= lastNumber; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(columns)
	return t
}

func cells(name string, l tenant.Level) render.Row {
	return render.Row{
		name, l.Valid, l.Failed, percent(l.ServedPercent), percent(&l.PromisedPercent), mark(percent(l.BudgetPercent), l.PromiseBroken),
		l.Slow, mark(percent(l.InTimePercent), l.ObjectiveMissed), fmt.Sprintf("%s within %s", percent(&l.AimedPercent), l.Within),
	}
}

func percent(d *decimal.Decimal) string {
	if d == nil {
		return "-"
	}
	return d.String() + " %"
}

// mark shows what is worse than it should be, also where there are no colours.
func mark(text string, bad bool) string {
	if bad {
		return "! " + text
	}
	return text
}
