package ociimage

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/validate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var hello = Image{
	Name: "hello", Description: "Says hello.", Package: "./internal/artifact/testdata/hello",
	Files: []File{{"/etc/hello/b.pem", []byte("b")}, {"/etc/hello/a.pem", []byte("a")}},
}

func build(t *testing.T) *Built {
	t.Helper()
	built, err := Build(t.Context(), "../..", hello, Architectures, nil)
	require.NoError(t, err)
	return built
}

// An image holds the program and its files, nobody can write to them, and it says nothing of when and where it was made.
func TestImageHoldsTheProgramAlone(t *testing.T) {
	t.Parallel()
	built := build(t)
	require.Equal(t, Architectures, built.Architectures())
	for i, image := range built.images {
		config, err := image.ConfigFile()
		require.NoError(t, err)
		assert.Equal(t, "linux/"+Architectures[i], config.OS+"/"+config.Architecture)
		assert.Equal(t, v1.Config{
			Entrypoint: []string{"/bin/hello"}, User: "65532:65532", WorkingDir: "/", Labels: map[string]string{
				"org.opencontainers.image.title": "hello", "org.opencontainers.image.description": "Says hello.",
				"org.opencontainers.image.vendor": "Generic Corp", "org.opencontainers.image.licenses": "Apache-2.0",
			},
		}, config.Config)
		assert.Equal(t, packedAt, config.Created.UTC())
		require.Len(t, config.History, 2)
		for _, entry := range config.History {
			assert.Equal(t, packedAt, entry.Created.UTC())
		}
		assert.Equal(t, "go build -trimpath ./internal/artifact/testdata/hello", config.History[1].CreatedBy)
		size, err := built.Bytes(Architectures[i])
		require.NoError(t, err)
		assert.Greater(t, size, int64(1000))

		var files []string
		layers, err := image.Layers()
		require.NoError(t, err)
		for _, l := range layers {
			files = append(files, read(t, l)...)
		}
		assert.Equal(t, []string{
			"etc/ drwxr-xr-x", "etc/hello/ drwxr-xr-x", "etc/hello/a.pem -r--r--r--", "etc/hello/b.pem -r--r--r--", "bin/ drwxr-xr-x", "bin/hello -r-xr-xr-x",
		}, files)
	}
}

// A program of another language has its libraries beside it, which may be run, since the loader is one of them.
func TestForeignProgram(t *testing.T) {
	t.Parallel()
	foreign := Image{Name: "envoy", Description: "A proxy.", Package: "envoy", Libraries: []File{{"/lib64/ld.so", []byte("loader")}}}
	programs := []Program{{"amd64", []byte("not of Go")}}
	_, err := Pack(foreign, programs)
	require.ErrorContains(t, err, "image envoy for linux/amd64")
	foreign.Foreign = true
	built, err := Pack(foreign, programs)
	require.NoError(t, err)
	layers, err := built.images[0].Layers()
	require.NoError(t, err)
	require.Len(t, layers, 2)
	assert.Equal(t, []string{"lib64/ drwxr-xr-x", "lib64/ld.so -r-xr-xr-x"}, read(t, layers[0]))
}

func read(t *testing.T, l v1.Layer) (files []string) {
	t.Helper()
	text, err := l.Uncompressed()
	require.NoError(t, err)
	for archive := tar.NewReader(text); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		require.NoError(t, err)
		assert.Zero(t, header.Uid+header.Gid, header.Name)
		assert.Equal(t, packedAt, header.ModTime.UTC(), header.Name)
		files = append(files, header.Name+" "+header.FileInfo().Mode().String())
	}
}

// Two builds have one digest, in whatever environment.
func TestSameProgramIsTheSameDigest(t *testing.T) {
	first := build(t)
	t.Setenv("GOFLAGS", "-ldflags=-X=main.other=1")
	t.Setenv("GOAMD64", "v3")
	t.Setenv("SOURCE_DATE_EPOCH", "1700000000")
	second := build(t)
	assert.Equal(t, first.Digest, second.Digest)
	other, err := Build(t.Context(), "../..", Image{Name: "hello", Package: hello.Package}, Architectures, nil)
	require.NoError(t, err)
	assert.NotEqual(t, first.Digest, other.Digest)
	for i, file := range []string{"first", "second"} {
		require.NoError(t, []*Built{first, second}[i].WriteTar(filepath.Join(t.TempDir(), file), "registry.example/hello:1"))
	}
}

// The archive is an OCI layout that names the image as containerd does, and is written once and whole.
func TestWriteTar(t *testing.T) {
	t.Parallel()
	built := build(t)
	const reference = "123456789012.dkr.ecr.us-east-1.amazonaws.com/hello:1"
	files := [2]string{filepath.Join(t.TempDir(), "a.tar"), filepath.Join(t.TempDir(), "b.tar")}
	var texts [2]string
	for i, file := range files {
		require.NoError(t, built.WriteTar(file, reference))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		texts[i] = string(text)
	}
	assert.Equal(t, texts[0], texts[1])
	folder := t.TempDir()
	for archive := tar.NewReader(strings.NewReader(texts[0])); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		text, err := io.ReadAll(archive)
		require.NoError(t, err)
		file := filepath.Join(folder, filepath.FromSlash(header.Name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, text, 0o600))
	}
	index, err := layout.ImageIndexFromPath(folder)
	require.NoError(t, err)
	manifest, err := index.IndexManifest()
	require.NoError(t, err)
	require.Len(t, manifest.Manifests, 1)
	assert.Equal(t, built.Digest, manifest.Manifests[0].Digest.String())
	assert.Equal(t, map[string]string{"io.containerd.image.name": reference, "org.opencontainers.image.ref.name": "1"}, manifest.Manifests[0].Annotations)
	require.NoError(t, validate.Index(index))
}

// What is pushed is what was built, with its bill of materials beside each architecture; a second push sends nothing, and a tag
// that has another image is not moved.
func TestPush(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.WithReferrersSupport(true), registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repository, err := name.NewRepository(strings.TrimPrefix(server.URL, "http://")+"/hello", name.Insecure)
	require.NoError(t, err)
	built := build(t)
	for _, want := range []bool{true, false} {
		pushed, err := built.Push(t.Context(), repository)
		require.NoError(t, err)
		assert.Equal(t, want, pushed)
	}
	index, err := remote.Index(repository.Tag(built.Tag()))
	require.NoError(t, err)
	digest, err := index.Digest()
	require.NoError(t, err)
	assert.Equal(t, built.Digest, digest.String())
	for _, image := range built.images {
		digest, err := image.Digest()
		require.NoError(t, err)
		referring, err := remote.Referrers(repository.Digest(digest.String()))
		require.NoError(t, err)
		manifest, err := referring.IndexManifest()
		require.NoError(t, err)
		require.Len(t, manifest.Manifests, 1)
		assert.Equal(t, "application/vnd.cyclonedx+json", manifest.Manifests[0].ArtifactType)
		attached, err := remote.Image(repository.Digest(manifest.Manifests[0].Digest.String()))
		require.NoError(t, err)
		layers, err := attached.Layers()
		require.NoError(t, err)
		require.Len(t, layers, 1)
		text, err := layers[0].Compressed()
		require.NoError(t, err)
		modules, err := io.ReadAll(text)
		require.NoError(t, err)
		assert.Contains(t, string(modules), `"pkg:golang/std@1.`)
	}

	moved := *built
	moved.Digest = built.Digest[:len(built.Digest)-1] + "x"
	_, err = moved.Push(t.Context(), repository)
	assert.ErrorContains(t, err, "tags cannot be moved")
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	for want, given := range map[string][]string{
		"architecture: got none, expected some of amd64 arm64":                nil,
		`architecture: got "x86_64", expected some of amd64 arm64, each once`: {"amd64", "x86_64"},
		`architecture: got "amd64", expected some of amd64 arm64, each once`:  {"amd64", "amd64"},
		"build ./none for linux/amd64: ":                                      {"amd64"},
	} {
		_, err := Build(t.Context(), "../..", Image{Name: "none", Package: "./none"}, given, nil)
		assert.ErrorContains(t, err, want)
	}
}

// An archive that was changed is refused before anything is sent.
func TestOpenTarRefuses(t *testing.T) {
	t.Parallel()
	built := build(t)
	file := filepath.Join(t.TempDir(), "hello.tar")
	require.NoError(t, built.WriteTar(file, "hello:1"))
	opened, err := OpenTar(file)
	require.NoError(t, err)
	assert.Equal(t, []any{"hello", built.Digest, Architectures}, []any{opened.Name, opened.Digest, opened.Architectures()})
	require.NoError(t, opened.Close())
	assert.NoDirExists(t, opened.folder)

	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	layers, err := built.images[0].Layers()
	require.NoError(t, err)
	largest, err := layers[len(layers)-1].Digest()
	require.NoError(t, err)
	changed := bytes.Clone(whole)
	changed[bytes.Index(whole, []byte("blobs/sha256/"+largest.Hex))+512+100] ^= 1
	other := write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "../outside", Mode: 0o600})
	link := write(t, &tar.Header{Typeflag: tar.TypeSymlink, Name: "index.json", Linkname: "/etc/passwd"})
	for name, text := range map[string][]byte{"a changed layer": changed, "half of it": whole[:len(whole)/2], "nothing": nil, "a file outside": other, "a link": link} {
		require.NoError(t, os.WriteFile(file, text, 0o600))
		_, err := OpenTar(file)
		assert.ErrorContains(t, err, file+": expected an archive that `platform image build --output` wrote: ", name)
	}
	assert.NoFileExists(t, filepath.Join(os.TempDir(), "outside"))
}

func write(t *testing.T, header *tar.Header) []byte {
	t.Helper()
	var text bytes.Buffer
	archive := tar.NewWriter(&text)
	require.NoError(t, archive.WriteHeader(header))
	require.NoError(t, archive.Close())
	return text.Bytes()
}
