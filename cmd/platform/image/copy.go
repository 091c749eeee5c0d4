package image

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/internal/ociimage"
)

// copyOptions are what `platform image copy` is asked.
type copyOptions struct {
	*cmdutil.Factory

	target    environment.Target
	reference string // "docker.io/envoyproxy/envoy@sha256:..."
	as        string // the image's name here
	json      bool
}

// copiedImage is one image as `platform image copy --json` tells it.
type copiedImage struct {
	Name      string   `json:"name"`
	From      string   `json:"from"`
	Digest    string   `json:"digest"` // the same here and there
	Platforms []string `json:"platforms"`
	Reference string   `json:"reference"` // by which a workload names it
	Sent      bool     `json:"sent"`      // false: the repository had it
}

func newCopy(f *cmdutil.Factory, run cmdutil.Run[copyOptions]) *cobra.Command {
	o := &copyOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "copy REFERENCE",
		Short: "Copy another project's image, by its digest, to the repositories of an environment",
		Long: `Copy another project's image to the repositories of an environment, with all its platforms and unchanged, so that it has the
same digest there. Pods then need no registry but the environment's, which no outage or deletion elsewhere reaches. A
reference by a tag alone is refused: a tag does not say what will run. The image's name must be one of the setting images.

Credentials for a registry that wants some are those of "docker login".`,
		Example: `  platform image copy docker.io/envoyproxy/envoy@sha256:<digest> --as envoy --env dev
  platform image copy docker.io/temporalio/server:1.32.1@sha256:<digest> --as temporal --env prod --json`,
		Args: cmdutil.Args(func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return errors.New("REFERENCE: expected one, <registry>/<repository>@sha256:<64 hexadecimal digits>")
			}
			o.reference = args[0]
			return o.check()
		}),
	}
	inEnvironment(cmd, &o.target, &o.json, func(ctx context.Context) error { return run.Or(copyImage)(ctx, o) })
	cmd.Flags().StringVar(&o.as, "as", "", "the image's name in the environment, one of the setting images")
	return cmd
}

// check tells of all that is wrong with what was typed.
func (o *copyOptions) check() (err error) {
	if _, wrong := name.NewDigest(o.reference); wrong != nil {
		err = fmt.Errorf("REFERENCE: got %q, expected <registry>/<repository>@sha256:<64 hexadecimal digits>", o.reference)
	}
	if o.as == "" {
		err = errors.Join(err, errors.New("--as: got none, expected the image's name in the environment, one of the setting images"))
	}
	if slices.Contains(names(), o.as) {
		err = errors.Join(err, fmt.Errorf("--as: got %q, which is an image of this repository: `platform image build --push` makes it", o.as))
	}
	return err
}

func copyImage(ctx context.Context, o *copyOptions) error {
	return inAccount(ctx, &o.target, o.Factory, func(ctx context.Context, to repositories.Repositories) error {
		copied, err := o.copy(ctx, to, remote.WithAuthFromKeychain(authn.DefaultKeychain))
		if err != nil {
			return err
		}
		return o.Answer(o.json, copied, func() string { return copiedText(copied) })
	})
}

func (o *copyOptions) copy(ctx context.Context, to repositories.Repositories, login remote.Option) (copied copiedImage, err error) {
	if err := to.Require(o.as); err != nil {
		return copied, exit.Usagef("--as: %w", err)
	}
	tell(o.Factory, "looking for "+o.reference)
	found, err := ociimage.FindForeign(ctx, o.reference, login)
	if err != nil {
		return copied, err
	}
	tell(o.Factory, "copying it for "+strings.Join(found.Platforms, ", "))
	copied = copiedImage{Name: o.as, From: o.reference, Digest: found.Digest, Platforms: found.Platforms}
	copied.Reference, copied.Sent, err = to.Push(ctx, found, o.as, found.Digest)
	return copied, err
}

func copiedText(image copiedImage) string {
	table := render.NewTable("IMAGE", "COPIED", "PLATFORMS", "REFERENCE")
	table.AppendRow(render.Row{image.Name, sentText(image.Sent), strings.Join(image.Platforms, ", "), image.Reference})
	return table.Render()
}
