package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/policies/rules"
)

// docs/policies.md says what the pack goes by today.
func TestDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	want, err := generate()
	require.NoError(t, err)
	got, err := os.ReadFile("../../" + target)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "docs/policies.md is stale: run go generate ./policies")
}

func TestEveryRuleIsDocumentedOnce(t *testing.T) {
	t.Parallel()
	text, err := generate()
	require.NoError(t, err)
	for _, rule := range rules.All().Rules {
		assert.Equal(t, 1, strings.Count(text, "| `"+rule.ID+"` |"), rule.ID)
	}
}
