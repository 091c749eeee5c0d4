// Package deploy previews and deploys environments, and shows what they tell their users.
package deploy

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// Commands are preview, up and outputs.
func Commands(f *cmdutil.Factory) []*cobra.Command {
	return []*cobra.Command{newPreview(f, nil), newUp(f, nil), newOutputs(f, nil)}
}
