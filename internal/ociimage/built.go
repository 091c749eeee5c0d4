package ociimage

import (
	"archive/tar"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
)

// Built is an image for its architectures, and beside each its bill of materials.
type Built struct {
	Name   string
	Digest string // of the index: "sha256:..."

	index     v1.ImageIndex
	images    []v1.Image
	platforms []v1.Platform
	modules   []v1.Image // of the image at the same place
}

// shortDigest is how many hexadecimal digits tell images of one name apart.
const shortDigest = 12

// Tag is the tag that an image has in a registry where tags cannot be moved: it says no more than the digest, and there is one
// because ECR's rules keep images by their tags.
func (b *Built) Tag() string { return shortTag(b.Digest) }

func shortTag(digest string) string { return strings.TrimPrefix(digest, "sha256:")[:shortDigest] }

// Architectures are those that it is for, as Go names them.
func (b *Built) Architectures() []string {
	list := make([]string, len(b.platforms))
	for i, platform := range b.platforms {
		list[i] = platform.Architecture
	}
	return list
}

// Bytes is what a node with that architecture downloads, compressed.
func (b *Built) Bytes(architecture string) (int64, error) {
	for i, platform := range b.platforms {
		if platform.Architecture != architecture {
			continue
		}
		manifest, err := b.images[i].Manifest()
		if err != nil {
			return 0, err
		}
		size := manifest.Config.Size
		for _, l := range manifest.Layers {
			size += l.Size
		}
		return size, nil
	}
	return 0, nil
}

// WriteTar writes the image as an archive with an OCI layout, which containerd imports under that name
// ("123456789012.dkr.ecr.us-east-1.amazonaws.com/sample:0123456789ab"). Bills of materials are in it as well.
func (b *Built) WriteTar(file, reference string) (err error) {
	folder, err := os.MkdirTemp("", "ociimage")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder) // the system's own folder for such files
	written, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	err = written.AppendIndex(b.index, layout.WithAnnotations(map[string]string{
		"io.containerd.image.name":          reference, // what containerd calls it
		"org.opencontainers.image.ref.name": reference[strings.LastIndexAny(reference, ":@")+1:],
	}))
	if err != nil {
		return err
	}
	for _, modules := range b.modules {
		// Their manifests and blobs alone: what stands in the folder's index would be taken for an image.
		if err := written.WriteImage(modules); err != nil {
			return err
		}
	}
	// In one step, so that whoever reads it meanwhile reads a whole one.
	if err := packFolder(folder, file+".new"); err != nil {
		return fmt.Errorf("write %s: %w", file, err)
	}
	return os.Rename(file+".new", file)
}

// packFolder packs a folder's files, sorted and without times and owners.
func packFolder(folder, file string) (err error) {
	output, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() {
		if closing := output.Close(); err == nil {
			err = closing
		}
	}()
	archive := tar.NewWriter(output)
	root := os.DirFS(folder)
	err = fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		header := &tar.Header{Typeflag: tar.TypeReg, Name: filepath.ToSlash(name), Size: info.Size(), Mode: 0o644, ModTime: packedAt, Format: tar.FormatUSTAR}
		if err := archive.WriteHeader(header); err != nil {
			return err
		}
		text, err := root.Open(name)
		if err != nil {
			return err
		}
		defer text.Close() // only read
		_, err = io.Copy(archive, text)
		return err
	})
	if err != nil {
		return err
	}
	return archive.Close()
}
