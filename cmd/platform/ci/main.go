package ci

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// Main runs the steps without the rest of the operator's command, and returns the exit code.
func Main(args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	cmd := NewCommand(NewHost())
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetArgs(args)
	err := cmd.ExecuteContext(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "ci:", forLog(err.Error()))
	}
	return int(exit.Of(err))
}
