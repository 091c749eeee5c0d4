package isolation

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers collects how every attack was answered, over all pairs.
type answers struct {
	mu    sync.Mutex
	tried map[string]int
	held  map[string]int
	codes map[string][]string
}

func newAnswers() *answers {
	return &answers{tried: map[string]int{}, held: map[string]int{}, codes: map[string][]string{}}
}

func (a *answers) add(of attack, o outcome, held bool) {
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
	target = "../../../../../docs/isolation.md"
	head   = `# Isolation of tenants

<!-- Written by go test ./components/schema/provisioner/internal/isolation. Change the test, not this file. -->

Tenants share one database; each has a schema and roles of its own. This is the record of an attempt to get from one
tenant into another: on a real PostgreSQL server, whose administrator is no superuser, as on RDS, with tenants made by the
provisioner's own code, and after each tenant had granted everybody everything it could on its own objects. What must find
nothing, rather than be refused, was tried after the provisioner had taken these grants back; see below for why.

`
)

func writeReport(t *testing.T, a *answers, shared []known, administrator, pooled string) {
	t.Helper()
	var text strings.Builder
	text.WriteString(head)
	pairs := tenants * (tenants - 1)
	held, tried := 0, 0
	for _, w := range ways {
		held, tried = held+a.held[w.statement], tried+a.tried[w.statement]
	}
	fmt.Fprintf(&text, "## Result\n\n%d tenants, %d ordered pairs, %d ways: %d attempts, %d of them without success for the attacker.\n\n", tenants, pairs, len(ways), tried, held)
	text.WriteString("Besides, one attacker tried: the victim's and the owner's role with its own password, another database, a connection\n" +
		"without TLS, a role by connection option, and the statements that no transaction may hold. Every attacker tried all ways on one victim as the bare role\n" +
		"that logs in, too. At the end each tenant's rows and objects were what they had been.\n\n## Every way\n\n" +
		"{me} and {you} are the attacker's and the victim's slug, {pid} a session and {lob} a large object of the victim's. The answer is\n" +
		"PostgreSQL's code (42501: insufficient privilege), or that nothing was found.\n")
	way := ""
	for _, w := range ways {
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
	text.WriteString("\n## Through the administrator\n\n" + administrator)
	text.WriteString("\n## Known to be shared\n\nWhat no schema keeps apart. Each was seen in the same run.\n\n| what | why | what is done about it |\n|---|---|---|\n")
	for _, k := range shared {
		fmt.Fprintf(&text, "| %s | %s | %s |\n", k.what, k.reason, k.mitigation)
	}
	text.WriteString("\n## Through a connection pool\n\n" + pooled)
	require.NoError(t, os.WriteFile(target, []byte(text.String()), 0o644))
}
