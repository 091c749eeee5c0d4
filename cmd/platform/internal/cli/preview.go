package cli

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
)

// environments are the stacks that the command knows.
var environments = []string{local.Stack, "dev", "prod"}

// target says which stack a command means.
type target struct {
	place
	stack string
}

func (t *target) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.stack, "stack", local.Stack, "which environment: "+strings.Join(environments, ", "))
	t.place.addFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("stack", cobra.FixedCompletions(environments, cobra.ShellCompDirectiveNoFileComp))
}

func (t *target) check() error {
	if !slices.Contains(environments, t.stack) {
		return usageError{fmt.Errorf("--stack: got %q, expected one of %s", t.stack, strings.Join(environments, ", "))}
	}
	return nil
}

// change is one line of a preview.
type change struct {
	Operation  apitype.OpType `json:"operation"`
	Type       string         `json:"type"`
	Name       string         `json:"name"`
	Properties []string       `json:"properties,omitempty"` // inputs that change
}

// previewReport is what `platform preview --json` prints.
type previewReport struct {
	Stack   string                 `json:"stack"`
	Counts  map[apitype.OpType]int `json:"counts"`
	Changes []change               `json:"changes"`
}

func (a *app) previewCommand() *cobra.Command {
	var t target
	var asJSON, expectNone bool
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show what a deployment would change, and change nothing",
		Long: `Show what a deployment would change, and change nothing.

For the stack local the local cloud is started unless it runs. For dev and prod your own Pulumi
engine, backend and AWS credentials are used, as by "pulumi preview".`,
		Example: `  platform preview
  platform preview --stack prod --expect-no-changes   # exit code 3 when prod has drifted from its settings`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.check(); err != nil {
				return err
			}
			snapshot, err := a.preview(cmd.Context(), t)
			if err != nil {
				return err
			}
			report := newPreviewReport(t.stack, snapshot)
			if asJSON {
				err = a.printJSON(report)
			} else {
				a.print(previewText(report))
			}
			if err == nil && expectNone && len(report.Changes) > 0 {
				err = errChanges
			}
			return err
		},
	}
	t.addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	cmd.Flags().BoolVar(&expectNone, "expect-no-changes", false, "fail with exit code 3 when there are changes")
	return cmd
}

func (a *app) preview(ctx context.Context, t target) (progress.Snapshot, error) {
	if t.stack == local.Stack {
		cloud, err := a.cloud(t.place)
		if err != nil {
			return progress.Snapshot{}, err
		}
		return cloud.Preview(ctx)
	}
	stack, err := a.remote(ctx, t.stack)
	if err != nil {
		return progress.Snapshot{}, err
	}
	tracker := progress.NewTracker(0, time.Now)
	reporter := progress.Report(tracker, a.err, a.width)
	err = stack.Preview(ctx, tracker.Observe)
	return reporter.Close(), err
}

// remote opens a stack on AWS, after its settings were checked.
func (a *app) remote(ctx context.Context, name string) (*engine.Stack, error) {
	root, err := repository()
	if err != nil {
		return nil, err
	}
	if err := a.Check(filepath.Join(root, "Pulumi."+name+".yaml")); err != nil {
		return nil, &local.SettingsError{Err: err}
	}
	return engine.OpenRemote(ctx, root, name, engine.Program{
		Run: a.Program, Runner: process.Runner{Hard: a.hard}, Log: io.Discard,
	})
}

func newPreviewReport(stack string, s progress.Snapshot) *previewReport {
	report := &previewReport{Stack: stack, Counts: s.Changes, Changes: []change{}}
	for _, step := range s.Changed {
		report.Changes = append(report.Changes, change{step.Op, step.Type, step.Name, step.Diffs})
	}
	return report
}

func previewText(r *previewReport) string {
	counts := changesText(r.Counts)
	for done, would := range map[string]string{"created": "to create", "updated": "to update", "deleted": "to delete"} {
		counts = strings.ReplaceAll(counts, done, would)
	}
	if len(r.Changes) == 0 {
		return fmt.Sprintf("stack %s: no changes (%s)", r.Stack, counts)
	}
	t := inventory.NewTable("OPERATION", "TYPE", "NAME", "PROPERTIES")
	for _, c := range r.Changes {
		t.AppendRow(table.Row{c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", ")})
	}
	return fmt.Sprintf("%s\n\nstack %s: %s", t.Render(), r.Stack, counts)
}
