// Package collector shows on a local cloud with nodes that what a container logs arrives in CloudWatch Logs, without its secret, and what
// nodes and pods use as lines that CloudWatch would make metrics of.
package collector

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/required"
	"github.com/genericcorp/platform/tests/testcloud"
)

func TestMain(m *testing.M) {
	_ = os.Setenv("PLATFORM_LOCAL_NODES", "on") // never fails for such a name
	os.Exit(testcloud.Main(m))
}

// patience is how long anything may take on a busy machine.
const patience = 5 * time.Minute

// leaky is a pod whose program says a secret and ends: its arguments are no arguments of the program, which complains of them.
const leaky = `{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "leaky", "namespace": "tenants"}, "spec": {"restartPolicy": "Never",
	"securityContext": {"runAsNonRoot": true, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}},
	"containers": [{"name": "leaky", "image": "IMAGE", "args": ["marker-7f3 password=Zq7wX9secret"],
	"resources": {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}},
	"securityContext": {"allowPrivilegeEscalation": false, "readOnlyRootFilesystem": true, "capabilities": {"drop": ["ALL"]}}}]}}`

type environment struct{ *testcloud.Cloud }

// lines are the messages of a log group, of all streams.
func (e environment) lines(t *testing.T, group string) (list []map[string]any) {
	t.Helper()
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(cloudwatchlogs.NewFromConfig(e.AWS()), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String(group)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		require.NoError(t, err)
		for _, event := range page.Events {
			line := map[string]any{}
			require.NoError(t, json.Unmarshal([]byte(*event.Message), &line), *event.Message)
			list = append(list, line)
		}
	}
	return list
}

func (e environment) eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	began := time.Now()
	require.Eventually(t, condition, patience, time.Second, what)
	t.Logf("%s: %s", what, time.Since(began).Round(100*time.Millisecond))
}

func (e environment) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	result := e.Run(t, e.Repository, nil, "kubectl", args...)
	require.Zero(t, result.Code, "kubectl %v: %s%s", args, result.Stdout, result.Stderr)
	return strings.TrimSpace(result.Stdout)
}

func TestCollector(t *testing.T) {
	e := environment{testcloud.Empty(t)}
	e.RequireNodes(t, required.Missing)
	e.Platform(t, nil, "local", "up", "--settings", e.WithCollector(t))
	e.Load(t)
	const ofCollector = "--namespace=platform-collector"
	e.eventually(t, "a collector on each node is ready", func() bool {
		counts := strings.Fields(e.kubectl(t, "get", "daemonset", "collector", ofCollector, "--output", "jsonpath={.status.desiredNumberScheduled} {.status.numberReady}"))
		return len(counts) == 2 && counts[0] == counts[1] && counts[0] == "3"
	})

	image := e.kubectl(t, "get", "deployment", "api", "--namespace=tenants", "--output", "jsonpath={.spec.template.spec.containers[0].image}")
	file := t.TempDir() + "/pod.json"
	require.NoError(t, os.WriteFile(file, []byte(strings.ReplaceAll(leaky, "IMAGE", image)), 0o600))
	e.kubectl(t, "apply", "--filename", file)
	var found []map[string]any
	e.eventually(t, "what the pod says is there", func() bool {
		found = nil
		for _, line := range e.lines(t, "/platform/local/containers") {
			if line["pod"] == "leaky" {
				found = append(found, line)
			}
		}
		return len(found) > 0
	})
	text, err := json.Marshal(found)
	require.NoError(t, err)
	assert.Contains(t, e.kubectl(t, "logs", "leaky", "--namespace=tenants"), "Zq7wX9secret", "the pod has said it")
	assert.Contains(t, string(text), "marker-7f3 password=***")
	assert.NotContains(t, string(text), "Zq7wX9")
	assert.Equal(t, []any{"tenants", "leaky", "stderr"}, []any{found[0]["namespace"], found[0]["container"], found[0]["stream"]})

	nodes, programs, tenants := map[any]map[string]any{}, map[any]map[string]any{}, map[any]map[string]any{}
	e.eventually(t, "what nodes and pods use is there, of all nodes", func() bool {
		for _, line := range e.lines(t, "/platform/local/nodes") {
			switch {
			case line["TenantPods"] != nil:
				nodes[line["node"]] = line
			case line["Program"] != nil && line["ProgramMemoryPercent"] != nil:
				programs[line["Program"]] = line
			case line["tenant"] != nil:
				tenants[line["tenant"]] = line
			}
		}
		return len(nodes) == 3 && programs["api"] != nil
	})
	for node, line := range nodes {
		t.Log(node, line)
		for _, metric := range []string{"NodeCPUPercent", "NodeMemoryPercent", "NodeDiskPercent"} {
			assert.Positive(t, line[metric], "%s of %s", metric, node)
		}
	}
	t.Log(programs, tenants)
	t.Log(e.kubectl(t, "top", "pods", ofCollector))
	t.Log(e.kubectl(t, "logs", "--selector=app.kubernetes.io/name=collector", ofCollector, "--tail=20", "--prefix"))
}
