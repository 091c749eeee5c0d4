// Package temporal shows Temporal on a local cloud with nodes: how it comes up and who reaches it, and a workflow that goes on when its
// worker and a server are killed.
package temporal

import (
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
	patience = 5 * time.Minute // that anything may take on a busy machine
	system   = "platform-system"
	tenants  = "tenants"
)

// environment is a local cloud with nodes, the environment with Temporal, and its sample tenants.
type environment struct {
	*testcloud.Cloud

	settings string // the file
	command  string // Temporal's own
}

// TestTemporal needs one environment for all that it shows, which takes minutes.
func TestTemporal(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a local cloud")
	}
	e := environment{Cloud: testcloud.Empty(t)}
	e.RequireNodes(t, required.OfRoot)
	e.settings, e.command = e.WithTemporal(t), testcloud.TemporalCommand(t)
	e.Platform(t, nil, "local", "up", "--settings", e.settings)
	e.Load(t)
	for _, part := range []struct {
		name string
		run  func(*testing.T, environment)
	}{
		{"two pods, in two zones", twoPods},
		{"who reaches it", reach},
		{"a workflow survives the kill of its worker and of a server", survives},
		{"a second deployment changes nothing", func(t *testing.T, e environment) {
			e.Platform(t, nil, "preview", "--workloads", "--settings", e.settings, "--expect-no-changes")
		}},
		{"switched off", switchedOff},
	} {
		if !t.Run(part.name, func(t *testing.T) { part.run(t, e) }) {
			t.FailNow()
		}
	}
}

func twoPods(t *testing.T, e environment) {
	require.Equal(t, "2/2", e.kubectl(t, "get", "deployment", "temporal", "--namespace", system, "--output", "jsonpath={.status.readyReplicas}/{.spec.replicas}"))
	nodes := strings.Fields(e.kubectl(t, "get", "pods", "--namespace", system, "--selector", "app.kubernetes.io/name=temporal", "--output", "jsonpath={.items[*].spec.nodeName}"))
	require.Len(t, nodes, 2)
	assert.NotEqual(t, nodes[0], nodes[1])
	for _, job := range []string{"temporal-schema", "temporal-namespace"} {
		assert.Equal(t, "1", e.kubectl(t, "get", "jobs", "--namespace", system, "--selector", "app.kubernetes.io/name="+job, "--output", "jsonpath={.items[*].status.succeeded}"), job)
	}
	assert.Contains(t, e.temporal(t, e.forwarded(t, e.pods(t, system, "temporal")[0]), "operator", "namespace", "describe"), "168h")
}

// switchedOff deploys the repository's settings: nothing of Temporal stays in the cluster, nor, without protection, in the database.
func switchedOff(t *testing.T, e environment) {
	e.Platform(t, nil, "up", "--workloads")
	assert.Empty(t, e.kubectl(t, "get", "deployments,services,networkpolicies,serviceaccounts,jobs", "--namespace", system, "--selector", "app.kubernetes.io/name=temporal", "--output", "name"))
	assert.Empty(t, e.databases(t))
}

// eventually waits until a question has the answer.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	began := time.Now()
	require.Eventually(t, condition, patience, 500*time.Millisecond, what)
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

// kubectl asks the cluster, which must answer.
func (e environment) kubectl(t testing.TB, args ...string) string {
	t.Helper()
	result := e.Run(t, e.Repository, nil, "kubectl", args...)
	require.Zero(t, result.Code, "kubectl %v: %s%s", args, result.Stdout, result.Stderr)
	return strings.TrimSpace(result.Stdout)
}

// pods are the names of a program's pods that are not on their way out.
func (e environment) pods(t testing.TB, namespace, name string) []string {
	t.Helper()
	return strings.Fields(e.kubectl(t, "get", "pods", "--namespace", namespace, "--selector", "app.kubernetes.io/name="+name, "--output", "jsonpath={.items[*].metadata.name}"))
}

// forwarded is the address of a server's pod on this machine.
func (e environment) forwarded(t testing.TB, pod string) string {
	t.Helper()
	return e.Forward(t, system, "pod/"+pod, 7233)
}

// temporal runs Temporal's own command.
func (e environment) temporal(t testing.TB, address string, args ...string) string {
	t.Helper()
	result := e.Run(t, e.Repository, []string{"TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=platform"}, e.command, args...)
	require.Zero(t, result.Code, "temporal %v: %s%s", args, result.Stdout, result.Stderr)
	return result.Stdout
}
