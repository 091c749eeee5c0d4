package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/drill"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// drillFlags say what is rehearsed, and where the report goes.
type drillFlags struct {
	tenantFlags

	steps  []string
	tenant string
	caFile string
	report string
}

func (a *app) drillCommand() *cobra.Command {
	var f drillFlags
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse recovery, measure it, and write a dated report",
		Long: fmt.Sprintf(`Rehearse recovery in a living environment, measure it, and write a dated report.

tenant     brings an archive of a tenant back into a new tenant, %s, and compares
snapshot   takes a snapshot of the database, builds an instance from it, and looks into it
failover   writes rows and forces the database onto its standby: EVERY CONNECTION BREAKS, for one to two minutes on AWS

What a drill makes it removes, also after a failure or Ctrl-C; a run that was killed is cleaned up by the next one. The
archives stay. On AWS a snapshot's instance takes 20 minutes or more and costs what half a Multi-AZ instance does by the
hour. The database, of which snapshot and failover look for what was lost, is reached from inside the VPC alone
(runbooks/README.md says how).

Exit codes: 0 every step passed and met its objective, 1 one did not, 2 wrong arguments.`, drill.Scratch),
		Example: `  platform drill --steps tenant,snapshot,failover
  platform drill --env dev --steps tenant --tenant acme`,
		Args: f.names(),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := f.checkSteps(); err != nil {
				return exit.UsageError(err)
			}
			if f.dryRun {
				a.Print(fmt.Sprintf("would rehearse %s in %s", strings.Join(f.steps, ", "), f.environment))
				return nil
			}
			return a.onTenants(cmd.Context(), &f.tenantFlags, true, func(ctx context.Context, t *tenant.Tenants) error {
				return a.drill(ctx, f, t)
			})
		},
	}
	f.addFlags(cmd, true)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.steps, "steps", []string{drill.StepTenant, drill.StepSnapshot}, "what to rehearse: "+strings.Join(drill.Steps, ", "))
	_ = cmd.RegisterFlagCompletionFunc("steps", cobra.FixedCompletions(drill.Steps, cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&f.tenant, "tenant", "", "whose archive is restored (default: the first that has a table)")
	flags.StringVar(&f.caFile, "ca-file", os.Getenv("PGSSLROOTCERT"), "the authorities of the database's certificate (default: $PGSSLROOTCERT; a local cloud's own)")
	flags.StringVar(&f.report, "report", "", "the report's file (default: drill-<environment>-<time>.md here)")
	return cmd
}

func (f *drillFlags) checkSteps() error {
	if len(f.steps) == 0 {
		return fmt.Errorf("--steps: got none, expected some of %s", strings.Join(drill.Steps, ", "))
	}
	var wrong []error
	for _, step := range f.steps {
		if !slices.Contains(drill.Steps, step) {
			wrong = append(wrong, fmt.Errorf("--steps: got %q, expected some of %s", step, strings.Join(drill.Steps, ", ")))
		}
	}
	if f.tenant != "" {
		if err := tenant.CheckName(f.tenant); err != nil {
			wrong = append(wrong, fmt.Errorf("--tenant: %w", err))
		}
	}
	return errors.Join(wrong...)
}

// drill rehearses, and tells what was found. A report that says "failed" is written, too.
func (a *app) drill(ctx context.Context, f drillFlags, t *tenant.Tenants) error {
	if f.caFile == "" && f.environment == local.Stack {
		cloud, err := a.cloud(f.place)
		if err != nil {
			return err
		}
		state, err := cloud.Running(ctx)
		if err != nil {
			return err
		}
		f.caFile = state.Postgres.CAFile
	}
	d := drill.Drill{Tenants: t, Tenant: f.tenant, CAFile: f.caFile, Say: a.Err}
	report := d.Run(ctx, f.steps)
	if f.report == "" {
		f.report = fmt.Sprintf("drill-%s-%s.md", report.Environment, report.BeganAt.Format("20060102T150405Z"))
	}
	if err := os.WriteFile(f.report, []byte(report.Markdown()), 0o644); err != nil { //nolint:gosec // to be read by all
		return fmt.Errorf("write the report: %w", err)
	}
	if f.asJSON {
		if err := a.PrintJSON(report); err != nil {
			return err
		}
	} else {
		a.Print(drillText(report, f.report))
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if !report.Passed() {
		return errors.New("the drill failed: " + failures(report))
	}
	return nil
}

func drillText(r drill.Report, file string) string {
	t := inventory.NewTable("STEP", "VERDICT", "RTO", "OBJECTIVE", "RPO", "OBJECTIVE")
	for _, s := range r.Steps {
		t.AppendRow(table.Row(s.Row()))
	}
	return fmt.Sprintf("%s\nin %s; the report is %s", t.Render(), r.EndedAt.Sub(r.BeganAt).Round(time.Second), file)
}

func failures(r drill.Report) string {
	var list []string
	for _, s := range r.Steps {
		if !s.Passed {
			list = append(list, s.Step+": "+s.Error)
		}
	}
	return strings.Join(list, "\n")
}
