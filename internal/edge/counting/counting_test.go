package counting_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge/counting"
)

// Where gate has said nothing, the least of all tiers holds, and never nothing.
func TestYAML(t *testing.T) {
	t.Parallel()
	text, err := counting.YAML()
	require.NoError(t, err)
	assert.Equal(t, `domain: edge
descriptors:
    - key: tenant
      descriptors:
        - key: window
          value: second
          rate_limit:
            unit: second
            requests_per_unit: 5
        - key: window
          value: day
          rate_limit:
            unit: day
            requests_per_unit: 10000
`, string(text))
}

// What is refused in a second must not use up the day, and the password of the cache is none of the plain settings.
func TestEnvironment(t *testing.T) {
	t.Parallel()
	environment := counting.Settings{Folder: "/etc/ratelimit", Host: "0.0.0.0", Cache: "cache:6379", CacheTLS: true}.Environment()
	assert.Equal(t, "true", environment["STOP_CACHE_KEY_INCREMENT_WHEN_OVERLIMIT"])
	assert.Equal(t, "300", environment["EXPIRATION_JITTER_MAX_SECONDS"], "services whose clocks differ must find each other's counts")
	assert.Equal(t, "true", environment["REDIS_TLS"])
	assert.Equal(t, "127.0.0.1", environment["DEBUG_HOST"])
	assert.NotContains(t, environment, "REDIS_AUTH")
}
