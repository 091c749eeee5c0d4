package bootstrap

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write docs/escalation.md again")

const (
	escalations    = "../../../../docs/escalation.md"
	escalationHead = `# From one role to more

<!-- Written by go test ./cmd/platform/internal/bootstrap -run TestEscalation -update. Change the test, not this file. -->

Whoever gets hold of a session of one of the platform's roles will try to make more of it. This is the record of that attempt, by every way
that is published for AWS and that we know: each role's own documents, as ` + "`platform bootstrap`" + ` and the program write them for
production, with guardrails and boundary, are evaluated by IAM's rules (` + "`internal/iampolicy`" + `). Each way is refused, or it is allowed
for a reason that is written [below](#allowed-and-why), with what a stolen session could make of it; the unit tests fail on any other.

An evaluation is no attack on AWS: ` + "`platform iam explain`" + ` asks an account for the same.

## Result

`
	escalationHow = `
*Whatever its own policies say* counts the roles to which guardrails or boundary refuse the attempt even if somebody gave them a policy that
allows everything. The attacker is helped: where a condition asks for a boundary, a region or a tag, the attempt carries the one that fits.
`
	escalationLimits = `
## What is not tried

- **People.** ` + "`platform-administrator`" + ` has AWS's AdministratorAccess, and may everything; ` + "`platform-developer`" + ` has AWS's ViewOnlyAccess in production, and beside it reads
  what previews read. Both ask for a second factor. Outside production it has PowerUserAccess, and so comes as far as functions do.
- **AWS's own policies** of nodes and add-ons are taken for more than they say, since AWS extends them: all actions of the kinds that they have any of,
  such as all of EC2 and load balancing for the cluster's own role.
- **Other environments.** Outside production the guardrails do not keep data and records, so that an environment can be destroyed; those that keep
  identities, state and watch are the same.
- **Kubernetes.** What administrators of the cluster and tenants may there is not IAM's: [isolation-pods.md](isolation-pods.md).
- **Bugs of a program.** A function that does more than it should for who may call it is not seen here.
`
)

// writeEscalations compares the report with the one in the repository, or writes it.
func writeEscalations(t *testing.T, roles []attacker, found []finding) {
	t.Helper()
	text := escalationReport(roles, found)
	if *update {
		require.False(t, t.Failed(), "the report is not written")
		require.NoError(t, os.WriteFile(escalations, []byte(text), 0o600))
		return
	}
	current, err := os.ReadFile(escalations)
	require.NoError(t, err)
	assert.Equal(t, text, string(current), "run go test ./cmd/platform/internal/bootstrap -run TestEscalation -update")
}

func escalationReport(roles []attacker, found []finding) string {
	var text strings.Builder
	text.WriteString(escalationHead)
	names := make([]string, len(roles))
	for i, a := range roles {
		names[i] = "`" + a.name + "`"
	}
	pairs, allowed, bounded, calls := 0, 0, 0, 0
	for _, f := range found {
		pairs, allowed, bounded, calls = pairs+len(roles), allowed+len(f.allowed), bounded+f.bounded, calls+len(f.calls)*len(roles)
	}
	fmt.Fprintf(&text, "%d roles, %d ways, %d calls: of %d attempts (a role and a way) %d are refused, %d of them whatever the role's own policies say; %d are allowed, and explained.\n",
		len(roles), len(found), calls, pairs, pairs-allowed, bounded, allowed)
	fmt.Fprintf(&text, "\nThe roles: %s.\n", strings.Join(names, ", "))
	text.WriteString(escalationHow)
	goal := ""
	for _, f := range found {
		if f.goal != goal {
			goal = f.goal
			fmt.Fprintf(&text, "\n## %s\n\n| attempt | actions | refused | whatever its own policies say | allowed to |\n|---|---|---:|---:|---|\n", goal)
		}
		fmt.Fprintf(&text, "| %s | %s | %d of %d | %d | %s |\n", f.what, actionsOf(f.calls), len(roles)-len(f.allowed), len(roles), f.bounded, strings.Join(f.allowed, ", "))
	}
	text.WriteString("\n## Allowed, and why\n\n| role | attempt | why |\n|---|---|---|\n")
	for _, f := range found {
		for _, why := range slices.Sorted(maps.Values(reasonsOf(f))) {
			var to []string
			for _, role := range f.allowed {
				if reasons[f.what][role] == why {
					to = append(to, role)
				}
			}
			fmt.Fprintf(&text, "| %s | %s | %s |\n", strings.Join(to, ", "), f.what, why)
		}
	}
	return text.String() + escalationLimits
}

// reasonsOf are the reasons of one way, each once.
func reasonsOf(f finding) map[string]string {
	each := map[string]string{}
	for _, role := range f.allowed {
		each[reasons[f.what][role]] = reasons[f.what][role]
	}
	return each
}

// actionsOf are the actions of calls, each once, without those of services that nobody has.
func actionsOf(calls []call) string {
	var list []string
	for _, c := range calls {
		if name := "`" + c.action + "`"; !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return strings.Join(list, ", ")
}
