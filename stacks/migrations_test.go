package stacks

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The environment's outputs tell the artifact that its settings name, to whoever applies it.
func TestMigrationsAreNamed(t *testing.T) {
	t.Parallel()
	artifact := "migrations@sha256:" + strings.Repeat("0a", 32)
	p := planOf(t, "prod", func(settings map[string]any) {
		settings["images"] = []any{"migrations"}
		settings["migrations"] = map[string]any{"artifact": artifact, "canaries": []any{"acme"}}
	})
	require.Equal(t, map[string]any{"artifact": artifact, "canaries": []string{"acme"}}, p.outputs["migrations"].value)
	require.NotContains(t, planOf(t, "dev").outputs, "migrations")
}
