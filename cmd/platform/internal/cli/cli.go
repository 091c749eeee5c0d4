// Package cli is the operator's command: flags, help and output. What is done is in the packages beside it.
package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/genericcorp/platform/cmd/platform/internal/explain"
	"github.com/genericcorp/platform/cmd/platform/internal/inventory"
	"github.com/genericcorp/platform/cmd/platform/internal/local"
	"github.com/genericcorp/platform/cmd/platform/internal/process"
	"github.com/genericcorp/platform/internal/artifact"
)

// Platform is what the command operates: the program and the rules for its settings.
type Platform struct {
	Program pulumi.RunFunc
	Check   func(settingsFile string) error // all mistakes of a settings file at once
	Pricer  inventory.Pricer                // nil: nothing is priced
	Samples []local.Sample                  // the tenants that a local cloud has from the beginning
	// BuildArchive builds the archive of a function, for a local cloud.
	BuildArchive func(context.Context, artifact.Options) error
}

// app is one run of the command.
type app struct {
	Platform
	out  io.Writer // results: tables or one JSON document
	err  io.Writer // messages, progress and errors
	hard context.Context
}

// Main runs the command and returns its exit code.
func Main(platform Platform, args []string) int {
	soft, hard, stop := process.WatchInterrupts(context.Background(), func(number int) {
		if number == 1 {
			fmt.Fprintln(os.Stderr, "\ninterrupted: waiting for what is in flight, so that nothing is lost; Ctrl-C again stops at once")
		} else {
			fmt.Fprintln(os.Stderr, "\nstopping at once; the next run mends the state")
		}
	})
	defer stop()
	a := &app{Platform: platform, out: os.Stdout, err: os.Stderr, hard: hard}
	root := a.root()
	root.SetArgs(args)
	root.SetOut(a.out)
	root.SetErr(a.err)
	err := root.ExecuteContext(soft)
	a.explain(err)
	return exitCode(err)
}

// explain prints an error and what helps against it.
func (a *app) explain(err error) {
	if err == nil {
		return
	}
	_, _ = fmt.Fprintf(a.err, "platform: %v\n", err)
	if help := explain.Help(err); help != "" {
		_, _ = fmt.Fprintf(a.err, "\n%s\n", help)
	}
	var usage usageError
	if errors.As(err, &usage) {
		_, _ = fmt.Fprintln(a.err, "`platform --help` and `platform <command> --help` tell what there is.")
	}
}

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "platform",
		Short: "Operate the Generic Corp platform",
		Long: `Operate the Generic Corp platform: a whole environment on this machine without any cloud
account, and a look at what the environments on AWS are and would become.

Start with:  platform local up

Exit codes: 0 done, 1 failed, 2 wrong arguments or settings (nothing was started),
3 preview --expect-no-changes found changes, 4 no such tenant, 130 interrupted.`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	group(root, a.localCommand(), a.previewCommand(), a.deployCommand(), a.outputsCommand(), a.tenantCommand(), a.drillCommand(), a.costCommand(), a.bootstrapCommand(), a.versionCommand(), confinedCommand())
	root.InitDefaultCompletionCmd()
	return root
}

// group makes parent a command that only has subcommands: alone it shows its help, with an unknown word it fails.
func group(parent *cobra.Command, children ...*cobra.Command) {
	parent.AddCommand(children...)
	parent.SuggestionsMinimumDistance = 2
	parent.Args = cobra.ArbitraryArgs
	parent.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		message := fmt.Sprintf("unknown command %q for %q", args[0], cmd.CommandPath())
		if similar := cmd.SuggestionsFor(args[0]); len(similar) > 0 {
			message += fmt.Sprintf(", did you mean %q?", similar[0])
		}
		return usageError{errors.New(message)}
	}
}

// noArgs refuses arguments as a mistake in the command line.
func noArgs(cmd *cobra.Command, args []string) error {
	if err := cobra.NoArgs(cmd, args); err != nil {
		return usageError{err}
	}
	return nil
}

// width is the number of columns of the terminal to which progress goes, and 0 when it goes elsewhere.
func (a *app) width() int {
	file, ok := a.err.(*os.File)
	if !ok || !term.IsTerminal(int(file.Fd())) {
		return 0
	}
	columns, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return columns
}

// printJSON writes one document.
func (a *app) printJSON(document any) error {
	encoder := json.NewEncoder(a.out)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(document); err != nil {
		return fmt.Errorf("print the result: %w", err)
	}
	return nil
}

// print writes text for a person.
func (a *app) print(text string) { _, _ = fmt.Fprintln(a.out, text) }
