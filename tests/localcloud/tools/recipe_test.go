package tools

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/smalldisk"
)

// nowhere is an address of this machine at which nobody listens.
const nowhere = "http://127.0.0.1:9"

// offline cuts every program that a recipe runs off the network.
func offline(t *testing.T) {
	t.Helper()
	for _, name := range []string{"http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"} {
		t.Setenv(name, nowhere)
	}
	for _, name := range []string{"no_proxy", "NO_PROXY"} {
		t.Setenv(name, "")
	}
	for name, value := range map[string]string{
		"GOPROXY": nowhere, "GOFLAGS": "-modcacherw", "GOMODCACHE": t.TempDir(), "GONOSUMDB": "*", "GOFIPS140": "off",
		"PIP_RETRIES": "0", "PIP_INDEX_URL": nowhere, "PIP_NO_CACHE_DIR": "1",
		"npm_config_registry": nowhere, "npm_config_fetch_retries": "0", "npm_config_cache": t.TempDir(), "npm_config_offline": "false",
	} {
		t.Setenv(name, value)
	}
}

func ensure(t *testing.T, r Recipe, cache string) error {
	t.Helper()
	_, err := r.ensure(t.Context(), cache, (&progress{out: io.Discard, total: 1}).task(1, r.Name))
	return err
}

func TestWithoutANetworkEachToolSaysSo(t *testing.T) {
	source, err := sourceFolder()
	require.NoError(t, err)
	built, err := goTools[0].recipe(source, "go")
	require.NoError(t, err)
	python, err := pythonRecipe(source, "python")
	require.NoError(t, err)
	node, err := nodeRecipe(source, "node")
	require.NoError(t, err)
	offline(t)
	const noNetwork = "there is no network, and the tool is not in the cache yet"
	for _, c := range []struct {
		recipe  Recipe
		message string
	}{
		{built, noNetwork},
		{node, noNetwork},
		{python, "the Python package index could not be reached or lacks the package"}, // pip prints no more
	} {
		t.Run(c.recipe.Name, func(t *testing.T) {
			cache := t.TempDir()
			require.ErrorContains(t, ensure(t, c.recipe, cache), c.recipe.Name+": "+c.message)
			assertNoTool(t, c.recipe, cache)
		})
	}
	err = downloadTerraformAWS(t.Context(), nowhere, filepath.Join(t.TempDir(), terraformAWS))
	require.Error(t, err)
	require.ErrorContains(t, explain(err), noNetwork)
}

// assertNoTool sees that a failed recipe left nothing that could be taken for a tool, and nothing partially created.
func assertNoTool(t *testing.T, r Recipe, cache string) {
	t.Helper()
	left, err := filepath.Glob(filepath.Join(cache, "tools", "*"))
	require.NoError(t, err)
	assert.Equal(t, []string{r.folder(cache) + ".lock"}, left, "only the lock's file stays")
	hidden, err := filepath.Glob(filepath.Join(cache, "tools", ".*-*"))
	require.NoError(t, err)
	assert.Empty(t, hidden)
}

func TestARunAfterAFailureMakesTheTool(t *testing.T) {
	t.Parallel()
	cache, broken := t.TempDir(), errors.New("dial tcp: lookup modules.example: no such host")
	recipe := Recipe{Name: "tool", Key: []string{"1"}, Tools: map[string]string{"tool": "tool"}, Make: func(_ context.Context, folder string) error {
		if err := os.WriteFile(filepath.Join(folder, "half"), nil, 0o600); err != nil || broken != nil {
			return errors.Join(err, broken)
		}
		return os.WriteFile(filepath.Join(folder, "tool"), nil, 0o600)
	}}
	require.ErrorContains(t, ensure(t, recipe, cache), "tool: there is no network")
	assertNoTool(t, recipe, cache)
	broken = nil
	require.NoError(t, ensure(t, recipe, cache))
	assert.FileExists(t, filepath.Join(recipe.folder(cache), "tool"))
}

func TestAFullDiskIsToldAndTheNextRunMakesTheTool(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	disk := smalldisk.Over(t, cache)
	disk.Resize(t, "1m")
	recipe := Recipe{Name: "tool", Key: []string{"1"}, Tools: map[string]string{"tool": "tool"}, Make: func(_ context.Context, folder string) error {
		return os.WriteFile(filepath.Join(folder, "tool"), make([]byte, 2<<20), 0o600)
	}}
	err := ensure(t, recipe, cache)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "tool: the disk is full: free some space or set PLATFORM_CACHE")
	assertNoTool(t, recipe, cache)
	disk.Resize(t, "8m")
	require.NoError(t, ensure(t, recipe, cache))
}

func TestARecipeThatMakesNotAllIsRefused(t *testing.T) {
	t.Parallel()
	cache := t.TempDir()
	recipe := Recipe{Name: "tool", Tools: map[string]string{"tool": "bin/tool"}, Make: func(context.Context, string) error { return nil }}
	require.ErrorContains(t, ensure(t, recipe, cache), "did not make all of [bin/tool]")
	assertNoTool(t, recipe, cache)
}
