// Package sandboxed is what a preview with --program runs, by way of --sandbox: the other program, and beside it the relay by
// which the sandbox reaches it.
package sandboxed

import (
	"errors"
	"os"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/engine"
	"github.com/genericcorp/platform/cmd/platform/internal/sandbox"
)

// NewCommand runs another's program, and ends as it does.
func NewCommand() *cobra.Command {
	return &cobra.Command{
		Use:    engine.Sandboxed + " <socket> <program>",
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
