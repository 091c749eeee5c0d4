package edge

import (
	"net/http"
	"os"
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

// killed kills a proxy in the midst of requests: what comes by the other one is served, and nothing passes without a tenant and a limit.
func killed(t *testing.T, e environment) {
	l := e.startLoad(t)
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
	l := e.startLoad(t)
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

// without stops a part: the edge is closed, and open again when the part is back.
func without(t *testing.T, e environment, name string) {
	e.becomes(t, "acme", http.StatusOK)
	e.kubectl(t, "scale", "deployment/"+name, "--replicas", "0", "--namespace", system)
	eventually(t, "no pod", func() bool {
		return e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+name, "--output", "name") == ""
	})
	e.closed(t)
	e.kubectl(t, "scale", "deployment/"+name, "--replicas", "2", "--namespace", system)
	e.rollout(t, name)
	e.becomes(t, "acme", http.StatusOK)
}

// closed tells that nobody passes.
func (e environment) closed(t testing.TB) {
	t.Helper()
	e.becomes(t, "acme", http.StatusServiceUnavailable)
	for range 20 {
		assert.Equal(t, http.StatusServiceUnavailable, e.get(t, host("acme"), nil).status)
		assert.Equal(t, http.StatusServiceUnavailable, e.get(t, host("nobody"), nil).status)
	}
}

// cacheHangs stops the cache in the midst of its work.
func cacheHangs(t *testing.T, e environment) {
	process, err := os.FindProcess(e.cachePID(t))
	require.NoError(t, err)
	require.NoError(t, process.Signal(syscall.SIGSTOP))
	t.Cleanup(func() { _ = process.Signal(syscall.SIGCONT) })
	e.closed(t)
	require.NoError(t, process.Signal(syscall.SIGCONT))
	e.becomes(t, "acme", http.StatusOK)
}
