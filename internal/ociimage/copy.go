package ociimage

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// Foreign is an image of another project, in a registry of its own.
type Foreign struct {
	Digest    string   // of what the reference names
	Platforms []string // that it is for, "linux/amd64"

	found *remote.Descriptor
}

// FindForeign looks an image up by its digest. A tag does not say what will run, so a reference without a digest is refused.
func FindForeign(ctx context.Context, reference string, options ...remote.Option) (*Foreign, error) {
	parsed, err := name.NewDigest(reference)
	if err != nil {
		//page:none what was typed is wrong, and the message says what is right
		return nil, fmt.Errorf("image: got %q, expected <registry>/<repository>@sha256:<64 hexadecimal digits>", reference)
	}
	found, err := remote.Get(parsed, append([]remote.Option{remote.WithContext(ctx)}, options...)...)
	if err != nil {
		//page:none the message names the registry and what it answered
		return nil, fmt.Errorf("look for %s: %w", reference, err)
	}
	f := &Foreign{Digest: found.Digest.String(), found: found}
	f.Platforms, err = platforms(found)
	return f, err
}

// platforms are those of an index, or the one of a single image.
func platforms(found *remote.Descriptor) ([]string, error) {
	var of []*v1.Platform
	if found.MediaType.IsIndex() {
		index, err := found.ImageIndex()
		if err != nil {
			return nil, err
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return nil, err
		}
		for _, entry := range manifest.Manifests {
			of = append(of, entry.Platform)
		}
	} else {
		image, err := found.Image()
		if err != nil {
			return nil, err
		}
		config, err := image.ConfigFile()
		if err != nil {
			return nil, err
		}
		of = append(of, config.Platform())
	}
	var list []string
	for _, platform := range of {
		// BuildKit lists what it attests of an image beside it, for a platform "unknown/unknown".
		if platform == nil || platform.OS == "unknown" {
			continue
		}
		if text := platform.OS + "/" + platform.Architecture; !slices.Contains(list, text) {
			list = append(list, text)
		}
	}
	slices.Sort(list)
	return list, nil
}

// Push copies the image with all its platforms, so that it keeps its digest, to a repository, under the tag that images have
// there. What is there already is not sent again; pushed is false when nothing was sent at all.
func (f *Foreign) Push(ctx context.Context, repository name.Repository, options ...remote.Option) (pushed bool, err error) {
	options = append([]remote.Option{remote.WithContext(ctx)}, options...)
	tag := repository.Tag(shortTag(f.Digest))
	if there, err := isThere(tag, f.Digest, options); there || err != nil {
		return false, err
	}
	if f.found.MediaType.IsIndex() {
		index, err := f.found.ImageIndex()
		if err != nil {
			return false, err
		}
		err = remote.WriteIndex(tag, index, options...)
		return err == nil, pushFailed(tag, err)
	}
	image, err := f.found.Image()
	if err != nil {
		return false, err
	}
	err = remote.Write(tag, image, options...)
	return err == nil, pushFailed(tag, err)
}

func pushFailed(tag name.Tag, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("copy to %s: %w", tag, err)
}
