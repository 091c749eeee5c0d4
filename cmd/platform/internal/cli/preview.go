package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/cmd/platform/internal/progress"
	"github.com/genericcorp/platform/internal/environments"
)

// knownStacks are the stacks of environments: the local cloud's and those on AWS.
var knownStacks = environments.All().Stacks()

// target says which stack a command means.
type target struct {
	place
	stack string
}

func (t *target) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&t.stack, "stack", local.Stack, "which environment: "+strings.Join(knownStacks, ", "))
	t.place.addFlags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("stack", cobra.FixedCompletions(knownStacks, cobra.ShellCompDirectiveNoFileComp))
}

func (t *target) check() error {
	if !slices.Contains(knownStacks, t.stack) {
		return exit.Usagef("--stack: got %q, expected one of %s", t.stack, strings.Join(knownStacks, ", "))
	}
	return nil
}

// change is one line of a preview.
type change struct {
	Operation  progress.Action `json:"operation"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Properties []string        `json:"properties,omitempty"` // inputs that change
}

// problem is an error or a warning, of the engine, a provider or a policy.
type problem struct {
	Warning  bool   `json:"warning"`
	Resource string `json:"resource,omitempty"`
	Message  string `json:"message"`
}

// previewReport is what `platform preview --json` prints, also when the preview failed.
type previewReport struct {
	Stack    string                  `json:"stack"`
	Failed   bool                    `json:"failed"`
	Counts   map[progress.Action]int `json:"counts"`
	Changes  []change                `json:"changes"`
	Problems []problem               `json:"problems"`
	Cost     *costChange             `json:"cost,omitempty"` // nil: it cannot be told
}

func (a *app) previewCommand() *cobra.Command {
	var t target
	var j judged
	var asJSON, expectNone bool
	var stepsFile string
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show what a deployment would change, and change nothing",
		Long: `Show what a deployment would change, and change nothing.

For the stack local the local cloud is started unless it runs. For an environment on AWS your own Pulumi
engine, backend and AWS credentials are used, as by "pulumi preview".

With --program the stack is not described by this command's own program but by that one, which runs in a process
without credentials: so is a pull request judged by a command and a policy pack that it cannot change. It may describe
resources of the packages aws, eks, kubernetes and random, by values alone; whatever could make the engine or a provider
run a program, read a file or turn elsewhere is refused. Only with --confine has it no way around that.`,
		Example: `  platform preview
  platform preview --stack prod --expect-no-changes   # exit code 3 when prod has drifted from its settings`,
		Args: cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := t.check(); err != nil {
				return err
			}
			if err := a.prepare(cmd.Context(), &j, t.stack); err != nil {
				return err
			}
			j.steps = &steps{}
			snapshot, failure := a.preview(cmd.Context(), t, j)
			if stepsFile != "" {
				if err := j.steps.write(stepsFile); err != nil {
					return err
				}
			}
			report := newPreviewReport(t.stack, snapshot, failure)
			report.Cost = a.priceOf(j.steps, j, t.stack)
			var err error
			switch {
			case asJSON && (failure == nil || snapshot.Done > 0):
				err = a.PrintJSON(report)
			case failure == nil:
				a.Print(previewText(report))
			}
			if failure != nil {
				return failure
			}
			if err == nil && j.plan != "" {
				err = newPlan(report).write(j.plan)
			}
			if err == nil && expectNone && len(report.Changes) > 0 {
				err = exit.With(exit.Changes, errors.New("the stack is not as its settings say"))
			}
			return err
		},
	}
	t.addFlags(cmd)
	j.addFlags(cmd)
	cmd.Flags().StringVar(&j.plan, "save-plan", "", "write what would be changed to this file, for `platform up --plan`")
	cmd.Flags().StringVar(&stepsFile, "save-steps", "", "write every step to this file, for `platform cost --file`")
	cmd.Flags().BoolVar(&j.closed, "closed-secrets", false, "with --settings: put a placeholder for each secret, where its key is out of reach")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document on standard output")
	cmd.Flags().BoolVar(&expectNone, "expect-no-changes", false, "fail with exit code 3 when there are changes")
	return cmd
}

func (a *app) preview(ctx context.Context, t target, j judged) (progress.Snapshot, error) {
	if t.stack == local.Stack {
		cloud, err := a.judgedCloud(t.place, j)
		if err != nil {
			return progress.Snapshot{}, err
		}
		return cloud.Preview(ctx)
	}
	stack, closeStack, err := a.remote(ctx, t.stack, j)
	if err != nil {
		return progress.Snapshot{}, err
	}
	defer closeStack()
	tracker := progress.NewTracker(0, time.Now)
	reporter := progress.Report(tracker, a.Err, a.Width)
	err = stack.Preview(ctx, j.operation(), tracker)
	return reporter.Close(), err
}

// remote opens a stack on AWS, after its settings were checked.
func (a *app) remote(ctx context.Context, name string, j judged) (stack *engine.Stack, closeStack func(), err error) {
	root, err := a.Project()
	if err != nil {
		return nil, nil, err
	}
	settings := j.settings
	if settings == "" {
		settings = filepath.Join(root, settingsName(name))
	}
	if err := a.Check(settings); err != nil {
		return nil, nil, exit.UsageError(err)
	}
	work, err := j.workdir(root, name)
	if err != nil {
		return nil, nil, err
	}
	stack, err = engine.Open(ctx, awsWorkspace(work.dir), name, engine.Program{
		Run: a.Program, Path: j.program, Confine: j.confine, Runner: process.Runner{Hard: a.Hard}, Log: io.Discard,
	})
	if err == nil {
		err = work.close(ctx, stack)
	}
	if err != nil {
		work.remove()
		return nil, nil, err
	}
	return stack, work.remove, nil
}

// awsWorkspace is where the engine works on a stack on AWS: with the person's own backend and credentials. What encrypts the
// stack's secrets is taken from its state when no file tells it.
func awsWorkspace(dir string) engine.Workspace {
	return engine.Workspace{Dir: dir, Variables: map[string]string{"PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER": "true"}}
}

func newPreviewReport(stack string, s progress.Snapshot, failure error) *previewReport {
	report := &previewReport{Stack: stack, Failed: failure != nil, Counts: s.Changes, Changes: []change{}, Problems: []problem{}}
	for _, p := range s.Problems {
		report.Problems = append(report.Problems, problem{p.Warning, p.Resource, p.Message})
	}
	for _, step := range s.Changed {
		report.Changes = append(report.Changes, change{step.Action, step.Type, step.Name, step.Diffs})
	}
	return report
}

func previewText(r *previewReport) string {
	counts := wouldText(changesText(r.Counts))
	price := ""
	if r.Cost != nil {
		price = "\n" + r.Cost.text()
	}
	if len(r.Changes) == 0 {
		return fmt.Sprintf("stack %s: no changes (%s)%s", r.Stack, counts, price)
	}
	t := inventory.NewTable("OPERATION", "TYPE", "NAME", "PROPERTIES")
	for _, c := range r.Changes {
		t.AppendRow(table.Row{c.Operation, c.Type, c.Name, strings.Join(c.Properties, ", ")})
	}
	return fmt.Sprintf("%s\n\nstack %s: %s%s", t.Render(), r.Stack, counts, price)
}
