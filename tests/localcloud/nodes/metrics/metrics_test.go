package metrics

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const text = `# HELP container_cpu_usage_seconds_total x
container_cpu_usage_seconds_total{container="c",namespace="n",pod="p"} 3.5 1700000000000
container_memory_working_set_bytes{container="c",namespace="n",pod="p"} 2.097152e+06 1700000000000
node_cpu_usage_seconds_total 40 1700000000000
node_memory_working_set_bytes 1.048576e+06 1700000000000
pod_cpu_usage_seconds_total{namespace="n",pod="p"} 9 1700000000000
`

func TestParseAndRate(t *testing.T) {
	t.Parallel()
	before, err := parse(strings.NewReader(text), time.Unix(100, 0))
	require.NoError(t, err)
	c := container{"n", "p", "c"}
	assert.Equal(t, map[container]usage{c: {3.5, 2 << 20}, {}: {40, 1 << 20}}, before.used)
	after, err := parse(strings.NewReader(strings.ReplaceAll(text, "3.5", "6.5")), time.Unix(115, 0))
	require.NoError(t, err)
	cpu, known := rate(before, after, c)
	assert.True(t, known)
	assert.InDelta(t, 0.2, cpu, 1e-9)
	_, known = rate(after, before, c)
	assert.False(t, known, "no time between")
	_, known = rate(before, after, container{"n", "p", "other"})
	assert.False(t, known)
	_, err = parse(strings.NewReader("node_cpu_usage_seconds_total x 1\n"), time.Now())
	require.Error(t, err)
}

func TestServer(t *testing.T) {
	t.Parallel()
	pod := &core.Pod{
		ObjectMeta: meta.ObjectMeta{Namespace: "n", Name: "p", Labels: map[string]string{"app": "a"}},
		Spec:       core.PodSpec{NodeName: "node", Containers: []core.Container{{Name: "c"}}}, Status: core.PodStatus{Phase: core.PodRunning},
	}
	s := New(Config{Nodes: func() []Node { return []Node{{Name: "node"}} }, Pods: func() []*core.Pod { return []*core.Pod{pod} }})
	get := func(path string) (int, string) {
		response := httptest.NewRecorder()
		s.ServeHTTP(response, httptest.NewRequest(http.MethodGet, "/apis/metrics.k8s.io/v1beta1"+path, http.NoBody))
		return response.Code, response.Body.String()
	}
	code, body := get("/namespaces/n/pods")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, `"items":[]`, "nothing is known yet")
	first, _ := parse(strings.NewReader(text), time.Unix(100, 0))
	second, _ := parse(strings.NewReader(strings.ReplaceAll(text, "3.5", "5")), time.Unix(115, 0))
	s.samples["node"] = [2]sample{first, second}
	code, body = get("/namespaces/n/pods?labelSelector=app%3Da")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, `"usage":{"cpu":"100000000n","memory":"2048Ki"}`)
	assert.Contains(t, body, `"window":"15s"`)
	_, body = get("/namespaces/n/pods?labelSelector=app%3Db")
	assert.Contains(t, body, `"items":[]`)
	_, body = get("/namespaces/other/pods")
	assert.Contains(t, body, `"items":[]`)
	code, _ = get("/pods?labelSelector=%3D%3D")
	assert.Equal(t, http.StatusBadRequest, code)
	code, body = get("/nodes/node")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, `"memory":"1024Ki"`)
	code, body = get("/namespaces/n/pods/q")
	assert.Equal(t, http.StatusNotFound, code)
	assert.Contains(t, body, `pods.metrics.k8s.io \"q\" not found`)
	code, body = get("")
	assert.Equal(t, http.StatusOK, code)
	assert.Contains(t, body, "PodMetrics")
	code, _ = get("/namespaces/n/pods/p")
	assert.Equal(t, http.StatusOK, code)
}
