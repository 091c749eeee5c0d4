package nodestats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.uber.org/zap"

	"github.com/genericcorp/platform/services/collector/api"
)

const nodeJSON = `{"node":{"cpu":{"usageNanoCores":500000000},"memory":{"availableBytes":1000,"workingSetBytes":3000},
	"fs":{"capacityBytes":100,"availableBytes":60,"inodes":100,"inodesFree":30},"runtime":{"imageFs":{"capacityBytes":100,"availableBytes":50}}},"pods":[%s]}`

func podJSON(namespace, name string, memory int) string {
	return fmt.Sprintf(`{"podRef":{"name":%[2]q,"namespace":%[1]q,"uid":"%[1]s/%[2]s"},"cpu":{"usageNanoCores":20000000},"memory":{"workingSetBytes":%[3]d},
		"containers":[{"name":"main","cpu":{"usageNanoCores":20000000},"memory":{"workingSetBytes":%[3]d}}]}`, namespace, name, memory)
}

func specJSON(namespace, name, program string, restarts int) string {
	return fmt.Sprintf(`{"metadata":{"name":%[2]q,"namespace":%[1]q,"uid":"%[1]s/%[2]s","labels":{"app.kubernetes.io/name":%[3]q}},
		"spec":{"containers":[{"name":"main","resources":{"limits":{"cpu":"100m","memory":"1Ki"}}}]},"status":{"containerStatuses":[{"restartCount":%[4]d}]}}`,
		namespace, name, program, restarts)
}

func answers(t *testing.T, used, pods []string) (s summary, list podList) {
	t.Helper()
	require.NoError(t, json.Unmarshal(fmt.Appendf(nil, nodeJSON, strings.Join(used, ",")), &s))
	require.NoError(t, json.Unmarshal([]byte(`{"items":[`+strings.Join(pods, ",")+`]}`), &list))
	return s, list
}

func TestFigures(t *testing.T) {
	t.Parallel()
	used, list := answers(t, []string{podJSON("tenants", "api-1", 512), podJSON("tenant-acme", "w", 100), podJSON("kube-system", "dns", 256), podJSON("tenants", "gone", 1)},
		[]string{specJSON("tenants", "api-1", "api", 3), specJSON("tenant-acme", "w", "api", 0), specJSON("kube-system", "dns", "", 0)})
	n := nodeOf(used, 2)
	assert.Equal(t, []float64{25, 75, 70}, []float64{*n.CPUPercent, *n.MemoryPercent, *n.DiskPercent}, "of inodes there are fewer left")
	restarts := counter{}
	pods := podsOf(used, list, []string{"api"}, restarts)
	require.Len(t, pods, 3)
	assert.Equal(t, []string{api.OtherPrograms, "", "api"}, []string{pods[0].Program, pods[1].Program, pods[2].Program})
	assert.InDelta(t, 50, *pods[2].MemoryPercent, 0.01)
	assert.InDelta(t, 20, *pods[2].CPUPercent, 0.01)
	assert.Zero(t, pods[2].Restarts, "nobody knows when those were")
	used, list = answers(t, nil, []string{specJSON("tenants", "api-1", "api", 5), specJSON("tenants", "new", "api", 1)})
	pods = podsOf(used, list, []string{"api"}, restarts)
	assert.Equal(t, []int{2, 1}, []int{pods[0].Restarts, pods[1].Restarts})
	assert.Len(t, restarts, 2, "pods that are gone are forgotten")
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]float64{"150Mi": 150 << 20, "1Gi": 1 << 30, "200m": 0.2, "2": 2, "1k": 1000, "1e3": 1000} {
		require.NotNil(t, quantity(text), text)
		assert.InDelta(t, want, *quantity(text), 1e-9, text)
	}
	for _, text := range []string{"", "0", "x", "-1", "1Zi"} {
		assert.Nil(t, quantity(text), text)
	}
}

// However many tenants there are, and however pods are called, the metrics are no more than those that are planned for.
func TestMetricsAreBounded(t *testing.T) {
	t.Parallel()
	var used, list []string
	for i := range 500 {
		namespace, name := fmt.Sprintf("tenant-t%d", i), fmt.Sprintf("worker-%d", i)
		used, list = append(used, podJSON(namespace, name, 100)), append(list, specJSON(namespace, name, name, i))
		own := fmt.Sprintf("program%d-%d", i, i)
		used, list = append(used, podJSON("tenants", own, 100)), append(list, specJSON("tenants", own, fmt.Sprintf("program%d", i), i))
	}
	config := &Config{Environment: "prod", Cluster: "c", Node: "n", Address: "a", Interval: time.Minute}
	for i := range api.MostPrograms {
		config.Programs = append(config.Programs, fmt.Sprintf("program%d", i))
	}
	require.NoError(t, config.Validate())
	s, pods := answers(t, used, list)
	lines, err := config.lines(time.Now(), nodeOf(s, 2), podsOf(s, pods, config.Programs, counter{}), true)
	require.NoError(t, err)
	found := metricsOf(t, lines)
	const oftenZero = 2 // what is cut and dropped, which guard and exporter say
	assert.Len(t, found, api.MostMetrics-oftenZero)
	for metric := range found {
		assert.NotContains(t, metric, "worker")
		assert.NotContains(t, metric, "tenant-")
	}
	assert.Len(t, lines, 1+api.MostPrograms+1+1000, "each pod has a line that says who it is")
	assert.Contains(t, strings.Join(lines, "\n"), `"tenant":"t499"`)
	lines, err = config.lines(time.Now(), node{}, nil, false)
	require.NoError(t, err)
	assert.Len(t, metricsOf(t, lines), 4, "what the kubelet does not know is left out")
	config.Programs = append(config.Programs, "one more")
	require.ErrorContains(t, config.Validate(), "programs: got 13, expected 12 or fewer")
}

// metricsOf are the metrics that CloudWatch makes of lines.
func metricsOf(t *testing.T, lines []string) map[string]bool {
	t.Helper()
	found := map[string]bool{}
	for _, text := range lines {
		line := map[string]any{}
		require.NoError(t, json.Unmarshal([]byte(text), &line))
		var embedded struct {
			AWS struct {
				CloudWatchMetrics []struct {
					Dimensions [][]string
					Metrics    []struct{ Name string }
				}
			} `json:"_aws"`
		}
		require.NoError(t, json.Unmarshal([]byte(text), &embedded))
		for _, directive := range embedded.AWS.CloudWatchMetrics {
			for _, dimensions := range directive.Dimensions {
				name := ""
				for _, dimension := range dimensions {
					require.Contains(t, line, dimension)
					name += fmt.Sprint(" ", line[dimension])
				}
				for _, metric := range directive.Metrics {
					require.Contains(t, line, metric.Name)
					found[metric.Name+name] = true
				}
			}
		}
	}
	return found
}

// The kubelet is believed if the cluster's authority signed for it, and asked with the token that is there now.
func TestAsksTheKubelet(t *testing.T) {
	t.Parallel()
	token := "first"
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+token {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		answer := map[string]string{"/stats/summary": fmt.Sprintf(nodeJSON, podJSON("tenants", "api-1", 512)), "/pods": `{"items":[` + specJSON("tenants", "api-1", "api", 0) + `]}`}[r.URL.Path]
		_, _ = w.Write([]byte(answer))
	}))
	defer server.Close()
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("ca.crt", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	sink := &consumertest.LogsSink{}
	s := &stats{config: &Config{Environment: "prod", Cluster: "c", Node: "n", Programs: []string{"api"}}, next: sink, log: zap.NewNop(), restarts: counter{}}
	var err error
	s.kubelet, err = newKubelet(strings.TrimPrefix(server.URL, "https://"), folder)
	require.NoError(t, err)
	for _, token = range []string{"first", "second"} {
		write("token", token+"\n")
		require.NoError(t, s.collect(t.Context(), time.Now()))
	}
	assert.Equal(t, 3+2, sink.LogRecordCount())
	token = "third"
	require.ErrorContains(t, s.collect(t.Context(), time.Now()), "ask the kubelet for /stats/summary: got 401 Unauthorized, expected 200")

	stranger, err := newKubelet(s.kubelet.address, strangers(t))
	require.NoError(t, err)
	_, _, err = stranger.ask(t.Context())
	require.ErrorContains(t, err, "x509", "another authority's kubelet")

	write("ca.crt", "none")
	_, err = newKubelet("10.0.0.1", folder)
	require.ErrorContains(t, err, "expected certificates")
}

// strangers is a service account's folder with an authority that has signed for no kubelet.
func strangers(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotAfter: time.Now().Add(time.Hour)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "ca.crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(folder, "token"), []byte("any"), 0o600))
	return folder
}
