package deploy

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/previewreport"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
)

// previewOptions are what `platform preview` is asked.
type previewOptions struct {
	*cmdutil.Factory

	target     environment.Target
	run        environment.RunOptions
	stepsFile  string
	expectNone bool
	json       bool
}

// pricedReport is what `platform preview --json` prints.
type pricedReport struct {
	previewreport.Report

	Cost *costChange `json:"cost,omitempty"` // nil: it cannot be told
}

func newPreview(f *cmdutil.Factory, run cmdutil.Run[previewOptions]) *cobra.Command {
	o := &previewOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show what a deployment would change, and change nothing",
		Long: `Show what a deployment would change, and change nothing.

For the environment local the local cloud is started unless it runs. For those on AWS your own Pulumi
engine, backend and AWS credentials are used, as by "pulumi preview".

With --program the stack is not described by this command's own program but by that one, which runs in a process
without credentials: so is a pull request checked by a command and a policy pack that it cannot change. It may describe
resources of the packages aws, eks, kubernetes and random, by values alone; whatever could make the engine or a provider
run a program, read a file or turn elsewhere is refused. Only with --sandbox has it no way around that.`,
		Example: `  platform preview
  platform preview --env prod --expect-no-changes   # exit code 3 when prod has drifted from its settings`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := errors.Join(o.target.Check(), cmdutil.RequireFolder("--save-steps", o.stepsFile), cmdutil.RequireFolder("--save-plan", o.run.Plan)); err != nil {
				return err
			}
			return run.Or(preview)(cmd.Context(), o)
		},
	}
	o.target.AddFlags(cmd)
	o.target.AddWorkloadsFlag(cmd)
	o.run.AddFlags(cmd)
	flags := cmd.Flags()
	flags.StringVar(&o.run.Plan, "save-plan", "", "write what would be changed to this file, for \"platform up --plan\"")
	flags.StringVar(&o.stepsFile, "save-steps", "", "write every step to this file, for \"platform cost --file\"")
	flags.BoolVar(&o.run.Redact, "redact-secrets", false, "with --settings: put a placeholder for each secret, where its key is out of reach")
	flags.BoolVar(&o.expectNone, "expect-no-changes", false, "fail with exit code 3 when there are changes")
	cmdutil.AddJSON(cmd, &o.json)
	return cmd
}

func preview(ctx context.Context, o *previewOptions) error {
	if err := o.run.Prepare(o.Factory, o.target.Name); err != nil {
		return err
	}
	observed := &steps{}
	o.run.Watch = observed.observe
	snapshot, failure := o.target.Preview(ctx, o.Factory, o.run)
	if o.stepsFile != "" {
		if err := observed.write(o.stepsFile); err != nil {
			return err
		}
	}
	report := pricedReport{newReport(o.target.Stack(), snapshot, failure), o.price(observed)}
	if failure == nil || (o.json && snapshot.Done > 0) {
		if err := o.Answer(o.json, report, func() string { return previewText(report) }); err != nil {
			return errors.Join(failure, err)
		}
	}
	if failure != nil {
		return failure
	}
	if o.run.Plan != "" {
		if err := newPlan(report.Report).write(o.run.Plan); err != nil {
			return err
		}
	}
	if o.expectNone && len(report.Changes) > 0 {
		//page:drift
		return exit.With(exit.Changes, errors.New("the stack is not as its settings say"))
	}
	return nil
}

// price prices the steps of the preview, by the settings that it was made with.
func (o *previewOptions) price(observed *steps) *costChange {
	if o.target.Workloads { // what the environment costs is in another stack
		return nil
	}
	settings := o.run.Settings
	if settings == "" {
		var err error
		if settings, err = environment.SettingsFile(o.Factory, o.target.Name); err != nil {
			return nil
		}
	}
	return priceOf(observed, settings)
}

func newReport(stack string, s progress.Snapshot, failure error) previewreport.Report {
	report := previewreport.Report{
		Stack: stack, Failed: failure != nil, Counts: s.Changes, Changes: []previewreport.Change{},
		Problems: append([]progress.Problem{}, s.Problems...),
	}
	for _, step := range s.Changed {
		report.Changes = append(report.Changes, previewreport.Change{Operation: step.Action, Type: step.Type, Name: step.Name, Properties: step.Diffs})
	}
	return report
}

func previewText(r pricedReport) string {
	counts := render.Planned(r.Counts)
	price := ""
	if r.Cost != nil {
		price = "\n" + r.Cost.text()
	}
	if len(r.Changes) == 0 {
		return fmt.Sprintf("stack %s: no changes (%s)%s", r.Stack, counts, price)
	}
	t := render.NewTable("OPERATION", "TYPE", "NAME", "PROPERTIES")
	for _, c := range r.Changes {
		t.AppendRow(render.Row{c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", ")})
	}
	return fmt.Sprintf("%s\n\nstack %s: %s%s", t.Render(), r.Stack, counts, price)
}
