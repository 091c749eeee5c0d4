package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/artifact"
)

// The same inputs give the same archives, checksums verify, and an archive holds what the command needs.
func TestReleaseIsReproducible(t *testing.T) {
	repository(t)
	compiled, err := artifact.Program("bin/provisioner-arm64.zip") // any program
	require.NoError(t, err)
	fake := func(context.Context, platform, string) ([]byte, error) { return compiled, nil }
	var sums [2]string
	for i, output := range []string{"first", "second"} {
		require.NoError(t, run(t.Context(), "v1.2.0", []string{"linux/amd64", "darwin/arm64"}, output, fake))
		text, err := os.ReadFile(filepath.Join(output, checksumsFile))
		require.NoError(t, err)
		sums[i] = string(text)
		// Another time, as another person would build it.
		require.NoError(t, os.Chtimes("Pulumi.yaml", time.Now(), time.Now().Add(-time.Hour)))
		require.NoError(t, os.Chmod("LICENSE", 0o600))
	}
	assert.Equal(t, sums[0], sums[1])
	lines := strings.Split(strings.TrimSpace(sums[0]), "\n")
	require.Len(t, lines, 4)
	for _, line := range lines {
		sum, name, ok := strings.Cut(line, "  ")
		require.True(t, ok, line)
		text, err := os.ReadFile(filepath.Join("first", name))
		require.NoError(t, err)
		assert.Equal(t, fmt.Sprintf("%x", sha256.Sum256(text)), sum, name)
	}

	const folder = "platform-v1.2.0-linux-amd64"
	files := unpack(t, filepath.Join("first", folder+".tar.gz"))
	var names []string
	for _, file := range files {
		names = append(names, strings.TrimPrefix(file.Name, folder+"/"))
		assert.Equal(t, packedAt, file.ModTime.UTC(), file.Name)
		assert.Zero(t, file.Uid+file.Gid, file.Name)
		assert.Empty(t, file.Uname+file.Gname, file.Name)
	}
	assert.Equal(t, []string{
		"LICENSE", "Pulumi.dev.yaml", "Pulumi.yaml", "VERSION", "bin/billing-arm64.zip", "bin/billing-x86_64.zip", "bin/provisioner-arm64.zip", "bin/provisioner-x86_64.zip", "bin/report-arm64.zip", "bin/report-x86_64.zip",
		"platform", policyProgram, "sbom.cdx.json",
	}, names)
	assert.Equal(t, "v1.2.0\n", files[3].text)
	assert.EqualValues(t, 0o755, files[10].Mode)
	assert.Equal(t, string(compiled), files[10].text)
	assert.EqualValues(t, tar.TypeLink, files[11].Typeflag)
	assert.Equal(t, folder+"/platform", files[11].Linkname)
	beside, err := os.ReadFile(filepath.Join("first", folder+".cdx.json"))
	require.NoError(t, err)
	assert.Equal(t, string(beside), files[12].text)
	assert.Contains(t, files[12].text, `"pkg:golang/std@1.`)
}

func TestReleaseRefuses(t *testing.T) {
	repository(t)
	never := func(context.Context, platform, string) ([]byte, error) { return nil, errors.New("not to be compiled") }
	for _, test := range []struct {
		version, want string
		platforms     []string
	}{
		{"", `--version: got ""`, supported},
		{"../v1", `--version: got "../v1"`, supported},
		{"v1 -X", `--version: got "v1 -X"`, supported},
		{"v1", "--platforms: got none", nil},
		{"v1", `--platforms: got "windows/amd64", expected some of linux/amd64`, []string{"linux/amd64", "windows/amd64"}},
		{"v1", `--platforms: got "linux/amd64"`, []string{"linux/amd64", "linux/amd64"}},
		{"v1", "not to be compiled", supported},
	} {
		assert.ErrorContains(t, run(t.Context(), test.version, test.platforms, "dist", never), test.want)
	}
	require.NoError(t, os.Remove("bin/provisioner-x86_64.zip"))
	assert.ErrorContains(t, run(t.Context(), "v1", supported, "dist", never),
		"bin/provisioner-x86_64.zip: there is no such file: build it with `make provisioner ARCHITECTURE=x86_64`")
}

// What dist knows of the command, whose packages take too long to compile for it, is so: else `make dist` fails after minutes,
// or a release checks with no rules.
func TestNamesAreTheCommands(t *testing.T) {
	t.Parallel()
	source, name, _ := strings.Cut(strings.TrimPrefix(versionVariable, "github.com/genericcorp/platform/cmd/"), ".")
	text, err := os.ReadFile(filepath.Join("..", source, "version.go"))
	require.NoError(t, err)
	assert.Contains(t, string(text), "\nvar "+name+" string\n")
	text, err = os.ReadFile("../../policies/main.go")
	require.NoError(t, err)
	assert.Contains(t, string(text), `const Program = "`+policyProgram+`"`)
}

// TestMakefileHasTheSamePlatforms: `make dist` is how a release is made.
func TestMakefileHasTheSamePlatforms(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../Makefile")
	require.NoError(t, err)
	assert.Contains(t, string(text), "\nPLATFORMS := "+strings.Join(supported, " ")+"\n")
}

// repository changes into a folder with all that a release packs.
func repository(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	for _, architecture := range []artifact.Architecture{artifact.ARM64, artifact.X8664} {
		for _, service := range artifact.Services {
			require.NoError(t, artifact.Build(t.Context(), artifact.Options{
				Repository: "../..", Program: "./internal/artifact/testdata/hello", Architecture: architecture,
				Output: filepath.Join(folder, artifact.Path(service, architecture)),
			}))
		}
	}
	for _, name := range []string{"Pulumi.yaml", "Pulumi.dev.yaml", "LICENSE"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(name), 0o600))
	}
	t.Chdir(folder)
}

type packedFile struct {
	*tar.Header
	text string
}

func unpack(t *testing.T, path string) (files []packedFile) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	compressed, err := gzip.NewReader(bytes.NewReader(text))
	require.NoError(t, err)
	for reader := tar.NewReader(compressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		require.NoError(t, err)
		content, err := io.ReadAll(reader)
		require.NoError(t, err)
		files = append(files, packedFile{header, string(content)})
	}
}
