package isolation

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/tests/testcloud"
)

var update = flag.Bool("update", false, "write the report again")

// line is what came of one way.
type line struct {
	part, what, answer, seen string
	tried, held              int
}

// report is what came of all of them.
type report struct {
	members int
	lines   []line
}

func (r *report) count(part, what, answer, seen string, held bool) {
	at := slices.IndexFunc(r.lines, func(l line) bool { return l.part == part && l.what == what })
	if at < 0 {
		at = len(r.lines)
		r.lines = append(r.lines, line{part: part, what: what, answer: answer, seen: seen})
	}
	r.lines[at].tried++
	if held {
		r.lines[at].held++
	}
}

const head = `# Isolation of tenants' pods

<!-- Written by make isolation. Change the test (tests/e2e/isolation), not this file. -->

This is the record of an attempt to get from one tenant's pod at another tenant, at the platform, and at the node: by real pods on
the [local cloud's real nodes](local-nodes.md), in the tenants' own namespaces, with what each tenant's workload has: its service account,
its role on AWS, its connection to the database. How the database keeps tenants apart is in [isolation.md](isolation.md).

A refusal means something only where the same attempt can succeed. The last column says how it was seen to, in the same run. The
answer is what the attacker was told; ` + "`i/o timeout`" + ` is a packet that a network policy dropped.

`

// What is known: the test tries the first two rows.
const known = `
## Known

What the pods can do to one another, and why it is left so. The first two rows are tried in every run, which fails when one no longer holds.

| what | why | what is done about it |
|---|---|---|
| Names of services, of all namespaces | Cluster DNS answers everybody. | Slugs are no secrets. A name leads nowhere: the connection is refused. |
| A token for Pod Identity that leaked from the other's pod gives its role's credentials to whoever has it | It is a bearer token, and the agent of a node does not ask which pod brought it. | It is a file in the pod alone, holds for a day at most and ends with the pod. The Kubernetes API gives one to administrators and to the kubelet of the pod's node. |
| Processor, memory bandwidth, disk, network and process numbers of a node | Pods share nodes. | A tier's processor time and memory are bounded; nothing bounds a pod's use of the network, the number of its processes, or its use of the node's disk beyond what the kubelet evicts for. |
| The kernel | Containers share it. | Pods run as nobody, without capabilities and with the runtime's seccomp profile. A customer who must not share a kernel gets an environment of its own. |
| In the first moment of a new node its pods pass freely | Policies are in force once the node's agent has seen the pod. The Amazon VPC CNI does the same unless it is strict. | A pod has nothing to connect with before it has read its secret. |
| On the local cloud AWS's permissions are evaluated for pods' sessions alone | The emulator lets everybody do everything. | The roles of workflows and of people are evaluated by the tests of platform bootstrap. |
`

// totals are how many attempts there were, and how many were refused.
func (r *report) totals() (tried, held int) {
	for _, l := range r.lines {
		tried, held = tried+l.tried, held+l.held
	}
	return tried, held
}

func (r *report) text() string {
	var text strings.Builder
	text.WriteString(head)
	pairs := r.members * (r.members - 1)
	tried, held := r.totals()
	fmt.Fprintf(&text, "## Result\n\n%d tenants, of the tiers free, starter and pro, %d ordered pairs, %d ways: %d attempts, of which %d were refused.\n",
		r.members, pairs, len(r.lines), tried, held)
	var parts []string
	for _, l := range r.lines {
		if !slices.Contains(parts, l.part) {
			parts = append(parts, l.part)
		}
	}
	for _, part := range parts {
		fmt.Fprintf(&text, "\n## %s\n\n| attempt | refused | answer | seen to work |\n|---|---:|---|---|\n", part)
		for _, l := range r.lines {
			if l.part == part {
				fmt.Fprintf(&text, "| %s | %d of %d | %s | %s |\n", l.what, l.held, l.tried, l.answer, l.seen)
			}
		}
	}
	return text.String() + known
}

// write compares the report with the one in the repository, or writes it.
func (r *report) write(t *testing.T) {
	t.Helper()
	file := filepath.Join(testcloud.Repository(t), "docs", "isolation-pods.md")
	if *update {
		require.False(t, t.Failed(), "the report is not written")
		require.NoError(t, os.WriteFile(file, []byte(r.text()), 0o600))
		return
	}
	current, err := os.ReadFile(file)
	require.NoError(t, err)
	assert.Equal(t, r.text(), string(current), "run `make isolation`")
}
