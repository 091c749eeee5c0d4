package connections

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

// What people have seen on servers of RDS, by GiB, is never less than what is counted on, and not much more.
func TestConnectionsAsSeen(t *testing.T) {
	t.Parallel()
	for gib, seen := range map[int]int{2: 198, 4: 413, 8: 856, 16: 1700, 32: 3400, 64: 5000, 512: 5000} {
		assert.LessOrEqual(t, OfMemory(gib), seen, gib)
		assert.GreaterOrEqual(t, OfMemory(gib), seen*95/100, gib)
	}
	assert.Equal(t, 403, OfClass("db.t4g.medium"))
}

func TestForTenants(t *testing.T) {
	t.Parallel()
	assert.Equal(t, 85, ForTenants(100, 10, 0))
	assert.Equal(t, 127, ForTenants(100, 10, 50))
	assert.Zero(t, ForTenants(10, 90, 50))
}
