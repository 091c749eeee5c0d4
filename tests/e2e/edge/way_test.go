package edge

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/edge"
	gateapi "github.com/genericcorp/platform/services/gate/api"
)

// way follows requests from the load balancer to the application and its database.
func way(t *testing.T, e environment) {
	got := e.becomes(t, "acme", http.StatusOK)
	assert.Contains(t, got.body, `"notes"`)
	assert.Equal(t, "edge", got.headers.Get("Server"))
	assert.NotEmpty(t, got.headers.Get("X-Ratelimit-Limit"))
	e.becomes(t, "birch", http.StatusOK)

	ready := e.askNodes(t, edge.HealthNodePort, edge.PathReady, "", nil)
	assert.Equal(t, http.StatusOK, ready.status, "the load balancer's question: %v", ready.err)

	nobody := e.becomes(t, "nobody", http.StatusNotFound)
	assert.Equal(t, string(gateapi.CodeUnknown), nobody.code())
	for _, name := range []string{"X-Tenant", "X-Tenant-Identity"} {
		got = e.get(t, host("acme"), map[string]string{name: "birch"})
		assert.Equal(t, http.StatusBadRequest, got.status, name)
		assert.Equal(t, string(gateapi.CodeReserved), got.code(), name)
	}

	e.Platform(t, nil, "tenant", "suspend", "birch")
	got = e.becomes(t, "birch", http.StatusForbidden)
	assert.Equal(t, string(gateapi.CodeSuspended), got.code())
	assert.Contains(t, got.body, contact)
	e.becomes(t, "acme", http.StatusOK)
	e.Platform(t, nil, "tenant", "resume", "birch")
	e.becomes(t, "birch", http.StatusOK)

	var refused response
	eventually(t, "a tenant that sends too much is told so", func() bool {
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 30 {
			all.Go(func() {
				if got := e.get(t, host("birch"), nil); got.code() == string(gateapi.CodeTooMany) {
					mu.Lock()
					defer mu.Unlock()
					refused = got
				}
			})
		}
		all.Wait()
		return refused.status != 0
	})
	assert.Equal(t, "1", refused.headers.Get("Retry-After"))
	assert.Equal(t, "0", refused.headers.Get("X-Ratelimit-Remaining"))
}

// stranger is a pod that no part of the edge, and not the application either, has to do with.
const stranger = `apiVersion: v1
kind: Pod
metadata: {name: stranger, namespace: NAMESPACE, labels: {app.kubernetes.io/name: stranger}}
spec:
  automountServiceAccountToken: false
  containers:
  - name: probe
    image: IMAGE
    resources: {requests: {cpu: 10m, memory: 64Mi}, limits: {cpu: 100m, memory: 64Mi}}
    securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}, runAsNonRoot: true, seccompProfile: {type: RuntimeDefault}}
`

// reach tries each part from a pod that has no business with it, in the tenants' namespace and in the parts' own. The proxy alone is open, as
// it is to everybody.
func reach(t *testing.T, e environment) {
	image := e.PushImage(t, "probe", "../nodes/testdata/probe")
	for _, namespace := range []string{tenants, system} {
		file := filepath.Join(t.TempDir(), namespace+".yaml")
		require.NoError(t, os.WriteFile(file, []byte(strings.NewReplacer("NAMESPACE", namespace, "IMAGE", image).Replace(stranger)), 0o600))
		e.kubectl(t, "apply", "--filename", file)
		t.Cleanup(func() { e.kubectl(t, "delete", "--filename", file, "--grace-period", "0", "--force") })
		e.kubectl(t, "wait", "--for", "condition=Ready", "pod/stranger", "--namespace", namespace, "--timeout", patience.String())
		dial := func(in, name, port string) string {
			ip, _, _ := strings.Cut(e.kubectl(t, "get", "pods", "--namespace", in, "--selector", "app.kubernetes.io/name="+name, "--output", "jsonpath={.items[*].status.podIP}"), " ")
			return e.kubectl(t, "exec", "stranger", "--namespace", namespace, "--", "/bin/probe", "get", "http://127.0.0.1:8080/dial?to="+ip+":"+port)
		}
		for _, to := range [][3]string{
			{system, gate, "9000"}, {system, counting, "8081"}, {system, counting, "6379"}, {system, counting, "6070"}, {system, proxy, "9901"}, {system, proxy, "9090"},
			{tenants, "api", "8080"},
		} {
			assert.Contains(t, dial(to[0], to[1], to[2]), "refused:", "from %s to %v", namespace, to)
		}
	}
}
