package ociimage

import (
	"archive/tar"
	"bytes"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/genericcorp/platform/internal/sbom"
)

const (
	// User is who the program runs as, and its group: the number that distroless images have for nobody, too, so that what
	// requires a user above 10,000 lets it in.
	User = 65532
	// programFolder is where the program is, by the image's name.
	programFolder = "/bin"
)

// packedAt is the time of every file and of the image: what is the same has the same digest whenever it is packed.
var packedAt = time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)

// annotations are what people and scanners are told of an image.
// Source: https://github.com/opencontainers/image-spec/blob/main/annotations.md
func (i Image) annotations() map[string]string {
	return map[string]string{
		"org.opencontainers.image.title":       i.Name,
		"org.opencontainers.image.description": i.Description,
		"org.opencontainers.image.vendor":      "Generic Corp",
		"org.opencontainers.image.licenses":    "Apache-2.0", // LICENSE; those of the modules are theirs
	}
}

// pack makes the image of one architecture: layers for libraries and files, if there are any, which seldom change, and one for the program.
func pack(image Image, program Program) (v1.Image, error) {
	entry := path.Join(programFolder, image.Name)
	made := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	made, err := mutate.ConfigFile(made, &v1.ConfigFile{
		OS: "linux", Architecture: program.Architecture, Created: v1.Time{Time: packedAt}, RootFS: v1.RootFS{Type: "layers", DiffIDs: []v1.Hash{}},
		Config: v1.Config{Entrypoint: []string{entry}, User: "65532:65532", WorkingDir: "/", Labels: image.annotations()},
	})
	if err != nil {
		return nil, err
	}
	layers := []struct {
		what  string
		files []File
		mode  int64
	}{
		{"libraries of the program", image.Libraries, 0o555},
		{"files that the program reads", image.Files, 0o444},
		{"go build -trimpath " + image.Package, []File{{entry, program.Compiled}}, 0o555},
	}
	for _, l := range layers {
		if len(l.files) == 0 {
			continue
		}
		packed, err := layer(l.files, l.mode)
		if err != nil {
			return nil, err
		}
		made, err = mutate.Append(made, mutate.Addendum{
			Layer: packed, MediaType: types.OCILayer, History: v1.History{Created: v1.Time{Time: packedAt}, CreatedBy: l.what},
		})
		if err != nil {
			return nil, err
		}
	}
	annotated, _ := mutate.Annotations(made, image.annotations()).(v1.Image) // of an image it makes an image
	return annotated, nil
}

// layer packs files and the folders on the way to them. They are root's, whom nobody in the image is.
func layer(files []File, mode int64) (v1.Layer, error) {
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	var packed bytes.Buffer
	archive := tar.NewWriter(&packed)
	seen := map[string]bool{"/": true, ".": true}
	for _, file := range files {
		for _, folder := range foldersOf(file.Path) {
			if seen[folder] {
				continue
			}
			seen[folder] = true
			header := &tar.Header{Typeflag: tar.TypeDir, Name: strings.TrimPrefix(folder, "/") + "/", Mode: 0o755, ModTime: packedAt, Format: tar.FormatUSTAR}
			if err := archive.WriteHeader(header); err != nil {
				return nil, err
			}
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: strings.TrimPrefix(file.Path, "/"), Size: int64(len(file.Text)), Mode: mode, ModTime: packedAt, Format: tar.FormatUSTAR,
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(file.Text); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	open := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(packed.Bytes())), nil }
	return tarball.LayerFromOpener(open, tarball.WithCompressedCaching, tarball.WithMediaType(types.OCILayer))
}

// foldersOf are the folders that a file is in, the outermost first.
func foldersOf(file string) []string {
	var folders []string
	for folder := path.Dir(file); folder != "/"; folder = path.Dir(folder) {
		folders = append(folders, folder)
	}
	slices.Reverse(folders)
	return folders
}

// artifact makes content of another kind than an image into what a registry keeps as one.
// Source: https://github.com/opencontainers/image-spec/blob/main/manifest.md#guidelines-for-artifact-usage
func artifact(content []byte, kind types.MediaType) (v1.Image, error) {
	made := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), kind)
	return mutate.AppendLayers(made, static.NewLayer(content, kind))
}

// attach makes the bill of materials an artifact that refers to the image: whoever has the image's digest finds it in the registry.
func attach(image v1.Image, modules []byte) (v1.Image, error) {
	digest, err := image.Digest()
	if err != nil {
		return nil, err
	}
	size, err := image.Size()
	if err != nil {
		return nil, err
	}
	made, err := artifact(modules, sbom.MediaType)
	if err != nil {
		return nil, err
	}
	subject := v1.Descriptor{MediaType: types.OCIManifestSchema1, Digest: digest, Size: size}
	attached, _ := mutate.Subject(made, subject).(v1.Image) // of an image it makes an image
	return attached, nil
}

// index is what a node chooses the image of its own architecture from.
func index(image Image, images []v1.Image, platforms []v1.Platform) v1.ImageIndex {
	made := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for i, single := range images {
		made = mutate.AppendManifests(made, mutate.IndexAddendum{Add: single, Descriptor: v1.Descriptor{Platform: &platforms[i]}})
	}
	annotated, _ := mutate.Annotations(made, image.annotations()).(v1.ImageIndex) // of an index it makes an index
	return annotated
}
