package parameterfamily_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/parameterfamily"
)

func TestApplyMethod(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ parameter, value, method string }{
		"dynamic":                  {"log_min_duration_statement", "1000", parameterfamily.Immediate},
		"static":                   {"max_locks_per_transaction", "512", parameterfamily.PendingReboot},
		"dynamic, its default":     {"rds.force_ssl", "1", parameterfamily.PendingReboot},
		"dynamic, not its default": {"rds.force_ssl", "0", parameterfamily.Immediate},
	} {
		for _, family := range []string{"postgres17", "postgres18"} {
			known, ok := parameterfamily.Of(family)[c.parameter]
			require.True(t, ok, name)
			require.Equal(t, c.method, known.ApplyMethod(c.value), "%s: %s", family, name)
		}
	}
}

func TestFamilies(t *testing.T) {
	t.Parallel()
	require.Nil(t, parameterfamily.Of("mysql8.0"))
	require.Contains(t, parameterfamily.Of("valkey8"), "maxmemory-policy")
	require.Contains(t, parameterfamily.Of("redis7"), "maxmemory-policy")
}
