package neighbours

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
	"github.com/genericcorp/platform/internal/tiers"
)

const (
	target = "../../../../docs/neighbours.md"
	// numbers are of the last `make bench-neighbours`, so that the report is the same after each test.
	numbers = "testdata/measured.json"
	head    = `# Noisy neighbours

<!-- Written by go test ./services/provisioner/internal/neighbours. Change the test, not this file. -->

Tenants share one server. This is the record of an attempt to take what they share: on a real PostgreSQL server, with tenants made by the
provisioner's own code, a tenant of each tier attacks and goes on attacking, while another one reads, writes and logs in. In the
middle of it come a sweep, which the platform runs every minute, and a suspension of the attacker. Data is another matter: see
[isolation](isolation.md).

For each attack the test asserts:

- **No statement and no login of the other tenant fails**, before, during and after the attack; the one exception is said below.
- **The attacker is held by the first sweep** after it went beyond its limits: the sessions, statements or permissions that it attacked with
  are gone. What it may do within its limits, and what PostgreSQL cannot limit, is listed as known.
- **Its suspension works while it attacks**: no session is left, and none can be opened.
- **What the operator reads of it is harmless**: no control character and no workflow command from a tenant's names in any message.

Storage and times of the tiers are shortened in the test, so that it need not write gigabytes or wait for minutes.

`
)

func (a attack) answer() string {
	switch {
	case a.held == byLimit && a.known != "":
		return fmt.Sprintf("%s (%s); [known](#known)", a.held, a.code)
	case a.held == byLimit:
		return fmt.Sprintf("%s (%s)", a.held, a.code)
	case a.known != "" && a.held != notHeld:
		return string(a.held) + "; [known](#known)"
	case a.known != "":
		return string(a.held) + ", [known](#known)"
	}
	return string(a.held)
}

func writeReport(t *testing.T, version postgrestest.Version, all map[string]map[string]outcome) {
	t.Helper()
	if *measure > 0 {
		writeNumbers(t, all)
	}
	held := 0
	for _, a := range attacks {
		if a.held != notHeld {
			held++
		}
	}
	var text strings.Builder
	text.WriteString(head)
	fmt.Fprintf(&text, "%d attacks by a tenant of each of the tiers %s, on PostgreSQL %s: %d are held, %d are not.\n\n",
		len(attacks), strings.Join(tiers.Names(), ", "), version.Name, held, len(attacks)-held)
	text.WriteString("## Every attack\n\n| what it takes | attack | what stops it |\n|---|---|---|\n")
	for _, a := range attacks {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", a.takes, a.name, a.answer())
	}
	text.WriteString("\n## Known\n\nWhat is not held, only after a while, or makes others more than twice as slow, with the alarm that tells of it and the page that helps. A suspension of the\n" +
		"tenant ends each of them; a function that PostgreSQL cannot interrupt ends by itself before that.\n\n| attack | why, and what tells |\n|---|---|\n")
	for _, a := range attacks {
		if a.known != "" {
			fmt.Fprintf(&text, "| %s | %s |\n", a.name, a.known)
		}
	}
	text.WriteString(measured(t))
	// A file that was just written keeps the go command from remembering that the test passed.
	if current, err := os.ReadFile(target); err == nil && string(current) == text.String() {
		return
	}
	require.NoError(t, os.WriteFile(target, []byte(text.String()), 0o644))
}

// Whatever is not held leads to an alarm and a page that there are.
func TestKnownLeadsSomewhere(t *testing.T) {
	t.Parallel()
	index, err := os.ReadFile("../../../../runbooks/symptoms.md")
	require.NoError(t, err)
	for _, a := range attacks {
		if a.held == notHeld {
			require.NotEmpty(t, a.known, a.name)
		}
		for _, alarm := range regexp.MustCompile("`((?:database-main|provisioner)-[a-z]+)`").FindAllStringSubmatch(a.known, -1) {
			require.Contains(t, string(index), "`"+alarm[1]+"`", a.name)
		}
		for _, page := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(a.known, -1) {
			require.FileExists(t, filepath.Join("../../../../docs", page[1]), a.name)
		}
	}
}

// What made another tenant more than twice as slow is known, too.
func TestKnownSaysWhatIsSlow(t *testing.T) {
	t.Parallel()
	last := readNumbers(t)
	for _, a := range attacks {
		for tier, outcomes := range last.Tiers {
			if o := outcomes[a.name]; !o.within() {
				require.NotEmpty(t, a.known, "%s by %s: %s → %s ms", a.name, tier, milliseconds(o.Calm), milliseconds(o.Attacked))
			}
		}
	}
}

// within says whether the other tenant's statements took at most twice as long as before.
func (o outcome) within() bool { return o.Attacked <= 2*o.Calm }

// record is what a measurement found, and where.
type record struct {
	Processors int
	Load       string // average, of the last five minutes
	Window     time.Duration
	Tiers      map[string]map[string]outcome
}

func writeNumbers(t *testing.T, all map[string]map[string]outcome) {
	t.Helper()
	load, err := os.ReadFile("/proc/loadavg")
	require.NoError(t, err)
	text, err := json.MarshalIndent(record{Processors: runtime.NumCPU(), Load: strings.Fields(string(load))[1], Window: *measure, Tiers: all}, "", "\t")
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll("testdata", 0o755))
	require.NoError(t, os.WriteFile(numbers, append(text, '\n'), 0o644))
}

func readNumbers(t *testing.T) record {
	t.Helper()
	content, err := os.ReadFile(numbers)
	require.NoError(t, err, "make bench-neighbours writes it")
	var r record
	require.NoError(t, json.Unmarshal(content, &r))
	return r
}

// measured is the part of the report with numbers.
func measured(t *testing.T) string {
	t.Helper()
	r := readNumbers(t)
	var text strings.Builder
	fmt.Fprintf(&text, "\n## Measured\n\nThe other tenant's 99th percentile in milliseconds, calm and then attacked for %s each in the same run, by `make bench-neighbours` on\n"+
		"%d processors, which server, attacker, victim and test share; the attacker has all connections of its tier. Timing is never asserted.\n"+
		"The machine's load, most of it the attacks' own, was %s.\n"+
		"\"Sweep\" and \"suspension\" are the longest of the four, in seconds; the sweep comes once a minute.\n\n", r.Window, r.Processors, r.Load)
	text.WriteString("| attack | " + strings.Join(tiers.Names(), " | ") + " | sweep | suspension |\n|---|" + strings.Repeat("---:|", len(tiers.Names())+2) + "\n")
	within, pairs := 0, 0
	for _, a := range attacks {
		fmt.Fprintf(&text, "| %s |", a.name)
		var swept, suspended time.Duration
		for _, tier := range tiers.Names() {
			o, ok := r.Tiers[tier][a.name]
			if !ok {
				text.WriteString(" not yet |")
				continue
			}
			pairs++
			if o.within() {
				within++
			}
			fmt.Fprintf(&text, " %s → %s |", milliseconds(o.Calm), milliseconds(o.Attacked))
			swept, suspended = max(swept, o.Swept), max(suspended, o.Suspended)
		}
		fmt.Fprintf(&text, " %.2f | %.2f |\n", swept.Seconds(), suspended.Seconds())
	}
	fmt.Fprintf(&text, "\nWithin twice the calm value: %d of %d.\n", within, pairs)
	return text.String()
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }
