package database

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMemoryAndConnectionsOfAClass(t *testing.T) {
	t.Parallel()
	for class, want := range map[string]struct{ gib, connections int }{
		"db.t4g.micro":    {1, 112},
		"db.t4g.small":    {2, 225},
		"db.t4g.medium":   {4, 450},
		"db.m7g.large":    {8, 901},
		"db.m6g.xlarge":   {16, 1802},
		"db.r7g.large":    {16, 1802},
		"db.r6g.xlarge":   {32, 3604},
		"db.r7g.2xlarge":  {64, 5000},
		"db.r7g.16xlarge": {512, 5000},
	} {
		gib, known := memoryGiB(class)
		require.True(t, known, class)
		require.Equal(t, want.gib, gib, class)
		require.Equal(t, want.connections, connections(gib), class)
	}
}

func TestUnknownClasses(t *testing.T) {
	t.Parallel()
	for _, class := range []string{
		"", "db", "db.", "db..large", "db.t4g", "r7g.large", "cache.r7g.large", "db.x2g.large", "db.t4g.4xlarge",
		"db.m7g.medium", "db.r7g.0xlarge", "db.r7g.1xlarge", "db.r7g.-2xlarge", "db.r7g.99xlarge", "db.r7g.large.more",
	} {
		_, known := memoryGiB(class)
		require.False(t, known, class)
	}
}
