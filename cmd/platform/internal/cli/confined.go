package cli

import (
	"errors"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/sandbox"
)

// confinedCommand is what a preview with --program runs, by way of --confine: the other program, and beside it the
// relay by which the guard reaches it. It ends as the program does.
func confinedCommand() *cobra.Command {
	return &cobra.Command{
		Use:    engine.Confined + " <socket> <program>",
		Short:  "Run another's program for a preview",
		Hidden: true,
		Args:   cobra.ExactArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			err := sandbox.Run(args[0], args[1])
			var exit *exec.ExitError
			if errors.As(err, &exit) {
				os.Exit(exit.ExitCode())
			}
			return err
		},
	}
}
