package tools

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What nobody has used for a month goes. What was used since, what a running local cloud uses, what is not ours and what is being made stay.
func TestPrune(t *testing.T) {
	t.Parallel()
	cache, now := t.TempDir(), time.Now()
	old := now.Add(-unusedAfter - time.Minute)
	folder := func(name string, locked bool) string {
		path := filepath.Join(cache, name)
		require.NoError(t, os.MkdirAll(filepath.Join(path, "bin"), 0o700))
		if locked {
			require.NoError(t, os.WriteFile(path+".lock", nil, 0o600))
		}
		require.NoError(t, os.Chtimes(path, old, old))
		return path
	}
	unused, used, running := folder("tools/engine-1", true), folder("tools/engine-2", true), folder("tools/engine-3", true)
	linter, home, usedHome, other := folder("tools/golangci-lint-1", false), folder("pulumi-home-1", false), folder("pulumi-home-2", false), folder("bin", false)
	for _, path := range []string{used, usedHome} {
		there, err := use(path)
		require.NoError(t, err)
		require.True(t, there)
	}
	release, err := Keep(cache, Set{"pulumi": filepath.Join(running, "bin", "pulumi"), "postgres": "/usr/lib/postgresql/postgres"})
	require.NoError(t, err)

	removed, err := Prune(cache, now)
	require.NoError(t, err)
	assert.Equal(t, []string{"engine-1", "pulumi-home-1"}, removed)
	for _, path := range []string{unused, home} {
		assert.NoDirExists(t, path)
	}
	for _, path := range []string{used, running, linter, usedHome, other} {
		assert.DirExists(t, path)
	}
	left, err := filepath.Glob(filepath.Join(cache, "*", ".removed-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
	there, err := use(unused)
	require.NoError(t, err)
	assert.False(t, there, "whoever needs it makes it again")

	release()
	removed, err = Prune(cache, now)
	require.NoError(t, err)
	assert.Equal(t, []string{"engine-3"}, removed, "its local cloud has ended")
	removed, err = Prune(cache, now.Add(unusedAfter+time.Hour))
	require.NoError(t, err)
	assert.Equal(t, []string{"engine-2", "pulumi-home-2"}, removed)
}
