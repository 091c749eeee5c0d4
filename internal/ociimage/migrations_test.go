package ociimage

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/migrations"
)

// What is fetched is the folder that was pushed. A second push sends nothing, and what is no such artifact is refused.
func TestMigrations(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	repository, err := name.NewRepository(strings.TrimPrefix(server.URL, "http://")+"/migrations", name.Insecure)
	require.NoError(t, err)
	folder := t.TempDir()
	for file, text := range map[string]string{"migration_lock.toml": `provider = "postgresql"`, "0_init/migration.sql": "SELECT 1;"} {
		require.NoError(t, os.MkdirAll(filepath.Dir(filepath.Join(folder, file)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(folder, file), []byte(text), 0o600))
	}
	packed, err := PackMigrations(folder)
	require.NoError(t, err)
	assert.Equal(t, "sha256:38b8b976f1d30d6abbb10cf74ca13f4b641655e698312eab99624edcc0799b07", packed.Digest, "the same with each version of Go")
	for _, want := range []bool{true, false} {
		pushed, err := packed.Push(t.Context(), repository)
		require.NoError(t, err)
		assert.Equal(t, want, pushed)
	}
	archive, err := PullMigrations(t.Context(), repository, packed.Digest)
	require.NoError(t, err)
	want, err := migrations.Pack(folder)
	require.NoError(t, err)
	assert.Equal(t, want, archive)

	_, err = PullMigrations(t.Context(), repository, "sha256:"+strings.Repeat("0", 64))
	require.ErrorContains(t, err, "is not there: `platform migrate push` brings it")
	image, err := random.Image(100, 1)
	require.NoError(t, err)
	digest, err := image.Digest()
	require.NoError(t, err)
	require.NoError(t, remote.Write(repository.Digest(digest.String()), image))
	_, err = PullMigrations(t.Context(), repository, digest.String())
	require.ErrorContains(t, err, "expected what `platform migrate push` has sent")
}
