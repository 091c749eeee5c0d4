package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/stacks/tiers"
)

// The table in the repository is the one that the catalogue gives.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../../docs/tiers.md")
	require.NoError(t, err)
	require.Equal(t, generate(tiers.All()), string(got), "docs/tiers.md is stale: run go generate ./stacks/tiers")
}
