// Package image makes the container images of this repository's programs, and brings them to an environment.
//
//page:none what was typed is wrong, and the message says what is right
package image

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/ociimage"
)

// NewCommand is the group of commands about images.
func NewCommand(f *cmdutil.Factory) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "image",
		Short: "Make container images, without Docker, and bring them to an environment",
		Long: `Make the container images of this repository's programs, without Docker, and bring them to an environment. The same
sources and the same version of Go give the same digest on every machine (docs/images.md).`,
		Example: `  platform image build                     # compile and pack, and print the digests
  platform image build sample --push       # into the local cloud's registry
  platform image build --push --env prod
  platform image copy docker.io/envoyproxy/envoy@sha256:<digest> --as envoy --env prod
  platform image list --env prod`,
	}
	return cmdutil.Group(cmd, newBuild(f, nil), newPush(f, nil), newCopy(f, nil), newList(f, nil))
}

// inEnvironment gives a command the flags that name an environment, and --json, and has it refuse wrong ones before it runs.
func inEnvironment(cmd *cobra.Command, target *environment.Target, asJSON *bool, run func(context.Context) error) {
	target.AddFlags(cmd)
	cmdutil.AddJSON(cmd, asJSON)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := target.Check(); err != nil {
			return err
		}
		return run(cmd.Context())
	}
}

// names are the images that this repository makes.
func names() []string {
	images, err := ociimage.Images()
	if err != nil {
		return nil
	}
	list := make([]string, len(images))
	for i, image := range images {
		list[i] = image.Name
	}
	return list
}

// tell tells a person what goes on.
func tell(f *cmdutil.Factory, doing string) { _, _ = fmt.Fprintln(f.Err, doing) }

// sentText says whether an image was sent or stood there already.
func sentText(sent bool) string {
	if sent {
		return "yes"
	}
	return "was there"
}

// inAccount does work with the repositories of a deployed environment.
func inAccount(ctx context.Context, target *environment.Target, f *cmdutil.Factory, work func(context.Context, repositories.Repositories) error) error {
	return target.Tenants(ctx, f, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		found, err := repositories.In(ctx, t.Environment)
		if err != nil {
			return err
		}
		return work(ctx, found)
	})
}
