package migrate

import (
	"context"
	"errors"
	"strings"

	"github.com/spf13/cobra"

	"github.com/genericcorp/platform/cmd/platform/internal/cmdutil"
	"github.com/genericcorp/platform/cmd/platform/internal/environment"
	"github.com/genericcorp/platform/cmd/platform/internal/exit"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/cmd/platform/internal/tenant"
	"github.com/genericcorp/platform/internal/migrations"
	"github.com/genericcorp/platform/internal/ociimage"
)

// artifactOptions are what `platform migrate push` and `pull` are asked.
type artifactOptions struct {
	options

	folder string
	as     string // the repository's name
	dryRun bool
}

// defaultName is the repository of an environment that has migrations, unless another is named.
const defaultName = "migrations"

// pushed is an artifact as `platform migrate push --json` tells it.
type pushed struct {
	Artifact  string `json:"artifact"`            // as the setting migrations.artifact names it
	Reference string `json:"reference,omitempty"` // in the environment's registry; none of a dry run
	Sent      bool   `json:"sent"`                // false: the registry had it, or nothing was to be sent
}

func newPush(f *cmdutil.Factory, run cmdutil.Run[artifactOptions]) *cobra.Command {
	o := &artifactOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "push <folder>",
		Short: "Push a folder of Prisma's migrations to an environment's registry",
		Long: `Push a folder of Prisma's migrations, as an artifact with a digest, to a repository of an environment. The setting migrations.artifact then
names it, and the workflow deploy applies it before what runs in the cluster. The same folder has the same digest everywhere: with
--dry-run it is told, and nothing is sent. The repository is one of the setting images.`,
		Example: `  platform migrate push prisma/migrations --env dev
  platform migrate push prisma/migrations --dry-run`,
	}
	o.command(cmd, func(ctx context.Context) error { return run.Or(push)(ctx, o) })
	cmd.Flags().StringVar(&o.as, "as", defaultName, "the name of the repository")
	_ = cmd.RegisterFlagCompletionFunc("as", cobra.NoFileCompletions)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "tell the digest, and send nothing")
	return cmd
}

func newPull(f *cmdutil.Factory, run cmdutil.Run[artifactOptions]) *cobra.Command {
	o := &artifactOptions{options: options{Factory: f}}
	cmd := &cobra.Command{
		Use:   "pull <folder>",
		Short: "Fetch the migrations that an environment's settings name, into a new folder",
		Long: `Fetch the migrations that the setting migrations.artifact of a deployed environment names, into a folder that is empty or not there. Where the
setting names none, that is said, and there is no folder.`,
		Example: `  platform migrate pull bin/migrations --env prod
  platform migrate plan bin/migrations --env prod`,
	}
	o.command(cmd, func(ctx context.Context) error { return run.Or(pull)(ctx, o) })
	return cmd
}

// command completes a command that takes a folder.
func (o *artifactOptions) command(cmd *cobra.Command, run func(context.Context) error) {
	o.takesFolder(cmd, &o.folder)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return run(cmd.Context()) }
	o.addFlags(cmd)
}

// inEnvironment does work in a deployed environment.
func (o *artifactOptions) inEnvironment(ctx context.Context, work func(context.Context, tenant.Environment) error) error {
	return o.target.Tenants(ctx, o.Factory, environment.RunOptions{}, true, func(ctx context.Context, t *tenant.Tenants) error {
		return work(ctx, t.Environment)
	})
}

func push(ctx context.Context, o *artifactOptions) error {
	packed, err := ociimage.PackMigrations(o.folder)
	if err != nil {
		return exit.UsageError(err)
	}
	told := pushed{Artifact: o.as + "@" + packed.Digest}
	if !o.dryRun {
		err = o.inEnvironment(ctx, func(ctx context.Context, e tenant.Environment) error {
			to, err := repositories.In(ctx, e)
			if err != nil {
				return err
			}
			told.Reference, told.Sent, err = to.Push(ctx, packed, o.as, packed.Digest)
			return err
		})
		if err != nil {
			return err
		}
	}
	return o.Answer(o.json, told, func() string { return pushedText(told) })
}

func pushedText(p pushed) string {
	switch {
	case p.Reference == "":
		return p.Artifact + " (not sent)"
	case p.Sent:
		return p.Artifact + " is pushed to " + p.Reference
	}
	return p.Artifact + " was there: " + p.Reference
}

// named is what the settings of a deployed environment say of migrations.
type named struct {
	Artifact string
	Canaries []string
}

// namedBy reads an environment's output.
func namedBy(ctx context.Context, e tenant.Environment) (n named, err error) {
	outputs, err := e.Outputs(ctx)
	if err != nil {
		return n, err
	}
	given, _ := outputs["migrations"].(map[string]any)
	n.Artifact, _ = given["artifact"].(string)
	canaries, _ := given["canaries"].([]any)
	for _, canary := range canaries {
		name, _ := canary.(string)
		n.Canaries = append(n.Canaries, name)
	}
	return n, nil
}

// pulled is an artifact as `platform migrate pull --json` tells it.
type pulled struct {
	Artifact string `json:"artifact"` // empty: the settings name none
	Folder   string `json:"folder"`   // empty: nothing was written
}

func pull(ctx context.Context, o *artifactOptions) error {
	var told pulled
	err := o.inEnvironment(ctx, func(ctx context.Context, e tenant.Environment) error {
		n, err := namedBy(ctx, e)
		if err != nil || n.Artifact == "" {
			return err
		}
		told = pulled{Artifact: n.Artifact, Folder: o.folder}
		return fetch(ctx, e, n.Artifact, o.folder)
	})
	if err != nil {
		return err
	}
	return o.Answer(o.json, told, func() string {
		if told.Folder == "" {
			return "the environment's settings name no migrations"
		}
		return told.Artifact + " is in " + told.Folder
	})
}

// fetch brings an artifact of the environment's into a folder.
func fetch(ctx context.Context, e tenant.Environment, artifact, folder string) error {
	called, digest, found := strings.Cut(artifact, "@")
	if !found {
		return errors.New("the environment's output migrations: got " + artifact + ", expected migrations@sha256:...: deploy it again")
	}
	from, err := repositories.In(ctx, e)
	if err != nil {
		return err
	}
	repository, login, err := from.Reach(ctx, called)
	if err != nil {
		return err
	}
	archive, err := ociimage.PullMigrations(ctx, repository, digest, login)
	if err != nil {
		return err
	}
	return exit.UsageError(migrations.Unpack(archive, folder))
}
