package isolation

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/postgrestest"
)

// outcomes collects how every attack that a version knows was answered, over all pairs.
type outcomes struct {
	ways  []attack
	mu    sync.Mutex
	tried map[string]int
	held  map[string]int
	codes map[string][]string
}

func newOutcomes(version postgrestest.Version) *outcomes {
	var known []attack
	for _, a := range ways {
		if version.Major() >= a.since {
			known = append(known, a)
		}
	}
	return &outcomes{ways: known, tried: map[string]int{}, held: map[string]int{}, codes: map[string][]string{}}
}

func (a *outcomes) add(of attack, o outcome, held bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.tried[of.statement]++
	if held {
		a.held[of.statement]++
	}
	if o.refusal != "" && !slices.Contains(a.codes[of.statement], o.refusal) {
		a.codes[of.statement] = append(a.codes[of.statement], o.refusal)
	}
}

const (
	target = "../../../../docs/isolation.md"
	head   = `# Isolation of tenants

<!-- Written by go test ./services/provisioner/internal/isolation. Change the test, not this file. -->

Tenants share one database; each has a schema and roles of its own. This is the record of an attempt to get from one
tenant into another: on a real PostgreSQL server, whose administrator is no superuser, as on RDS, with tenants made by the
provisioner's own code, and after each tenant had granted everybody everything it could on its own objects. What must find
nothing, rather than be refused, was tried after the provisioner had taken these grants back; see below for why.
How the cluster keeps tenants' pods apart is in [isolation-pods.md](isolation-pods.md), and the edge their requests in
[isolation-edge.md](isolation-edge.md).

`
)

func (a *outcomes) totals() (tried, held int) {
	for _, w := range a.ways {
		tried, held = tried+a.tried[w.statement], held+a.held[w.statement]
	}
	return tried, held
}

// writeReport tells all of the run on the newest version, and the totals of the others.
func writeReport(t *testing.T, runs []run) {
	t.Helper()
	newest := runs[len(runs)-1]
	a := newest.outcomes
	var text strings.Builder
	text.WriteString(head)
	pairs := tenants * (tenants - 1)
	fmt.Fprintf(&text, "## Result\n\n%d tenants, %d ordered pairs:\n\n| server | ways | attempts | without success for the attacker |\n|---|---:|---:|---:|\n", tenants, pairs)
	for _, r := range runs {
		name := r.version.Major() // of the machine's own, the smallest part changes from machine to machine
		if r.version == newest.version {
			name = r.version.Name
		}
		tried, held := r.outcomes.totals()
		fmt.Fprintf(&text, "| PostgreSQL %s | %d | %d | %d |\n", name, len(r.outcomes.ways), tried, held)
	}
	fmt.Fprintf(&text, "\nWhat follows is of version %s; a way that names something newer than the other version was tried where it exists.\n", newest.version.Major())
	text.WriteString("Besides, one attacker tried: the victim's and the owner's role with its own password, another database, a connection\n" +
		"without TLS, a role by connection option, and the statements that no transaction may hold. Every attacker tried all ways on one victim as the bare role\n" +
		"that logs in, too. At the end each tenant's rows and objects were what they had been.\n\n## Every way\n\n" +
		"{me} and {you} are the attacker's and the victim's slug, {pid} a session and {lob} a large object of the victim's. The answer is\n" +
		"PostgreSQL's code (42501: insufficient privilege), or that nothing was found.\n")
	way := ""
	for _, w := range a.ways {
		if w.way != way {
			way = w.way
			fmt.Fprintf(&text, "\n### %s\n\n| attempt | pairs held | answer |\n|---|---:|---|\n", way)
		}
		answer := strings.Join(a.codes[w.statement], ", ")
		if w.blank {
			answer = "nothing found"
		}
		fmt.Fprintf(&text, "| `%s` | %d of %d | %s |\n", strings.ReplaceAll(w.statement, "|", `\|`), a.held[w.statement], pairs, answer)
	}
	text.WriteString("\n## Through the administrator\n\n" + newest.administrator)
	text.WriteString("\n## Known to be shared\n\nWhat no schema keeps apart. Each was seen in the same run.\n\n| what | why | what is done about it |\n|---|---|---|\n")
	for _, k := range newest.shared {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", k.what, k.reason, k.mitigation)
	}
	text.WriteString("\n## Through a connection pool\n\n" + newest.pooled)
	// A file that was just written keeps the go command from remembering that the test passed.
	if current, err := os.ReadFile(target); err == nil && string(current) == text.String() {
		return
	}
	require.NoError(t, os.WriteFile(target, []byte(text.String()), 0o644))
}
