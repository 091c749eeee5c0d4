// Package edge shows the edge on a local cloud with nodes, from the load balancer to the pods: what a request passes, who may call which
// part, what the loss of each part does, and how passwords change. What each part refuses is in tests/edge, which needs no cluster.
package edge

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("PLATFORM_LOCAL_NODES", "on") // never fails for such a name
	os.Exit(testcloud.Main(m))
}

const (
	patience = 10 * time.Minute // that anything may take on a busy machine: a proxy alone takes two minutes to go
	system   = "platform-system"
	tenants  = "tenants"
)

// The parts, by the names of their deployments.
const (
	proxy    = "edge-proxy"
	gate     = "edge-gate"
	counting = "edge-counting"
)

// environment is a local cloud with nodes, the environment with the edge, and its sample tenants.
type environment struct {
	*testcloud.Cloud

	nodePorts string // where the nodes' ports are open
	balancer  *balancer
}

// TestEdge needs one environment for all that it shows, which takes minutes.
func TestEdge(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	e, asking := start(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, environment)
	}{
		{"two pods of each, in two zones", twoPods},
		{"a request's way", way},
		{"as the page says", func(t *testing.T, e environment) { e.typed(t, asking) }},
		{"the load balancer's clients", clients},
		{"the load balancer's targets", targets},
		{"who reaches which part", reach},
		{"a proxy is killed under load", killed},
		{"proxies are exchanged under load", exchanged},
		{"gates are exchanged under load", gatesExchanged},
		{"without a proxy", withoutProxies},
		{"without gate", func(t *testing.T, e environment) { without(t, e, gate, http.StatusServiceUnavailable) }},
		{"without the service that counts", func(t *testing.T, e environment) { without(t, e, counting, unasked) }},
		{"the cache hangs", cacheHangs},
		{"another password of gate's role", gatePassword},
		{"another token of the cache", cacheToken},
		{"a second deployment changes nothing", func(t *testing.T, e environment) {
			e.Platform(t, nil, "preview", "--workloads", "--settings", e.withPassword(t, otherPassword), "--expect-no-changes")
		}},
		{"switched off", switchedOff},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, e) }) {
			t.FailNow()
		}
	}
}

// start makes the environment as docs/edge.md says, and gives the commands by which that page asks it.
func start(t *testing.T) (e environment, asking string) {
	t.Helper()
	e.Cloud = testcloud.Empty(t)
	e.nodePorts = e.RequireNodes(t, required.OfRoot).NodePorts
	blocks := documented(t)
	require.Len(t, blocks, 2, "one makes the environment, and one asks it")
	e.typed(t, blocks[0])
	e.Load(t)
	e.balancer = e.findBalancer(t)
	return e, blocks[1]
}

func twoPods(t *testing.T, e environment) {
	for _, name := range []string{proxy, gate, counting} {
		eventually(t, name, func() bool { // the autoscaler adds the second proxy
			return e.kubectl(t, "get", "deployment", name, "--namespace", system, "--output", "jsonpath={.status.readyReplicas}/{.spec.replicas}") == "2/2"
		})
		nodes := strings.Fields(e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+name, "--output", "jsonpath={.items[*].spec.nodeName}"))
		require.Len(t, nodes, 2, name)
		assert.NotEqual(t, nodes[0], nodes[1], name)
		restarts := e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name="+name, "--output", "jsonpath={.items[*].status.containerStatuses[*].restartCount}")
		assert.Equal(t, "0 0", restarts, name)
	}
}

// switchedOff deploys the repository's settings: nothing of the edge stays in the cluster, and gate's role can no longer log in.
func switchedOff(t *testing.T, e environment) {
	login := e.gateLogin(t)
	e.Platform(t, nil, "up", "--workloads")
	for _, name := range []string{proxy, gate, counting} {
		assert.Empty(t, e.kubectl(t, "get", "deployments,services,networkpolicies,serviceaccounts", "--namespace", system, "--selector", "app.kubernetes.io/name="+name, "--output", "name"), name)
	}
	assert.False(t, e.logsIn(t, login), "gate's role")
}

// eventually waits until a question has the answer.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	began := time.Now()
	require.Eventually(t, condition, patience, 300*time.Millisecond, what)
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

// kubectl asks the cluster, which must answer.
func (e environment) kubectl(t testing.TB, args ...string) string {
	t.Helper()
	result := e.Run(t, e.Repository, nil, "kubectl", args...)
	require.Zero(t, result.Code, "kubectl %v: %s%s", args, result.Stdout, result.Stderr)
	return strings.TrimSpace(result.Stdout)
}

// rollout waits until a deployment has what it should have.
func (e environment) rollout(t testing.TB, name string) {
	t.Helper()
	e.kubectl(t, "rollout", "status", "deployment/"+name, "--namespace", system, "--timeout", patience.String())
}
