// Package version tells which command this is.
package version

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
)

// release is the version of a release, which the linker sets (cmd/dist); a build of a checkout has its commit.
var release string

// NewCommand prints versions.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of this command, its Go and its Pulumi SDK",
		Args:  cmdutil.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			f.Print(text(release, info))
			return nil
		},
	}
}

func text(release string, info *debug.BuildInfo) string {
	if info == nil {
		return "platform (built without module information)"
	}
	revision, sdk := info.Main.Version, "unknown"
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	if release != "" {
		revision = release
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/pulumi/pulumi/sdk/v3" {
			sdk = module.Version
		}
	}
	return fmt.Sprintf("platform %s, %s, Pulumi SDK %s", revision, info.GoVersion, sdk)
}
