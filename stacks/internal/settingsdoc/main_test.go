package main

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// sourcesFromHere are the sources as seen from this folder.
func sourcesFromHere() []string {
	paths := make([]string, len(sources))
	for i, source := range sources {
		paths[i] = "../../" + source
	}
	return paths
}

// The reference in the repository is the one that the source gives.
func TestReferenceIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generate(environments.All(), sourcesFromHere()...)
	require.NoError(t, err)
	got, err := os.ReadFile("../../../docs/settings.md")
	require.NoError(t, err)
	require.Equal(t, want, string(got), "docs/settings.md is stale: run go generate ./stacks")
}

func TestTheReferenceFollowsTheRegistry(t *testing.T) {
	t.Parallel()
	registry := append(environments.All(), environments.Environment{Name: "prod-eu", Production: true})
	got, err := generate(registry, sourcesFromHere()...)
	require.NoError(t, err)
	require.Contains(t, got, "order of delivery: `dev`, `prod`, `prod-eu`;")
	require.Contains(t, got, "In production (`prod`, `prod-eu`)")
}

func TestNoStructIsLeftOut(t *testing.T) {
	t.Parallel()
	all := sourcesFromHere()
	_, err := generate(environments.All(), all[:len(all)-2]...)
	require.EqualError(t, err, "the files of the settings do not have CollectorSettings: name the file in sources")
}
