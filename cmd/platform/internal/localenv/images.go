package localenv

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"

	"github.com/genericcorp/platform/cmd/platform/internal/localctl"
	"github.com/genericcorp/platform/cmd/platform/internal/repositories"
	"github.com/genericcorp/platform/cmd/platform/internal/workloads"
	"github.com/genericcorp/platform/internal/ociimage"
)

// prepareImages builds the images that the settings name alone, for this machine's processor, and says in the settings which they are.
// Without nodes, or where nothing can be built, nothing runs in the cluster, and a person is told why.
func (c Cloud) prepareImages(ctx context.Context, s *started, settings *workloads.Settings, push bool) error {
	if !settings.Any() {
		return nil
	}
	nodes, err := localctl.Nodes(ctx, s.state)
	if err != nil {
		return err
	}
	names := settings.WithoutDigest()
	switch {
	case len(nodes.Missing) > 0:
		c.print("programs are left out of the cluster, because this machine runs no nodes: it lacks %s", strings.Join(nodes.Missing, "; "))
		settings.LeaveOut()
		return nil
	case len(names) > 0 && !c.compiles():
		c.print("programs are left out of the cluster, because there is no Go or no checkout here to build %s", list(names))
		settings.LeaveOut()
		return nil
	}
	made, err := c.buildImages(ctx, s, names)
	if err != nil {
		return err
	}
	for _, built := range made {
		settings.SetDigest(built.Name, built.Digest)
		if !push {
			continue
		}
		if err := c.push(ctx, s, built); err != nil {
			return err
		}
	}
	return nil
}

func (c Cloud) buildImages(ctx context.Context, s *started, names []string) ([]*ociimage.Built, error) {
	own, foreign := splitImages(names)
	images, err := c.images(s, own)
	if err != nil {
		return nil, err
	}
	made, err := c.packForeign(ctx, s, foreign)
	if err != nil {
		return nil, err
	}
	for _, image := range images {
		built, err := ociimage.Build(ctx, c.Project, image, []string{runtime.GOARCH}, func(doing string) { c.print("%s", doing) })
		if err != nil {
			return nil, err
		}
		made = append(made, built)
	}
	return made, nil
}

// images are what the images of those names are made of. Where they trust the authorities of RDS, they trust the local cloud's here,
// which signs the certificates of its databases and caches.
func (c Cloud) images(s *started, names []string) ([]ociimage.Image, error) {
	if len(names) == 0 {
		return nil, nil
	}
	all, err := ociimage.Images()
	if err != nil {
		return nil, err
	}
	images, err := ociimage.Select(all, names)
	if err != nil {
		return nil, err
	}
	authorities, err := os.ReadFile(s.state.Postgres.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read the authority of the local cloud's database: %w", err)
	}
	for _, image := range images {
		for i := range image.Files {
			if image.Files[i].Path == ociimage.AuthoritiesPath {
				image.Files[i].Text = authorities
			}
		}
	}
	return images, nil
}

func (c Cloud) push(ctx context.Context, s *started, built *ociimage.Built) error {
	stack, err := c.Open(ctx, Stack)
	if err != nil {
		return err
	}
	outputs, err := stack.Outputs(ctx)
	if err != nil {
		return err
	}
	to, err := repositories.Of(account(s.state, Region), outputs)
	if err != nil {
		return err
	}
	_, _, err = to.Push(ctx, built, built.Name, built.Digest)
	return err
}
