package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
)

// options are what `platform drill` is asked.
type options struct {
	*cmdutil.Factory

	target environment.Target
	run    environment.RunOptions
	steps  []string
	tenant string
	caFile string
	report string
	dryRun bool
	json   bool
}

// NewCommand rehearses recovery.
func NewCommand(f *cmdutil.Factory) *cobra.Command { return newDrill(f, nil) }

func newDrill(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "drill",
		Short: "Rehearse recovery, measure it, and write a dated report",
		Long: `Rehearse recovery in a living environment, measure it, and write a dated report.

tenant     archives a tenant, brings that back into a new tenant, drill-<time>, and compares
snapshot   takes a snapshot of the database, builds an instance from it, and looks into it
failover   writes rows and forces the database onto its standby: EVERY CONNECTION BREAKS, for one to two minutes on AWS
node       ends a machine of the cluster, as a power cut does, and watches its pods come back elsewhere
zone       ends all machines of a zone at once: a part of what runs is GONE until Kubernetes notices, minutes on AWS

What a drill makes it removes, also after a failure or Ctrl-C; a run that was killed is cleaned up by the next one. The
archives stay. On AWS a snapshot's instance takes 20 minutes or more and costs what half a Multi-AZ instance does by the
hour. The database, of which snapshot and failover look for what was lost, is reached from inside the VPC alone
(runbooks/README.md says how). node and zone ask Kubernetes by kubectl: on AWS set KUBECONFIG, or run the drill inside
"platform tunnel".

Exit codes: 0 every step passed and met its objective, 1 one did not, 2 wrong arguments.`,
		Example: `  platform drill --steps tenant,snapshot,failover
  platform drill --env dev --steps tenant --tenant acme`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.target.Check(), exit.UsageError(o.check()), cmdutil.RequireFolder("--report", o.report)); err != nil {
				return err
			}
			return run.Or(rehearse)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.run.AddPolicyPackFlag(cmd)
	cmdutil.AddJSON(cmd, &o.json)
	flags := cmd.Flags()
	flags.BoolVar(&o.dryRun, "dry-run", false, "tell what would be rehearsed, and do nothing")
	flags.StringSliceVar(&o.steps, "steps", []string{StepTenant, StepSnapshot}, "what to rehearse: "+strings.Join(Steps, ", "))
	_ = cmd.RegisterFlagCompletionFunc("steps", cobra.FixedCompletions(Steps, cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&o.tenant, "tenant", "", "whose archive is restored (default: the first that has a table)")
	flags.StringVar(&o.caFile, "ca-file", os.Getenv("PGSSLROOTCERT"), "the authorities of the database's certificate (default: $PGSSLROOTCERT; a local cloud's own)")
	flags.StringVar(&o.report, "report", "", "the report's file (default: drill-<environment>-<time>.md here)")
	return cmd
}

func (o *options) check() error {
	if len(o.steps) == 0 {
		//page:none what was typed is wrong, and the message says what is right
		return fmt.Errorf("--steps: got none, expected some of %s", strings.Join(Steps, ", "))
	}
	var wrong []error
	for _, step := range o.steps {
		if !slices.Contains(Steps, step) {
			//page:none what was typed is wrong, and the message says what is right
			wrong = append(wrong, fmt.Errorf("--steps: got %q, expected some of %s", step, strings.Join(Steps, ", ")))
		}
	}
	if o.tenant != "" {
		if err := tenant.CheckName(o.tenant); err != nil {
			wrong = append(wrong, fmt.Errorf("--tenant: %w", err))
		}
	}
	return errors.Join(wrong...)
}

// plan says what a drill would make, break and remove.
func (o *options) plan() string {
	whose := "the first tenant that has a table"
	if o.tenant != "" {
		whose = "tenant " + o.tenant
	}
	does := map[string]string{
		StepTenant:   "archives " + whose + ", makes a tenant drill-<time>, restores the archive into it, archives it, and removes it; its archives stay",
		StepSnapshot: "takes a snapshot of the database, builds an instance <database>" + suffix + " from it, looks into it, and removes both",
		StepFailover: "writes rows into a schema " + probeSchema + ", forces the database onto its standby, which BREAKS EVERY CONNECTION, and drops the schema",
		StepNode:     "ENDS A MACHINE of the cluster, on which a replica of " + workload + " runs",
		StepZone:     "ENDS ALL MACHINES of a zone of the cluster, in which a replica of " + workload + " runs",
	}
	lines := []string{"would rehearse in " + o.target.Name + ":"}
	for _, step := range Steps {
		if slices.Contains(o.steps, step) {
			lines = append(lines, fmt.Sprintf("%-8s  %s", step, does[step]))
		}
	}
	return strings.Join(lines, "\n")
}

func rehearse(ctx context.Context, o *options) error {
	if o.dryRun {
		o.Print(o.plan())
		return nil
	}
	if err := o.run.PreparePolicyPack(); err != nil {
		return err
	}
	return o.target.Tenants(ctx, o.Factory, o.run, false, o.rehearse)
}

// rehearse takes the steps, and tells what was found. A report that says "failed" is written, too.
func (o *options) rehearse(ctx context.Context, t *tenant.Tenants) error {
	cluster := onAWS()
	if o.target.Local() {
		cloud, err := o.target.Cloud(o.Factory)
		if err != nil {
			return err
		}
		state, err := cloud.Running(ctx)
		if err != nil {
			return err
		}
		o.caFile = cmp.Or(o.caFile, state.Postgres.CAFile)
		cluster = onLocalCloud(state)
	}
	d := Drill{Tenants: t, Tenant: o.tenant, CAFile: o.caFile, Cluster: cluster, Out: o.Err}
	report := d.Run(ctx, o.steps)
	if o.report == "" {
		o.report = fmt.Sprintf("drill-%s-%s.md", report.Environment, report.BeganAt.Format("20060102T150405Z"))
	}
	if err := os.WriteFile(o.report, []byte(report.Markdown()), 0o644); err != nil { //nolint:gosec // to be read by all
		return fmt.Errorf("write the report: %w", err)
	}
	if err := o.Answer(o.json, report, func() string { return reportText(report, o.report) }); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	o.prove(ctx, report)
	if !report.Passed() {
		//page:none its report says which step failed, and how
		return errors.New("the drill failed: " + failures(report))
	}
	return nil
}

func reportText(r Report, file string) string {
	t := render.NewTable("STEP", "VERDICT", "RTO", "OBJECTIVE", "RPO", "OBJECTIVE")
	for _, s := range r.Steps {
		t.AppendRow(render.Row(s.Row()))
	}
	return fmt.Sprintf("%s\nin %s; the report is %s", t.Render(), r.EndedAt.Sub(r.BeganAt).Round(time.Second), file)
}

func failures(r Report) string {
	var list []string
	for _, s := range r.Steps {
		if !s.Passed {
			list = append(list, s.Step+": "+s.Error)
		}
	}
	return strings.Join(list, "\n")
}
