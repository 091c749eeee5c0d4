package edge_test

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/services/provisioner/api"
)

// Where gate's answer comes later than the proxy waits, nobody gets in, and the lease that gate has given is given back: the proxy, which knows
// nothing of it, tells gate of the request.
func lateAnswer(t *testing.T, w *world) {
	w.tenant(t, "late", "free", api.StateActive)
	w.eventually(t, "late", http.StatusOK)
	door := newDoor(t, address(w.ports.gate))
	at, free := w.ports, freePorts(t, 3)
	at.public, at.health, at.admin, at.gate = free[0], free[1], free[2], door.port
	proxy := w.newProxy(t, "proxy-late", at)
	proxy.start(t)
	t.Cleanup(func() { proxy.stop(t, syscall.SIGKILL) })
	get := func() int { return onceAt(t, at.public, w.notes("late")).status }
	await(t, func() bool { return listens(at.public) && get() == http.StatusOK }, "the proxy serves")

	const witness = "of a request that is under way"
	cache, key := w.inCache(t), "edge_under_way_late"
	door.held.Lock()
	defer door.held.Unlock()
	await(t, func() bool { // on a busy machine gate can know that nobody waits, and takes no lease
		require.NoError(t, cache.ZAdd(t.Context(), key, redis.Z{Member: witness, Score: float64(time.Now().UnixMilli())}).Err())
		before := taken(t, cache)
		assert.Equal(t, http.StatusServiceUnavailable, get())
		return taken(t, cache) > before
	}, "a lease whose request was refused")
	await(t, func() bool {
		left, err := cache.ZRange(t.Context(), key, 0, -1).Result()
		return err == nil && len(left) == 1 && left[0] == witness
	}, "no lease is left but that which began before")
}

// taken is how many leases the cache has given, of all tenants.
func taken(t *testing.T, cache *redis.Client) int {
	t.Helper()
	all, err := cache.Info(context.WithoutCancel(t.Context()), "commandstats").Result()
	require.NoError(t, err)
	_, line, found := strings.Cut(all, "cmdstat_zadd:calls=")
	require.True(t, found, all)
	number, _, _ := strings.Cut(line, ",")
	calls, err := strconv.Atoi(number)
	require.NoError(t, err)
	return calls
}
