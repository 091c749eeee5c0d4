// Package cli is the operator's command: flags, help and output. What is done is in the packages beside it.
package cli

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// app makes the commands that have no package of their own yet.
type app struct{ *cmdutil.Factory }

// Commands are those commands.
func Commands(f *cmdutil.Factory) []*cobra.Command {
	a := &app{f}
	return []*cobra.Command{
		a.localCommand(), a.previewCommand(), a.deployCommand(), a.outputsCommand(), a.tenantCommand(), a.drillCommand(), a.costCommand(),
		a.bootstrapCommand(), confinedCommand(),
	}
}
