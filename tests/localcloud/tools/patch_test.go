package tools

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A correction that no longer fits the pinned version must stop the build, not be left out.
func TestCorrectionsFitExactlyOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a.go")
	require.NoError(t, os.WriteFile(path, []byte("one two two"), 0o600))
	require.NoError(t, replacement{"a.go", "one", "three"}.apply(dir))
	for _, wrong := range []string{"one", "two"} {
		require.ErrorContains(t, replacement{"a.go", wrong, ""}.apply(dir), "expected once: compare the correction with the pinned version")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	assert.Equal(t, "three two two", string(text))
}

func TestAChangedCorrectionMakesTheToolAnew(t *testing.T) {
	t.Parallel()
	source, err := sourceFolder()
	require.NoError(t, err)
	tool := goTools[len(goTools)-1]
	require.NotEmpty(t, tool.patches)
	folder := func(p patch) string {
		tool.patches = []patch{p}
		recipe, err := tool.recipe(source, "go")
		require.NoError(t, err)
		return recipe.folder("")
	}
	other := kubernetesProvider
	other.replaced = append([]replacement{{"a", "b", "c"}}, other.replaced...)
	assert.NotEqual(t, folder(kubernetesProvider), folder(other))
}
