package localenv

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program of this machine comes with its loader and the library of C, each once. One that is static has none.
func TestLibraries(t *testing.T) {
	t.Parallel()
	found, err := libraries("/bin/ls")
	require.NoError(t, err)
	var names []string
	for _, file := range found {
		require.True(t, filepath.IsAbs(file.Path), file.Path)
		require.NotEmpty(t, file.Text, file.Path)
		require.NotContains(t, names, filepath.Base(file.Path))
		names = append(names, filepath.Base(file.Path))
	}
	require.Contains(t, names, "libc.so.6")
	require.Regexp(t, `^ld-linux.*\.so\.`, names[0])

	file := filepath.Join(t.TempDir(), "script")
	require.NoError(t, os.WriteFile(file, []byte("#!/bin/sh\n"), 0o600))
	_, err = libraries(file)
	require.ErrorContains(t, err, "read how "+file+" is linked")
	_, err = find("libnone.so.1")
	require.ErrorContains(t, err, "/usr/lib64/libnone.so.1")
}

// What is put together here and what is built of the sources are told apart by name.
func TestSplitImages(t *testing.T) {
	t.Parallel()
	own, foreign := splitImages([]string{"gate", "envoy", "sample", "temporal-server", "ratelimit"})
	require.Equal(t, []string{"gate", "sample"}, own)
	require.Equal(t, []string{"envoy", "temporal-server", "ratelimit"}, foreign)
}
