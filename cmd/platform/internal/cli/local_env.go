package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
)

func (a *app) envCommand(p *place) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "env",
		Short: "Print the variables that point aws, kubectl, psql and pulumi at the local cloud",
		Long: `Print shell commands that point aws, kubectl, psql and pulumi at the local cloud, in the shell that
evaluates them. The AWS credentials among them are the emulator's, and worth nothing elsewhere.`,
		Example: `  eval "$(platform local env)"`,
		Args:    cmdutil.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			state, err := cloud.Running(cmd.Context())
			if err != nil {
				return err
			}
			h := localdir.Home{Dir: cloud.Dir}
			variables := maps.Clone(state.Env)
			variables["KUBECONFIG"], variables["PGSSLROOTCERT"] = state.Kubeconfig, state.Postgres.CAFile
			variables["PULUMI_BACKEND_URL"] = "file://" + h.Backend()
			if variables["PULUMI_CONFIG_PASSPHRASE_FILE"], err = h.Passphrase(); err != nil {
				return err
			}
			if asJSON {
				return a.PrintJSON(variables)
			}
			a.Print(exports(variables))
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON document, with the variables by name")
	return cmd
}

// exports writes variables as commands of a POSIX shell.
func exports(variables map[string]string) string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(variables)) {
		lines = append(lines, fmt.Sprintf("export %s='%s'", key, strings.ReplaceAll(variables[key], "'", `'\''`)))
	}
	return strings.Join(lines, "\n")
}
