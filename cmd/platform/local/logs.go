package local

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/localdir"
	"github.com/genericcorp/platform/cmd/platform/internal/logs"
)

// logsOptions are what `platform local logs` is asked.
type logsOptions struct {
	options

	process string // empty: all
	follow  bool
	lines   int
}

func newLogs(f *cmdutil.Factory, run cmdutil.Run[logsOptions]) *cobra.Command {
	o := &logsOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "logs [process]",
		Short: "Show the log of one process, or of all",
		Long: `Show the last lines of the log of one process of the local cloud ("engine" is the deployment
engine), or of all of them, each line after its process's name. With --json each line is a document of its own.`,
		Example: "  platform local logs moto -f\n  platform local logs -n 5",
		Args:    cmdutil.Args(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.lines < 0 {
				return exit.Usagef("--lines: got %d, expected 0 or more", o.lines)
			}
			if len(args) > 0 {
				o.process = args[0]
			}
			return run.Or(showLogs)(cmd.Context(), o)
		},
	}
	o.addFlags(cmd)
	cmd.Flags().BoolVarP(&o.follow, "follow", "f", false, "go on showing what is added, until Ctrl-C")
	cmd.Flags().IntVarP(&o.lines, "lines", "n", 50, "how many lines of each log")
	return cmd
}

func showLogs(ctx context.Context, o *logsOptions) error {
	cloud, err := o.Cloud(o.Factory)
	if err != nil {
		return err
	}
	dir := filepath.Dir(localdir.Folder{Dir: cloud.Dir}.Log("engine"))
	names, err := chooseLogs(dir, o.process)
	if err != nil {
		return err
	}
	sources := logs.Open(dir, names)
	show := logs.Text(o.Out, len(names) > 1)
	if o.json {
		show = logs.JSON(o.Out)
	}
	if err := logs.Tail(sources, o.lines, show); err != nil || !o.follow {
		return err
	}
	o.Idle()
	return logs.Follow(ctx, sources, 300*time.Millisecond, show)
}

// chooseLogs returns the processes whose logs are asked for.
func chooseLogs(dir string, process string) ([]string, error) {
	names, err := logs.Names(dir)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		return nil, errors.New("there are no logs in " + dir)
	}
	if process == "" {
		return names, nil
	}
	if !slices.Contains(names, process) {
		return nil, exit.Usagef("there is no log of %q, only of %s", process, strings.Join(names, ", "))
	}
	return []string{process}, nil
}
