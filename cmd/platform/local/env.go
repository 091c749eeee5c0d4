package local

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

func newEnv(f *cmdutil.Factory, run cmdutil.Run[options]) *cobra.Command {
	o := &options{Factory: f}
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the variables that point aws, kubectl, psql and pulumi at the local cloud",
		Long: `Print shell commands that point aws, kubectl, psql and pulumi at the local cloud, in the shell that
evaluates them. The AWS credentials among them are the emulator's, and worth nothing elsewhere. With --json
the variables are printed by name.`,
		Example: `  eval "$(platform local env)"`,
		Args:    cmdutil.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return run.Or(env)(cmd.Context(), o) },
	}
	o.addFlags(cmd)
	return cmd
}

func env(ctx context.Context, o *options) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	variables, err := cloud.Variables(ctx)
	if err != nil {
		return err
	}
	return o.Answer(o.json, variables, func() string { return exports(variables) })
}

// exports writes variables as commands of a POSIX shell.
func exports(variables map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		lines = append(lines, fmt.Sprintf("export %s='%s'", key, strings.ReplaceAll(variables[key], "'", `'\''`)))
	}
	return strings.Join(lines, "\n")
}
