package ociimage

import (
	"context"
	"fmt"
	"io"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/genericcorp/platform/internal/migrations"
)

// migrationsType says what the artifact is: a zip archive with a folder of Prisma's migrations.
const migrationsType types.MediaType = "application/vnd.genericcorp.prisma-migrations.v1+zip"

// Migrations are an artifact with a folder of Prisma's migrations. The same folder has the same digest wherever it is packed.
type Migrations struct {
	Digest string // "sha256:..."

	image v1.Image
}

// PackMigrations packs a folder, and refuses one that cannot be applied.
func PackMigrations(folder string) (*Migrations, error) {
	archive, err := migrations.Pack(folder)
	if err != nil {
		return nil, err
	}
	image, err := artifact(archive, migrationsType)
	if err != nil {
		return nil, err
	}
	digest, err := image.Digest()
	return &Migrations{Digest: digest.String(), image: image}, err
}

// Push sends the artifact to a repository, under its digest and the tag that images have there. What is there already is not sent again.
func (m *Migrations) Push(ctx context.Context, repository name.Repository, options ...remote.Option) (pushed bool, err error) {
	options = append([]remote.Option{remote.WithContext(ctx)}, options...)
	tag := repository.Tag(shortTag(m.Digest))
	if there, err := isThere(tag, m.Digest, options); there || err != nil {
		return false, err
	}
	if err := remote.Write(tag, m.image, options...); err != nil {
		return false, fmt.Errorf("push to %s: %w", tag, err)
	}
	return true, nil
}

// PullMigrations fetches the archive that an artifact has (migrations.Unpack). What comes is compared with the digest.
func PullMigrations(ctx context.Context, repository name.Repository, digest string, options ...remote.Option) ([]byte, error) {
	reference := repository.Digest(digest)
	image, err := remote.Image(reference, append([]remote.Option{remote.WithContext(ctx)}, options...)...)
	if isNotFound(err) {
		//page:none the message says what to do
		return nil, fmt.Errorf("%s is not there: `platform migrate push` brings it", reference)
	}
	if err != nil {
		return nil, fmt.Errorf("look for %s: %w", reference, err)
	}
	manifest, err := image.Manifest()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", reference, err)
	}
	if manifest.Config.MediaType != migrationsType || len(manifest.Layers) != 1 {
		//page:none what was named is wrong, and the message says what is right
		return nil, fmt.Errorf("%s: got %q with %d layers, expected what `platform migrate push` has sent", reference, manifest.Config.MediaType, len(manifest.Layers))
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", reference, err)
	}
	packed, err := layers[0].Compressed()
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", reference, err)
	}
	defer packed.Close() // only read
	archive, err := io.ReadAll(io.LimitReader(packed, migrations.MostArchiveBytes+1))
	if err != nil {
		return nil, fmt.Errorf("fetch %s: %w", reference, err)
	}
	return archive, nil
}
