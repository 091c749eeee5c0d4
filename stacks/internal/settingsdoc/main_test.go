package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// The reference in the repository is the one that the source gives.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generate("../../"+sources[0], "../../"+sources[1])
	require.NoError(t, err)
	got, err := os.ReadFile("../../../docs/settings.md")
	require.NoError(t, err)
	require.Equal(t, want, string(got), "docs/settings.md is stale: run go generate ./stacks")
}
