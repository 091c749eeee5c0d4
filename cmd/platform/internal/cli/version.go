package cli

import (
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the versions of this command, its Go and its Pulumi SDK",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			info, _ := debug.ReadBuildInfo()
			a.print(versionText(info))
			return nil
		},
	}
}

func versionText(info *debug.BuildInfo) string {
	if info == nil {
		return "platform (built without module information)"
	}
	revision, sdk := info.Main.Version, "unknown"
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			revision = setting.Value
		}
	}
	for _, module := range info.Deps {
		if module.Path == "github.com/pulumi/pulumi/sdk/v3" {
			sdk = module.Version
		}
	}
	return fmt.Sprintf("platform %s, %s, Pulumi SDK %s", revision, info.GoVersion, sdk)
}
