package main

import (
	"os"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/tiers"
)

// The table in the repository is the one that the catalogue gives.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	got, err := os.ReadFile("../../../../docs/tiers.md")
	require.NoError(t, err)
	require.Equal(t, generate(tiers.All()), string(got), "docs/tiers.md is stale: run go generate ./internal/tiers")
}

// Every limit of the catalogue has a row, which says what enforces it or that nothing does.
func TestEveryLimitSaysWhatEnforcesIt(t *testing.T) {
	t.Parallel()
	var keys []string
	limits := reflect.TypeFor[tiers.Limits]()
	for i := range limits.NumField() {
		keys = append(keys, limits.Field(i).Tag.Get("yaml"))
	}
	var told []string
	notLimits := []string{price, worker, support, available, latency}
	for _, r := range rows {
		if !slices.Contains(notLimits, r.key) {
			require.NotEmpty(t, r.enforcedBy, r.title)
			told = append(told, r.key)
		}
	}
	require.ElementsMatch(t, keys, told)
}
