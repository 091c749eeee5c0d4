package cli

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/logs"
)

func (a *app) logsCommand(p *place) *cobra.Command {
	var follow, asJSON bool
	var lines int
	cmd := &cobra.Command{
		Use:   "logs [process]",
		Short: "Show the log of one process, or of all",
		Long: `Show the last lines of the log of one process of the local cloud ("engine" is the deployment
engine), or of all of them, each line after its process's name.`,
		Example: "  platform local logs moto -f\n  platform local logs -n 5",
		Args: func(cmd *cobra.Command, args []string) error {
			if err := cobra.MaximumNArgs(1)(cmd, args); err != nil {
				return exit.UsageError(err)
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			cloud, err := a.cloud(*p)
			if err != nil {
				return err
			}
			if lines < 0 {
				return exit.Usagef("--lines: got %d, expected 0 or more", lines)
			}
			dir := filepath.Dir(localdir.Home{Dir: cloud.Dir}.Log("engine"))
			names, err := chooseLogs(dir, args)
			if err != nil {
				return err
			}
			sources := logs.Open(dir, names)
			show := logs.Text(a.Out, len(names) > 1)
			if asJSON {
				show = logs.JSON(a.Out)
			}
			if err := logs.Tail(sources, lines, show); err != nil || !follow {
				return err
			}
			return logs.Follow(cmd.Context(), sources, 300*time.Millisecond, show)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on showing what is added, until Ctrl-C")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print each line as a JSON document of its own, with its process")
	cmd.Flags().IntVarP(&lines, "lines", "n", 50, "how many lines of each log")
	return cmd
}

// chooseLogs returns the processes whose logs are wanted.
func chooseLogs(dir string, args []string) ([]string, error) {
	names, err := logs.Names(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there are no logs in " + dir)
	}
	if len(args) == 0 {
		return names, nil
	}
	if !slices.Contains(names, args[0]) {
		return nil, exit.Usagef("there is no log of %q, only of %s", args[0], strings.Join(names, ", "))
	}
	return args, nil
}
