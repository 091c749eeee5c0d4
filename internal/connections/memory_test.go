package connections

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryOfAClass(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]int{
		"db.t4g.micro": 1, "db.t4g.small": 2, "db.t4g.medium": 4, "db.m7g.large": 8, "db.m6g.xlarge": 16, "db.r7g.large": 16,
		"db.r6g.xlarge": 32, "db.r7g.2xlarge": 64, "db.r7g.16xlarge": 512,
	} {
		gib, known := MemoryGiB(class)
		require.True(t, known, class)
		require.Equal(t, want, gib, class)
	}
}

func TestUnknownClasses(t *testing.T) {
	t.Parallel()
	for _, class := range []string{
		"", "db", "db.", "db..large", "db.t4g", "r7g.large", "cache.r7g.large", "db.x2g.large", "db.t4g.4xlarge",
		"db.m7g.medium", "db.r7g.0xlarge", "db.r7g.1xlarge", "db.r7g.-2xlarge", "db.r7g.99xlarge", "db.r7g.large.more",
	} {
		_, known := MemoryGiB(class)
		require.False(t, known, class)
		require.Zero(t, OfClass(class), class)
	}
}
