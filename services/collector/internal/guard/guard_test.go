package guard

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
)

func guarded(t *testing.T, container int) (*guard, *consumertest.LogsSink) {
	t.Helper()
	sink := &consumertest.LogsSink{}
	config := &Config{Environment: "prod", Cluster: "platform", Node: "node-1", NodeBytesPerMinute: 100_000, ContainerBytesPerMinute: container}
	require.NoError(t, config.Validate())
	return newGuard(config, sink, zap.NewNop()), sink
}

func logged(namespace, stream string, at time.Time, lines ...string) plog.Logs {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	for key, value := range map[string]string{"k8s.namespace.name": namespace, "k8s.pod.name": "api-1", "k8s.container.name": "api"} {
		resource.Resource().Attributes().PutStr(key, value)
	}
	records := resource.ScopeLogs().AppendEmpty().LogRecords()
	for _, line := range lines {
		record := records.AppendEmpty()
		record.SetTimestamp(pcommon.NewTimestampFromTime(at))
		record.Attributes().PutStr("log.iostream", stream)
		record.Body().SetStr(line)
	}
	return logs
}

func events(sink *consumertest.LogsSink) (list []map[string]any) {
	for _, logs := range sink.AllLogs() {
		for _, resource := range logs.ResourceLogs().All() {
			for _, scope := range resource.ScopeLogs().All() {
				for _, record := range scope.LogRecords().All() {
					event := map[string]any{}
					_ = json.Unmarshal([]byte(record.Body().AsString()), &event) // then it is empty
					list = append(list, event)
				}
			}
		}
	}
	return list
}

func TestEventsSayWhereTheyAreFrom(t *testing.T) {
	t.Parallel()
	where := map[string]any{"cluster": "platform", "node": "node-1", "pod": "api-1", "container": "api"}
	trace := "4bf92f3577b34da6a3ce929d0e0e4736"
	for name, test := range map[string]struct {
		namespace, stream, line string
		want                    map[string]any
	}{
		"text":       {"tenants", "stdout", "started", map[string]any{"namespace": "tenants", "message": "started"}},
		"stderr":     {"tenants", "stderr", "failed", map[string]any{"namespace": "tenants", "message": "failed", "stream": "stderr"}},
		"a tenant's": {"tenant-acme", "stdout", "x", map[string]any{"namespace": "tenant-acme", "tenant": "acme", "message": "x"}},
		"json":       {"tenants", "stdout", `{"level":"info"}`, map[string]any{"namespace": "tenants", "log": map[string]any{"level": "info"}}},
		"no json":    {"tenants", "stdout", `{"level":`, map[string]any{"namespace": "tenants", "message": `{"level":`}},
		"a trace":    {"tenants", "stdout", `{"trace_id":"` + trace + `"}`, map[string]any{"namespace": "tenants", "trace_id": trace, "log": map[string]any{"trace_id": trace}}},
		"a trace's header": {"tenants", "stdout", "traceparent: 00-" + trace + "-00f067aa0ba902b7-01", map[string]any{
			"namespace": "tenants", "trace_id": trace, "message": "traceparent: 00-" + trace + "-00f067aa0ba902b7-01"}},
		"a secret": {"tenants", "stdout", `{"password":"x"}`, map[string]any{"namespace": "tenants", "log": map[string]any{"password": "***"}}},
		// A line of a tenant's must not say that it is another's, or have CloudWatch make metrics, which are paid for.
		"a forgery": {"tenant-acme", "stdout", `{"_aws":{"CloudWatchMetrics":[]},"tenant":"birch"}`, map[string]any{
			"namespace": "tenant-acme", "tenant": "acme", "log": map[string]any{"tenant": "birch", "_aws": map[string]any{"CloudWatchMetrics": []any{}}}}},
	} {
		g, sink := guarded(t, 10_000)
		require.NoError(t, g.ConsumeLogs(t.Context(), logged(test.namespace, test.stream, time.Now(), test.line)))
		for key, value := range where {
			test.want[key] = value
		}
		assert.Equal(t, []map[string]any{test.want}, events(sink), name)
	}
}

func TestLongAndOldLines(t *testing.T) {
	t.Parallel()
	g, sink := guarded(t, 50_000)
	require.NoError(t, g.ConsumeLogs(t.Context(), logged("tenants", "stdout", time.Now(), strings.Repeat("ä", longest), "")))
	found := events(sink)
	require.Len(t, found, 1, "a line without anything is none")
	assert.Equal(t, true, found[0]["truncated"])
	assert.Equal(t, strings.Repeat("ä", longest/2), found[0]["message"])
	sink.Reset()
	require.NoError(t, g.ConsumeLogs(t.Context(), logged("tenants", "stdout", time.Now().Add(-oldest-time.Minute), "of a collector before")))
	assert.Empty(t, sink.AllLogs())
}

// A flood is cut, and the cut is said: in the log, and as a metric that no name of a pod is in.
func TestAFloodIsCut(t *testing.T) {
	t.Parallel()
	g, sink := guarded(t, 100) // 3,000 bytes at once
	flood := strings.Split(strings.Repeat(strings.Repeat("x", 74)+",", 100), ",")
	require.NoError(t, g.ConsumeLogs(t.Context(), logged("tenant-acme", "stdout", time.Now(), flood...)))
	sent := len(events(sink))
	assert.Positive(t, sent)
	assert.Less(t, sent, 30)
	sink.Reset()
	g.notice(t.Context())
	found := events(sink)
	require.Len(t, found, 1)
	assert.Equal(t, float64(100-sent), found[0]["lines"])
	assert.Equal(t, "acme", found[0]["tenant"])
	assert.Positive(t, found[0][api.MetricLogBytesCut])
	metrics, _ := json.Marshal(found[0]["_aws"])
	assert.Contains(t, string(metrics), `"Dimensions":[["Environment"]],"Metrics":[{"Name":"LogBytesCut","Unit":"Bytes"}],"Namespace":"GenericCorp/Cluster"`)
	sink.Reset()
	g.notice(t.Context())
	assert.Empty(t, sink.AllLogs(), "once")
}
