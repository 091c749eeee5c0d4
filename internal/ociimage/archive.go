package ociimage

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/validate"
)

// Opened is an image that was read from an archive. Its contents stay on disk until it is closed.
type Opened struct {
	*Built
	folder string
}

// OpenTar opens an archive that WriteTar wrote, and compares every part of the image with its digest. The image is called as the
// file is, without ".tar".
func OpenTar(file string) (*Opened, error) {
	folder, err := os.MkdirTemp("", "ociimage")
	if err != nil {
		return nil, err
	}
	opened := &Opened{folder: folder}
	if err = unpackFolder(file, folder); err == nil {
		opened.Built, err = readLayout(folder, strings.TrimSuffix(filepath.Base(file), ".tar"))
	}
	if err != nil {
		_ = opened.Close()
		//page:none the message names the file, and what makes such files
		return nil, fmt.Errorf("%s: expected an archive that `platform image build --output` wrote: %w", file, err)
	}
	return opened, nil
}

// Close removes what was unpacked.
func (o *Opened) Close() error { return os.RemoveAll(o.folder) }

// largestManifest is how large a manifest may be: those of the images here have about 1 KiB.
const largestManifest = 64 << 10

// readLayout reads the one image of an OCI layout, and the bills of materials that refer to it.
func readLayout(folder, image string) (*Built, error) {
	top, err := layout.ImageIndexFromPath(folder)
	if err != nil {
		return nil, err
	}
	listed, err := top.IndexManifest()
	if err != nil {
		return nil, err
	}
	if len(listed.Manifests) != 1 || !listed.Manifests[0].MediaType.IsIndex() {
		return nil, fmt.Errorf("got %d entries, expected the index of one image", len(listed.Manifests))
	}
	built := &Built{Name: image, Digest: listed.Manifests[0].Digest.String()}
	if built.index, err = top.ImageIndex(listed.Manifests[0].Digest); err != nil {
		return nil, err
	}
	if err := validate.Index(built.index); err != nil {
		return nil, err
	}
	manifest, err := built.index.IndexManifest()
	if err != nil {
		return nil, err
	}
	if top, err = listReferrers(folder); err != nil {
		return nil, err
	}
	referring, err := bySubject(top)
	if err != nil {
		return nil, err
	}
	for _, entry := range manifest.Manifests {
		single, err := built.index.Image(entry.Digest)
		if err != nil {
			return nil, err
		}
		modules, exists := referring[entry.Digest]
		if !exists || entry.Platform == nil {
			return nil, fmt.Errorf("%s has no platform or no bill of materials", entry.Digest)
		}
		built.images = append(built.images, single)
		built.platforms = append(built.platforms, *entry.Platform)
		built.modules = append(built.modules, modules)
	}
	return built, nil
}

// listReferrers lists the manifests that refer to others in the layout's index, where they are not when containerd reads it.
func listReferrers(folder string) (v1.ImageIndex, error) {
	const algorithm = "sha256"
	blobs := filepath.Join(folder, "blobs", algorithm)
	entries, err := os.ReadDir(blobs)
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			return nil, err
		}
		if info.Size() > largestManifest {
			continue
		}
		text, err := os.ReadFile(filepath.Join(blobs, entry.Name()))
		if err != nil {
			return nil, err
		}
		var manifest v1.Manifest
		if json.Unmarshal(text, &manifest) != nil || manifest.Subject == nil {
			continue
		}
		err = layout.Path(folder).AppendDescriptor(v1.Descriptor{
			MediaType: manifest.MediaType, Size: info.Size(), Digest: v1.Hash{Algorithm: algorithm, Hex: entry.Name()},
		})
		if err != nil {
			return nil, err
		}
	}
	return layout.ImageIndexFromPath(folder)
}

// bySubject gives what refers to each manifest.
func bySubject(top v1.ImageIndex) (map[v1.Hash]v1.Image, error) {
	listed, err := top.IndexManifest()
	if err != nil {
		return nil, err
	}
	found := map[v1.Hash]v1.Image{}
	for _, entry := range listed.Manifests {
		if entry.MediaType.IsIndex() {
			continue
		}
		referring, err := top.Image(entry.Digest)
		if err != nil {
			return nil, err
		}
		manifest, err := referring.Manifest()
		if err != nil {
			return nil, err
		}
		found[manifest.Subject.Digest] = referring
	}
	return found, nil
}

// unpackFolder unpacks plain files into a folder, and nothing beside it.
func unpackFolder(file, folder string) error {
	input, err := os.Open(file)
	if err != nil {
		return err
	}
	defer input.Close() // only read
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close() // only a folder's handle
	archive := tar.NewReader(input)
	for {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if header.Typeflag != tar.TypeReg {
			return fmt.Errorf("%q is no plain file", header.Name)
		}
		if err := unpackFile(root, header.Name, archive); err != nil {
			return err
		}
	}
}

func unpackFile(root *os.Root, name string, contents io.Reader) (err error) {
	if err := root.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	output, err := root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(output, contents)
	if closing := output.Close(); err == nil {
		err = closing
	}
	return err
}
