package cmdutil

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// Run is what a command does once its options are read. A noun's constructor of a command takes one, so that a test sees
// the options without anything being done; nil is the command's own.
type Run[Options any] func(ctx context.Context, options *Options) error

// Or is run, or else the command's own.
func (run Run[Options]) Or(own Run[Options]) Run[Options] {
	if run != nil {
		return run
	}
	return own
}

// Group makes parent a command that only has subcommands: alone it shows its help, with an unknown word it fails.
func Group(parent *cobra.Command, children ...*cobra.Command) *cobra.Command {
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
		return exit.Usagef("%s", message)
	}
	return parent
}

// Args marks what a rule for arguments refuses as a mistake in the command line.
func Args(rule cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error { return exit.UsageError(rule(cmd, args)) }
}

// NoArgs refuses arguments.
var NoArgs = Args(cobra.NoArgs)

// OnlyOne refuses flags that exclude each other.
func OnlyOne(cmd *cobra.Command, flags ...string) error {
	given := slices.DeleteFunc(flags, func(name string) bool { return !cmd.Flags().Changed(name) })
	if len(given) > 1 {
		return exit.Usagef("--%s: name only one of them", strings.Join(given, " and --"))
	}
	return nil
}

// AddJSON adds the flag --json.
func AddJSON(cmd *cobra.Command, asJSON *bool) {
	cmd.Flags().BoolVar(asJSON, "json", false, "print one JSON document on standard output, and everything else on standard error")
}
