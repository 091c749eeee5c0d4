package edge

import (
	"maps"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pods are the names of a part's pods that are not on their way out.
func (e environment) pods(t testing.TB, name string) []string {
	t.Helper()
	var staying []string
	for line := range strings.Lines(e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+name,
		"--output", `jsonpath={range .items[*]}{.metadata.name} {.metadata.deletionTimestamp}{"\n"}{end}`)) {
		if fields := strings.Fields(line); len(fields) == 1 {
			staying = append(staying, fields[0])
		}
	}
	return staying
}

// killed kills a proxy in the midst of requests: what comes by the other one is served, and nothing passes without a tenant and a limit. The
// load balancer would send it half of them until it has noticed, so they come by the nodes' ports.
func killed(t *testing.T, e environment) {
	l := startLoad(t, e.getAtNodes)
	time.Sleep(5 * time.Second)
	before := e.counted(t, loadTenant)
	e.kubectl(t, "delete", "pod", e.pods(t, proxy)[0], "--namespace", system, "--grace-period", "0", "--force")
	time.Sleep(5 * time.Second) // until there are requests that only the other one can have taken
	e.rollout(t, proxy)
	time.Sleep(5 * time.Second)
	got := l.end(t)
	assert.LessOrEqual(t, got[0], 20, "requests that ended with nothing: those that the killed proxy had, and those that came until its address was gone")
	assert.Greater(t, e.counted(t, loadTenant), before)
	assert.LessOrEqual(t, got[http.StatusOK], e.counted(t, loadTenant), "each request that was served has been counted for the day")
}

// exchanged exchanges both proxies, as another configuration would: nothing is lost.
func exchanged(t *testing.T, e environment) {
	e.targetsFollow(t)
	l := startLoad(t, e.get)
	went := e.pods(t, proxy)
	e.kubectl(t, "rollout", "restart", "deployment/"+proxy, "--namespace", system)
	// What kube-proxy asks of a pod that goes.
	serving := func() bool {
		return strings.Contains(e.kubectl(t, "get", "endpointslices", "--namespace", system, "--selector", "kubernetes.io/service-name="+proxy,
			"--output", `jsonpath={range .items[*].endpoints[*]}{.conditions.serving} {.conditions.terminating}{"\n"}{end}`), "true true")
	}
	eventually(t, "a proxy goes, and still serves", serving)
	time.Sleep(20 * time.Second) // less than it drains, and longer than a lost readiness would have stayed unnoticed
	assert.True(t, serving(), "the load balancer hears of it only now")
	e.rollout(t, proxy)
	eventually(t, "the old proxies are gone", func() bool {
		left := e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+proxy, "--output", "name")
		return !strings.Contains(left, went[0]) && !strings.Contains(left, went[1])
	})
	l.nothingLost(t)
}

// gatesExchanged exchanges both gates, as another image would: nothing is refused, and the ledger has what was served. It may lack what the proxies
// sent just when a gate ended their log's streams.
func gatesExchanged(t *testing.T, e environment) {
	time.Sleep(handedOver)
	before := e.ledger(t)[loadTenant].Served
	l := startLoad(t, e.get)
	went := e.pods(t, gate)
	e.kubectl(t, "rollout", "restart", "deployment/"+gate, "--namespace", system)
	e.rollout(t, gate)
	eventually(t, "the old gates are gone", func() bool {
		left := e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+gate, "--output", "name")
		return !strings.Contains(left, went[0]) && !strings.Contains(left, went[1])
	})
	l.nothingLost(t)
	time.Sleep(handedOver)
	served, counted := l.of[http.StatusOK], e.ledger(t)[loadTenant].Served-before
	t.Logf("served %d, in the ledger %d", served, counted)
	assert.LessOrEqual(t, counted, served, "none is there twice")
	assert.LessOrEqual(t, served-counted, crossing)
}

// crossing is how many requests may have been on the way when four streams of two gates ended: there are ten in a second.
const crossing = 8

// withoutProxies stops all proxies: every target is out, and whoever comes gets a TLS connection and no answer. When proxies are back all is
// as before.
func withoutProxies(t *testing.T, e environment) {
	e.scale(t, proxy, 0)
	states := e.targetsFollow(t)
	assert.NotContains(t, slices.Collect(maps.Values(states)), "healthy")
	require.NoError(t, e.balancer.shakeHands(t, e.balancer.trusting()))
	got := e.get(t, host("acme"), nil)
	assert.Zero(t, got.status)
	require.Error(t, got.err)
	e.scale(t, proxy, 2)
	assert.Contains(t, slices.Collect(maps.Values(e.targetsFollow(t))), "healthy")
	e.becomes(t, "acme", http.StatusOK)
}

// scale has a part have so many pods, and waits until it has.
func (e environment) scale(t testing.TB, name string, pods int) {
	t.Helper()
	e.kubectl(t, "scale", "deployment/"+name, "--replicas", strconv.Itoa(pods), "--namespace", system)
	if pods > 0 {
		e.rollout(t, name)
		return
	}
	eventually(t, "no pod", func() bool {
		return e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+name, "--output", "name") == ""
	})
}

// without stops a part: the edge is closed, and open again when the part is back. What nobody's host gets meanwhile is up to the part.
func without(t *testing.T, e environment, name string, nobody int) {
	e.becomes(t, "acme", http.StatusOK)
	e.scale(t, name, 0)
	e.closed(t, nobody)
	e.scale(t, name, 2)
	e.becomes(t, "acme", http.StatusOK)
}

// unasked is what gate answers for a host that is nobody's: neither the service that counts nor the cache is asked about it.
const unasked = http.StatusNotFound

// closed tells that no tenant passes, nor a host that is nobody's.
func (e environment) closed(t testing.TB, nobody int) {
	t.Helper()
	e.becomes(t, "acme", http.StatusServiceUnavailable)
	for range 20 {
		assert.Equal(t, http.StatusServiceUnavailable, e.get(t, host("acme"), nil).status)
		assert.Equal(t, nobody, e.get(t, host("nobody"), nil).status)
	}
}

// cacheHangs stops the cache in the midst of its work.
func cacheHangs(t *testing.T, e environment) {
	process, err := os.FindProcess(e.cachePID(t))
	require.NoError(t, err)
	require.NoError(t, process.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = process.Signal(syscall.SIGCONT) })
	e.closed(t, unasked)
	require.NoError(t, process.Signal(syscall.SIGCONT))
	e.becomes(t, "acme", http.StatusOK)
}
