package image

import (
	"context"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/render"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/internal/ociimage"
)

// buildOptions are what `platform image build` is asked.
type buildOptions struct {
	*cmdutil.Factory

	target        environment.Target
	images        []string
	architectures []string
	push          bool
	output        string
	json          bool
}

// builtImage is one image as `platform image build --json` tells it.
type builtImage struct {
	Name      string           `json:"name"`
	Digest    string           `json:"digest"`
	Bytes     map[string]int64 `json:"bytes"`               // what a node downloads, by its architecture
	Reference string           `json:"reference,omitempty"` // by which a workload names it, once it is pushed
	Sent      bool             `json:"sent"`                // false: nothing was, or the registry had it
	File      string           `json:"file,omitempty"`
}

// describe tells of an image that was not brought anywhere yet.
func describe(built *ociimage.Built) (told builtImage, err error) {
	told = builtImage{Name: built.Name, Digest: built.Digest, Bytes: map[string]int64{}}
	for _, architecture := range built.Architectures() {
		if told.Bytes[architecture], err = built.Bytes(architecture); err != nil {
			return told, err
		}
	}
	return told, nil
}

func newBuild(f *cmdutil.Factory, run cmdutil.Run[buildOptions]) *cobra.Command {
	o := &buildOptions{Factory: f}
	cmd := &cobra.Command{
		Use:   "build [IMAGE...]",
		Short: "Compile and pack images, and push them or write them into files",
		Long: `Compile programs and pack them as images: for linux/amd64 and linux/arm64, as nobody, without a shell. Without a name all
images are built.

With --push they are pushed to the repositories of an environment, and what is there already is not sent again. A workload
names an image by the reference that is printed, which has its digest.`,
		Example: `  platform image build sample
  platform image build --push --env prod --json
  platform image build sample --architecture amd64 --output images  # for ctr images import`,
		Args: cmdutil.Args(func(_ *cobra.Command, args []string) error {
			images, err := ociimage.Images()
			if err == nil {
				_, err = ociimage.Select(images, args)
			}
			o.images = args
			return err
		}),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return names(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	inEnvironment(cmd, &o.target, &o.json, func(ctx context.Context) error { return run.Or(build)(ctx, o) })
	flags := cmd.Flags()
	flags.StringSliceVar(&o.architectures, "architecture", ociimage.Architectures, "the processors, with commas between: "+strings.Join(ociimage.Architectures, ", "))
	flags.BoolVar(&o.push, "push", false, "push to the repositories of the environment that --env names")
	flags.StringVarP(&o.output, "output", "o", "", "write each image into this folder, as <image>.tar with an OCI layout")
	_ = cmd.RegisterFlagCompletionFunc("architecture", cobra.FixedCompletions(ociimage.Architectures, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func build(ctx context.Context, o *buildOptions) error {
	project, err := o.Project()
	if err != nil {
		return err
	}
	if !cmdutil.IsCheckout(project) {
		return exit.Usagef("images are compiled from sources: got %s, expected the platform's repository", project)
	}
	all, err := ociimage.Images()
	if err != nil {
		return err
	}
	images, err := ociimage.Select(all, o.images)
	if err != nil {
		return err
	}
	if err := ociimage.CheckArchitectures(o.architectures); err != nil {
		return exit.Usagef("--%w", err)
	}
	if !o.push {
		return o.make(ctx, project, images, nil)
	}
	// Asked first: minutes of compiling for an environment that is not there would be lost.
	return inAccount(ctx, &o.target, o.Factory, func(ctx context.Context, to repositories.Repositories) error {
		for _, image := range images {
			if err := to.Require(image.Name); err != nil {
				return err
			}
		}
		return o.make(ctx, project, images, &to)
	})
}

// make builds the images, and brings each to where it was asked for.
func (o *buildOptions) make(ctx context.Context, project string, images []ociimage.Image, to *repositories.Repositories) error {
	list := make([]builtImage, 0, len(images))
	for _, image := range images {
		built, err := ociimage.Build(ctx, project, image, o.architectures, o.tell)
		if err != nil {
			return err
		}
		told, err := describe(built)
		if err != nil {
			return err
		}
		if to != nil {
			if err := o.pushOne(ctx, built, *to, &told); err != nil {
				return err
			}
		}
		if o.output != "" {
			if err := o.writeOne(built, &told); err != nil {
				return err
			}
		}
		list = append(list, told)
	}
	return o.Answer(o.json, map[string]any{"images": list}, func() string { return builtText(list, o.push) })
}

func (o *buildOptions) tell(doing string) { tell(o.Factory, doing) }

func (o *buildOptions) pushOne(ctx context.Context, built *ociimage.Built, to repositories.Repositories, told *builtImage) (err error) {
	o.tell("pushing " + built.Name)
	told.Reference, told.Sent, err = to.Push(ctx, built, built.Name, built.Digest)
	return err
}

func (o *buildOptions) writeOne(built *ociimage.Built, told *builtImage) error {
	if err := os.MkdirAll(o.output, 0o755); err != nil { //nolint:gosec // a folder of build results
		return exit.Usagef("--output: %w", err)
	}
	reference := built.Name + ":" + built.Tag()
	if told.Reference != "" {
		reference, _, _ = strings.Cut(told.Reference, "@")
		reference += ":" + built.Tag()
	}
	told.File = filepath.Join(o.output, built.Name+".tar")
	return built.WriteTar(told.File, reference)
}

func builtText(list []builtImage, pushed bool) string {
	if pushed {
		return pushedText(list)
	}
	table := render.NewTable("IMAGE", "AMD64", "ARM64", "DIGEST")
	size := func(bytes int64) string {
		if bytes == 0 {
			return "-"
		}
		return render.Size(bytes)
	}
	for _, image := range list {
		table.AppendRow(render.Row{image.Name, size(image.Bytes["amd64"]), size(image.Bytes["arm64"]), image.Digest})
	}
	return table.Render()
}
