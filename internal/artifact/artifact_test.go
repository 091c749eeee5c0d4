package artifact

import (
	"archive/zip"
	"crypto/sha256"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Two builds give the same bytes, and the archive holds a program that Lambda runs and the files beside it.
func TestBuildIsReproducible(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	var builds [2][]byte
	for i := range builds {
		output := filepath.Join(folder, "new", "function.zip")
		require.NoError(t, Build(t.Context(), Options{
			Repository: "../..", Program: "./internal/artifact/testdata/hello", Architecture: X8664, Output: output,
			Files: []File{{Name: "ca.pem", Text: []byte("authority")}},
		}))
		require.NoError(t, Inspect(output, X8664))
		require.ErrorContains(t, Inspect(output, ARM64), "its bootstrap is for EM_X86_64, and the function runs on arm64")
		var err error
		builds[i], err = os.ReadFile(output)
		require.NoError(t, err)
		require.NoError(t, os.Remove(output))
	}
	assert.Equal(t, sha256.Sum256(builds[0]), sha256.Sum256(builds[1]))
	path := filepath.Join(folder, "p.zip")
	require.NoError(t, os.WriteFile(path, builds[0], 0o600))
	archive, err := zip.OpenReader(path)
	require.NoError(t, err)
	defer archive.Close() // only read
	require.Len(t, archive.File, 2)
	assert.Equal(t, Bootstrap, archive.File[0].Name)
	assert.Equal(t, os.FileMode(0o755), archive.File[0].Mode())
	assert.Equal(t, "ca.pem", archive.File[1].Name)
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, Build(t.Context(), Options{Architecture: "arm"}), `architecture: got "arm", expected arm64 or x86_64`)
	err := Build(t.Context(), Options{Repository: t.TempDir(), Program: "./none", Architecture: ARM64})
	require.ErrorContains(t, err, "build ./none for linux/arm64: ")
}

func TestHost(t *testing.T) {
	t.Parallel()
	host, ok := Host("amd64")
	assert.True(t, ok)
	assert.Equal(t, X8664, host)
	_, ok = Host("riscv64")
	assert.False(t, ok)
}
