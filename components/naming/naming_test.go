package naming_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/genericcorp/platform/components/naming"
)

func TestJoinKeepsShortNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "prod-database", naming.Join(naming.MaxRDSInstance, "prod", "database"))
}

func TestJoinFitsAndTellsApart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.StringMatching(`[a-z][a-z0-9-]{0,60}[a-z0-9]`)
		limit := rapid.IntRange(20, 64).Draw(t, "limit")
		a, b := part.Draw(t, "a"), part.Draw(t, "b")
		nameA, nameB := naming.Join(limit, a), naming.Join(limit, b)
		if len(nameA) > limit {
			t.Fatalf("%q has %d characters, the limit is %d", nameA, len(nameA), limit)
		}
		if strings.HasSuffix(nameA, "-") {
			t.Fatalf("%q ends in a hyphen", nameA)
		}
		if a != b && nameA == nameB {
			t.Fatalf("%q and %q both became %q", a, b, nameA)
		}
	})
}
