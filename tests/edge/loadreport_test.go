package edge_test

import (
	"encoding/json"
	"fmt"
	"html/template"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	vegeta "github.com/tsenart/vegeta/v12/lib"
	"github.com/tsenart/vegeta/v12/lib/plot"

	"github.com/genericcorp/platform/tests/testcloud"
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
	Spent      []share
	PerCore    float64 // requests that one processor bears, of the edge's programs alone
	Neighbour  []row
	Second     []limit
	Day        []limit
	Soak       *soakRow `json:",omitempty"`
	Counted    int      // requests that were served, and that gate counted

	pages []string
}

// row is the latency of one load, in milliseconds.
type row struct {
	Name                string
	Requests            uint64
	P50, P95, P99, Most float64
	Statuses            map[string]int
}

func newRow(name string, m *vegeta.Metrics) row {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return row{name, m.Requests, milliseconds(m.Latencies.P50), milliseconds(m.Latencies.P95), milliseconds(m.Latencies.P99), milliseconds(m.Latencies.Max), m.StatusCodes}
}

// share is what a program spends on one request.
type share struct {
	Program      string
	Milliseconds float64 // of a processor
}

// limit is how many requests passed of those that may.
type limit struct {
	Tier             string
	Proxies          int
	Sent             uint64
	Expected, Passed int
}

func (l limit) deviation() float64 { return 100 * (float64(l.Passed)/float64(l.Expected) - 1) }

type soakRow struct {
	row

	Memory []memory
}

// memory is a program's, in MiB: after a tenth of the soak, and at its end.
type memory struct {
	Program     string
	Early, Late int
}

func mebibytes(bytes int) int { return bytes >> 20 }

// draw writes the page with a load's plot.
func (r *report) draw(t *testing.T, name string, drawn *plot.Plot) {
	t.Helper()
	folder := filepath.Join(testcloud.Repository(t), loadPages)
	require.NoError(t, os.MkdirAll(folder, 0o755))
	file := regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(name), "-") + ".html"
	drawn.Close()
	page, err := os.Create(filepath.Join(folder, file))
	require.NoError(t, err)
	_, err = drawn.WriteTo(page)
	require.NoError(t, err)
	require.NoError(t, page.Close())
	r.pages = append(r.pages, file)
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
	folder := filepath.Join(testcloud.Repository(t), loadPages)
	require.NoError(t, os.WriteFile(filepath.Join(folder, "load.json"), text, 0o644))
	index, err := os.Create(filepath.Join(folder, "index.html"))
	require.NoError(t, err)
	require.NoError(t, loadIndex.Execute(index, struct {
		Text  string
		Pages []string
	}{r.markdown(), r.pages}))
	require.NoError(t, index.Close())
	t.Logf("pages with plots: %s/index.html", loadPages)
}

var loadIndex = template.Must(template.New("index").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>The edge under load</title>
<style>body{font:16px/1.5 system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}pre{overflow:auto;background:#f4f4f4;padding:1rem}iframe{width:100%;height:36rem;border:0}</style>
<h1>The edge under load</h1><p><a href="load.json">the numbers as JSON</a></p><pre>{{.Text}}</pre>
{{range .Pages}}<h2><a href="{{.}}">{{.}}</a></h2><iframe src="{{.}}" title="{{.}}" loading="lazy"></iframe>{{end}}
</html>
`))

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
	rows(&text, r.Users)
	text.WriteString("\n## What the edge adds\n\nThe same load twice at the same time, 50 requests a second each: straight to the application, and through the edge.\n\n")
	rows(&text, r.Overhead)
	if len(r.Overhead) == 2 {
		fmt.Fprintf(&text, "\nIt adds %.1f ms to the median, of a goal of 1.5, and %.1f to the 99th percentile, of a goal of 8.", r.Overhead[1].P50-r.Overhead[0].P50, r.Overhead[1].P99-r.Overhead[0].P99)
	}
	fmt.Fprintf(&text, " One processor would bear %.0f requests a second of its\nprograms, by the time that they used:\n\n| program | ms of a processor for a request |\n|---|---:|\n", r.PerCore)
	for _, s := range r.Spent {
		fmt.Fprintf(&text, "| %s | %.2f |\n", s.Program, s.Milliseconds)
	}
	text.WriteString("\n## A loud neighbour\n\nA tenant with 20 requests a second, and then the same beside a free tenant that sends a hundred times what it may. The goal is that the\n99th percentile rises by less than 20 per cent.\n\n")
	rows(&text, r.Neighbour)
	text.WriteString("\n## Limits\n\nTen times what the tier may send in a second, from three addresses, and ten times what is left of a day. The goal is 2 per cent.\n" +
		"Where the machine cannot bear so much with the generator on it, less than what may passes; more never does.\n\n")
	limits(&text, "a second", r.Second)
	limits(&text, "the rest of a day", r.Day)
	fmt.Fprintf(&text, "\nOf %d requests that clients saw served gate counted each once, for the right tenant.\n", r.Counted)
	if r.Soak != nil {
		text.WriteString("\n## A long load\n\n50 requests a second. Resident memory in MiB, after a tenth of the time and at its end.\n\n")
		rows(&text, []row{r.Soak.row})
		text.WriteString("\n| program | after a tenth | at the end |\n|---|---:|---:|\n")
		for _, m := range r.Soak.Memory {
			fmt.Fprintf(&text, "| %s | %d | %d |\n", m.Program, m.Early, m.Late)
		}
	}
	return text.String()
}

func rows(text *strings.Builder, all []row) {
	text.WriteString("| load | requests | median | 95th | 99th | most | answers |\n|---|---:|---:|---:|---:|---:|---|\n")
	for _, r := range all {
		fmt.Fprintf(text, "| %s | %d | %.1f | %.1f | %.1f | %.1f | %s |\n", r.Name, r.Requests, r.P50, r.P95, r.P99, r.Most, answers(r.Statuses))
	}
}

// answers are the statuses, each with its number.
func answers(statuses map[string]int) string {
	var all []string
	for _, status := range slices.Sorted(maps.Keys(statuses)) {
		all = append(all, fmt.Sprintf("%d × %s", statuses[status], status))
	}
	return strings.Join(all, ", ")
}

func limits(text *strings.Builder, window string, all []limit) {
	fmt.Fprintf(text, "| tier, by %s | proxies | sent | may pass | passed | deviation |\n|---|---:|---:|---:|---:|---:|\n", window)
	for _, l := range all {
		fmt.Fprintf(text, "| %s | %d | %d | %d | %d | %+.2f %% |\n", l.Tier, l.Proxies, l.Sent, l.Expected, l.Passed, l.deviation())
	}
	text.WriteString("\n")
}
