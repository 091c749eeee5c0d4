package toolcache_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/toolcache"
)

const repository = "../.."

// places are the environments for which Make must find the folder that Go finds.
var places = []struct{ chosen, xdg, home, want string }{
	{"/somewhere", "/cache", "/home/me", "/somewhere"},
	{"", "/cache", "/home/me", "/cache/genericcorp-platform"},
	{"", "", "/home/me", "/home/me/.cache/genericcorp-platform"},
}

func TestDir(t *testing.T) {
	_, err := os.Stat(filepath.Join(repository, "Makefile")) // so that the go command repeats the test after a change of it
	require.NoError(t, err)
	for _, p := range places {
		t.Setenv(toolcache.Variable, p.chosen)
		t.Setenv("XDG_CACHE_HOME", p.xdg)
		t.Setenv("HOME", p.home)
		dir, err := toolcache.Dir()
		require.NoError(t, err)
		assert.Equal(t, p.want, dir)
		assert.Equal(t, p.want, output(t, "make", "--no-print-directory", "-C", repository, "--eval", "print-cache: ; @echo $(CACHE)", "print-cache"))
	}
	t.Setenv("HOME", "")
	_, err = toolcache.Dir()
	require.ErrorContains(t, err, "find the cache folder (set PLATFORM_CACHE to choose one): ")
}

// YAML can compute nothing: workflows keep the folder of a machine that chooses none.
func TestWorkflowsCacheTheFolder(t *testing.T) {
	for _, file := range []string{".github/actions/build/action.yml", ".github/actions/local-cloud/action.yml", ".github/workflows/test.yml"} {
		text, err := os.ReadFile(filepath.Join(repository, file))
		require.NoError(t, err)
		assert.Contains(t, string(text), "path: ~/.cache/"+toolcache.Name+"\n", file)
	}
}

func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	require.NoError(t, err, string(out))
	return strings.TrimSpace(string(out))
}
