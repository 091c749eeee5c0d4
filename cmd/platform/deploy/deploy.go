// Package deploy previews and deploys environments, and shows what they tell their users.
//
//page:none what was typed is wrong, and the message says what is right
package deploy

import (
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// Commands are preview, up and outputs.
func Commands(f *cmdutil.Factory) []*cobra.Command {
	return []*cobra.Command{newPreview(f, nil), newUp(f, nil), newOutputs(f, nil)}
}
