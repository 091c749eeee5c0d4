package image

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/internal/ociimage"
)

// pushOptions are what `platform image push` is asked.
type pushOptions struct {
	*cmdutil.Factory

	target environment.Target
	files  []string
	json   bool
}

func newPush(f *cmdutil.Factory, run cmdutil.Run[pushOptions]) *cobra.Command {
	o := &pushOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "push FILE...",
		Short: "Push images that were built into files to the repositories of an environment",
		Long: `Push images that ` + "`platform image build --output`" + ` wrote, without compiling anything: the workflow that deploys builds
where there are no rights, and pushes where there is no compiler. A file <image>.tar goes to the repository of that image.
What is there already is not sent again. Nothing is sent unless every file is whole and has a repository.`,
		Example: `  platform image build --output images
  platform image push --env dev images/*.tar`,
		Args: cmdutil.Args(func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("FILE: got none, expected one or more that `platform image build --output` wrote")
			}
			o.files = args
			return nil
		}),
	}
	inEnvironment(cmd, &o.target, &o.json, func(ctx context.Context) error { return run.Or(push)(ctx, o) })
	return cmd
}

func push(ctx context.Context, o *pushOptions) error {
	opened, err := openAll(o.files)
	defer func() {
		for _, image := range opened {
			_ = image.Close()
		}
	}()
	if err != nil {
		return exit.Usagef("FILE: %w", err)
	}
	return inAccount(ctx, &o.target, o.Factory, func(ctx context.Context, to repositories.Repositories) error {
		list, err := o.pushAll(ctx, opened, to)
		if err != nil {
			return err
		}
		return o.Answer(o.json, map[string]any{"images": list}, func() string { return pushedText(list) })
	})
}

// openAll opens the files, and tells of all that cannot be opened.
func openAll(files []string) (opened []*ociimage.Opened, err error) {
	for _, file := range files {
		image, failure := ociimage.OpenTar(file)
		if failure != nil {
			err = errors.Join(err, failure)
			continue
		}
		opened = append(opened, image)
	}
	return opened, err
}

func (o *pushOptions) pushAll(ctx context.Context, opened []*ociimage.Opened, to repositories.Repositories) ([]builtImage, error) {
	var missing error
	for _, image := range opened {
		missing = errors.Join(missing, to.Require(image.Name))
	}
	if missing != nil {
		return nil, missing
	}
	list := make([]builtImage, 0, len(opened))
	for _, image := range opened {
		tell(o.Factory, "pushing "+image.Name)
		told, err := describe(image.Built)
		if err != nil {
			return nil, err
		}
		if told.Reference, told.Sent, err = to.Push(ctx, image, image.Name, image.Digest); err != nil {
			return nil, err
		}
		list = append(list, told)
	}
	return list, nil
}

// pushedText shows what a repository has now.
func pushedText(list []builtImage) string {
	table := render.NewTable("IMAGE", "PUSHED", "REFERENCE")
	for _, image := range list {
		table.AppendRow(render.Row{image.Name, sentText(image.Sent), image.Reference})
	}
	return table.Render()
}
