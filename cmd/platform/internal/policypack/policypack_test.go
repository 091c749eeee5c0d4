package policypack

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/process"
)

// repository is a small one, with a pack of the text.
func repository(t *testing.T, pack string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.Mkdir(filepath.Join(dir, "policies"), 0o700))
	for name, text := range map[string]string{"go.mod": "module example\n\ngo 1.26\n", "policies/main.go": pack} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return dir
}

func TestBuild(t *testing.T) {
	t.Parallel()
	cache := filepath.Join(t.TempDir(), "cache")
	program, err := Build(t.Context(), repository(t, "package main\n\nfunc main() {}\n"), cache, process.Runner{})
	require.NoError(t, err)
	info, err := os.Stat(program)
	require.NoError(t, err)
	assert.NotZero(t, info.Mode()&0o100, "it can be run")
	other, err := Build(t.Context(), repository(t, "package main\n\nfunc main() {}\n"), cache, process.Runner{})
	require.NoError(t, err)
	assert.NotEqual(t, program, other, "another checkout's")
}

func TestBuildSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	_, err := Build(t.Context(), repository(t, "package main\n\nfunc main() { undefined() }\n"), t.TempDir(), process.Runner{})
	require.ErrorContains(t, err, "build the policy pack")
	assert.ErrorContains(t, err, "undefined: undefined")
}
