package edge_test

import (
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"

	"github.com/genericcorp/platform/internal/readiness/readinesstest"
	"github.com/genericcorp/platform/tests/loadtest"
)

const (
	loadNumbers = "testdata/load.json"
	loadReport  = "../../docs/load.md"
	loadPages   = "bin/load" // in the repository, and in no commit
)

// report is what a measurement found, and where.
type report struct {
	On         string // the day of the measurement
	Processors int
	Load       float64 // average of the machine's last minute, at the begin
	Window     time.Duration
	Users      []row
	Overhead   []row
	Cost       []share
	Neighbour  []row
	Busy       float64 // share of the processors' time that was used meanwhile
	Second     []limit
	Day        []limit
	Soak       *loadtest.Soak `json:",omitempty"`
	Counted    int            // requests that were served, and that gate counted

	pages loadtest.Pages
}

type (
	row   = loadtest.Row
	limit = loadtest.Limit
)

func newRow(name string, m *vegeta.Metrics) row { return loadtest.NewRow(name, m) }

// share is a program's part of what the edge costs, in milliseconds of a processor.
type share struct {
	Program string
	Request float64 // for one request
	Idle    float64 // in a second in which nobody asks for anything
}

// prove tells the numbers of a launch: of the loads of users the largest one that was served, and what was sent over limits.
func (r *report) prove(users, limits *readinesstest.Proof, beyond int) {
	most := 0
	for _, load := range r.Users {
		var number int
		if _, err := fmt.Sscanf(load.Name, "%d users", &number); err != nil || strings.Contains(load.Name, ",") {
			continue
		}
		share := 100 * (1 - float64(load.Statuses["200"])/float64(load.Requests))
		users.Number(load.Name+", not served", share, "%")
		users.Number(load.Name+", 99th percentile", load.P99, "ms")
		if share <= 0.5 {
			most = max(most, number)
		}
	}
	users.Count("users", most)
	sent, passed, over := uint64(0), 0, 0
	for _, l := range slices.Concat(r.Second, r.Day) {
		sent, passed = sent+l.Sent, passed+l.Passed
		over += max(0, int(l.Sent)-l.Expected)
	}
	limits.Count("requests over their limit", over)
	limits.Count("passed beyond the limit", beyond)
	limits.Count("sent", int(sent))
	limits.Count("passed", passed)
}

// write keeps the numbers and writes the document and the pages.
func (r *report) write(t *testing.T, window time.Duration) {
	t.Helper()
	r.On, r.Processors, r.Window = time.Now().UTC().Format(time.DateOnly), runtime.NumCPU(), window
	text, err := json.MarshalIndent(r, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(loadNumbers, append(text, '\n'), 0o644))
	require.NoError(t, os.WriteFile(loadReport, []byte(r.markdown()), 0o644))
	require.NoError(t, r.pages.Close("The edge under load", r.markdown(), text))
	t.Logf("pages with plots: %s/index.html", loadPages)
}

// The document says what was measured last.
func TestLoadReport(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(loadNumbers)
	require.NoError(t, err, "make load writes it")
	var r report
	require.NoError(t, json.Unmarshal(raw, &r))
	written, err := os.ReadFile(loadReport)
	require.NoError(t, err)
	require.Equal(t, r.markdown(), string(written), "make load writes it")
}

func (r *report) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, `# The edge under load

Written by `+"`make load`"+` on %s, which writes pages with plots into `+"`%s`"+`, too. Everything ran on one machine of %d processors, the
generator of the load included, each part for %s and those of a second's limits for a minute; the load of the machine was %.1f when it began.
Requests come when they come, whether those before have been answered or not. They go over loopback through Envoy, gate and the counting service to the reference application and its database. TLS, which the load balancer
ends, and the network are not part of it. Times are never asserted.

## Latency

A user asks for his tenant's notes once a second. Milliseconds.

`, r.On, loadPages, r.Processors, r.Window, r.Load)
	loadtest.WriteRows(&text, r.Users)
	text.WriteString("\n## What the edge adds\n\nThe same load at the same time, 50 requests a second each: straight to the application, through the same proxy with\nnothing in it but the way to the application, and through the edge.\n\n")
	loadtest.WriteRows(&text, r.Overhead)
	if len(r.Overhead) == 3 {
		none, plain, edge := r.Overhead[0], r.Overhead[1], r.Overhead[2]
		fmt.Fprintf(&text, "\nIt adds %.1f ms to the median, of a goal of 1.5, and %.1f to the 99th percentile, of a goal of 8. Of that the proxy alone adds %.1f and %.1f.",
			edge.P50-none.P50, edge.P99-none.P99, plain.P50-none.P50, plain.P99-none.P99)
	}
	text.WriteString("\n\n200 requests a second alone, in milliseconds of a processor:\n\n| program | for a request | for a second without any |\n|---|---:|---:|\n")
	sum := share{Program: "all"}
	for _, s := range r.Cost {
		sum.Request, sum.Idle = sum.Request+s.Request, sum.Idle+s.Idle
		fmt.Fprintf(&text, "| %s | %.2f | %.2f |\n", s.Program, s.Request, s.Idle)
	}
	fmt.Fprintf(&text, "| %s | %.2f | %.2f |\n\nSo one processor bears %.0f requests a second of the edge's programs.\n", sum.Program, sum.Request, sum.Idle, (1000-sum.Idle)/sum.Request)
	text.WriteString("\n## A loud neighbour\n\nA tenant with 20 requests a second; then the same beside as much load on another proxy of the machine, which refuses everything\nwithout asking anybody: so much the load itself takes of the processors. Then beside a free tenant that sends a hundred times what it may.\nThe goal is that the 99th percentile rises by less than 20 per cent.\n\n")
	loadtest.WriteRows(&text, r.Neighbour)
	fmt.Fprintf(&text, "\nMeanwhile the machine's processors were busy for %.0f per cent of the time, with the generator's part.\n", 100*r.Busy)
	text.WriteString("\n## Limits\n\nTen times what the tier may send in a second, from three addresses, and ten times what is left of a day. The goal is 2 per cent.\n" +
		"Where the machine cannot bear so much with the generator on it, less than what may passes; more never does.\n\n")
	loadtest.WriteLimits(&text, "a second", r.Second)
	loadtest.WriteLimits(&text, "the rest of a day", r.Day)
	fmt.Fprintf(&text, "\nOf %d requests that clients saw served gate counted each once, for the right tenant.\n", r.Counted)
	if r.Soak != nil {
		text.WriteString("\n## A long load\n\n50 requests a second. Resident memory in MiB, after a tenth of the time and at its end.\n\n")
		loadtest.WriteRows(&text, []row{r.Soak.Row})
		text.WriteString("\n")
		loadtest.WriteMemory(&text, "after a tenth", "at the end", r.Soak.Memory)
	}
	return text.String()
}
