package loadtest

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// Row is the latency of one load, in milliseconds.
type Row struct {
	Name                string
	Requests            uint64
	P50, P95, P99, Most float64
	Statuses            map[string]int
}

// NewRow takes the numbers of a load.
func NewRow(name string, m *vegeta.Metrics) Row {
	milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	return Row{name, m.Requests, milliseconds(m.Latencies.P50), milliseconds(m.Latencies.P95), milliseconds(m.Latencies.P99), milliseconds(m.Latencies.Max), m.StatusCodes}
}

// With is how many requests got a status.
func With(m *vegeta.Metrics, status int) int { return m.StatusCodes[strconv.Itoa(status)] }

// WriteRows writes a table.
func WriteRows(text *strings.Builder, all []Row) {
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

// Limit is how many requests passed of those that may.
type Limit struct {
	Tier             string
	Proxies          int
	Sent             uint64
	Expected, Passed int
}

func (l Limit) deviation() float64 { return 100 * (float64(l.Passed)/float64(l.Expected) - 1) }

// WriteLimits writes a table.
func WriteLimits(text *strings.Builder, window string, all []Limit) {
	fmt.Fprintf(text, "| tier, by %s | proxies | sent | may pass | passed | deviation |\n|---|---:|---:|---:|---:|---:|\n", window)
	for _, l := range all {
		fmt.Fprintf(text, "| %s | %d | %d | %d | %d | %+.2f %% |\n", l.Tier, l.Proxies, l.Sent, l.Expected, l.Passed, l.deviation())
	}
	text.WriteString("\n")
}

// Soak is a long load.
type Soak struct {
	Row

	Memory []Memory
}

// Memory is a program's, in MiB, at two moments.
type Memory struct {
	Program     string
	Early, Late int
}

// Mebibytes are so many bytes.
func Mebibytes(bytes int) int { return bytes >> 20 }

// WriteMemory writes a table.
func WriteMemory(text *strings.Builder, early, late string, all []Memory) {
	fmt.Fprintf(text, "| program | %s | %s |\n|---|---:|---:|\n", early, late)
	for _, m := range all {
		fmt.Fprintf(text, "| %s | %d | %d |\n", m.Program, m.Early, m.Late)
	}
}
