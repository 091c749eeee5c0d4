package ociimage

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Push writes an image and its bills of materials to a repository of a registry
// ("123456789012.dkr.ecr.us-east-1.amazonaws.com/sample"), under its digest and its tag. What is there already is not sent again;
// pushed is false when nothing was sent at all.
func (b *Built) Push(ctx context.Context, repository name.Repository, options ...remote.Option) (pushed bool, err error) {
	options = append([]remote.Option{remote.WithContext(ctx)}, options...)
	tag := repository.Tag(b.Tag())
	if there, err := isThere(tag, b.Digest, options); there || err != nil {
		return false, err
	}
	// The tag comes last: what has it is whole, with all that refers to it.
	for i, single := range b.images {
		digest, err := single.Digest()
		if err != nil {
			return false, err
		}
		if err := remote.Write(repository.Digest(digest.String()), single, options...); err != nil {
			return false, fmt.Errorf("push %s for %s to %s: %w", b.Name, b.platforms[i], repository, err)
		}
		if digest, err = b.modules[i].Digest(); err != nil {
			return false, err
		}
		if err := remote.Write(repository.Digest(digest.String()), b.modules[i], options...); err != nil {
			return false, fmt.Errorf("push the modules of %s for %s to %s: %w", b.Name, b.platforms[i], repository, err)
		}
	}
	if err := remote.WriteIndex(tag, b.index, options...); err != nil {
		return false, fmt.Errorf("push %s to %s: %w", b.Name, tag, err)
	}
	return true, nil
}

// isThere tells whether a tag is there already, and refuses one that another image has.
func isThere(tag name.Tag, digest string, options []remote.Option) (bool, error) {
	switch found, err := remote.Head(tag, options...); {
	case err == nil && found.Digest.String() == digest:
		return true, nil
	case err == nil:
		//page:none nobody makes two images with such digests by accident
		return false, fmt.Errorf("%s: got the image %s, expected %s: tags cannot be moved", tag, found.Digest, digest)
	case !isNotFound(err):
		return false, fmt.Errorf("look for %s: %w", tag, err)
	}
	return false, nil
}

func isNotFound(err error) bool {
	var failure *transport.Error
	return errors.As(err, &failure) && failure.StatusCode == http.StatusNotFound
}
