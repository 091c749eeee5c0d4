package ci

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/cmd/platform/internal/exit"
)

// ordinary is what a person fills in who means no harm.
var ordinary = map[string]string{"ACTION": "create", "TENANT": "acme", "TIER": "pro", "ENVIRONMENT": "dev"}

// dispatched is a machine on which somebody dispatched the workflow, and whose platform prints what it is asked.
func dispatched(t *testing.T, program string, change map[string]string) *machine {
	t.Helper()
	m := newMachine(t, "PULUMI_BACKEND_URL=s3://none", "AWS_REGION=us-east-1", "RUNNER_TEMP="+t.TempDir())
	m.Platform = m.file(t, "bin/platform", "#!/bin/sh\n"+program)
	for name, value := range ordinary {
		if changed, ok := change[name]; ok {
			value = changed
		}
		m.Environ = append(m.Environ, name+"="+value)
	}
	return m
}

func TestTenantRefusesHostileInputs(t *testing.T) {
	t.Parallel()
	for name := range ordinary {
		for _, value := range hostile {
			m := dispatched(t, "echo started", map[string]string{name: value})
			err := m.step(t, "tenant")
			requireUsage(t, err)
			assert.Contains(t, err.Error(), name+": got ")
			assert.Contains(t, err.Error(), "expected ")
			assert.NotContains(t, err.Error(), "\n")
			assert.Empty(t, m.out.String(), "nothing was started")
		}
	}
	m := dispatched(t, "echo started", map[string]string{"TENANT": "admin"})
	require.ErrorContains(t, m.step(t, "tenant"), "reserved")
}

func TestTenantRunsTheCommand(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		action string
		flags  []string
		want   []string
	}{
		{"create", nil, []string{"tenant create acme --tier pro --policy-pack PACK --env dev"}},
		{"tier", nil, []string{"tenant tier acme pro --policy-pack PACK --env dev"}},
		{"suspend", nil, []string{"tenant suspend acme --policy-pack PACK --env dev"}},
		{"resume", nil, []string{"tenant resume acme --policy-pack PACK --env dev"}},
		{"rotate", nil, []string{"tenant rotate acme --policy-pack PACK --env dev"}},
		{"offboard", nil, []string{"tenant offboard acme --policy-pack PACK --env dev"}},
		{"archive", nil, []string{"tenant archive acme --env dev"}},
		{"archive", []string{"--suspend-first"}, []string{"tenant suspend acme --reason=it is being offboarded --policy-pack PACK --env dev", "tenant archive acme --env dev"}},
	} {
		t.Run(strings.Join(append([]string{c.action}, c.flags...), " "), func(t *testing.T) {
			t.Parallel()
			m := dispatched(t, `echo "$*"`, map[string]string{"ACTION": c.action})
			page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
			require.NoError(t, m.step(t, append([]string{"tenant"}, c.flags...)...))
			want := strings.ReplaceAll(strings.Join(c.want, "\n")+"\n", "PACK", m.policyPack())
			assert.Equal(t, want, m.out.String())
			assert.Equal(t, len(c.want), strings.Count(page(), "✅ done"))
		})
	}
}

// What a person filled in as the reason reaches the command as one argument.
func TestTenantIsSuspendedForAReason(t *testing.T) {
	t.Parallel()
	m := dispatched(t, `printf '[%s]' "$@"`, map[string]string{"ACTION": "suspend"})
	m.Environ = append(m.Environ, `REASON=--env prod "$(id)"`)
	require.NoError(t, m.step(t, "tenant"))
	assert.Contains(t, m.out.String(), `[suspend][acme][--reason=--env prod "$(id)"][--policy-pack]`)
}

// What a tenant is called or has in its schema may stand in a message.
func TestTenantShowsWhatFailedAsText(t *testing.T) {
	t.Parallel()
	m := dispatched(t, `printf 'result\n'; printf '::error::x\r\n  ::add-mask::y\n\033[2J`+"```"+`\n' >&2; exit 4`, map[string]string{"ACTION": "archive"})
	page := m.runnerFile(t, "GITHUB_STEP_SUMMARY")
	err := m.step(t, "tenant", "--suspend-first")
	assert.Equal(t, exit.NoTenant, exit.Of(err), "the command's own code")
	assert.Equal(t, 1, strings.Count(page(), "❌ failed"), "nothing is archived that is not suspended")
	assert.Contains(t, page(), "    ::error::x\\u000d\n")
	assert.NotContains(t, page()+m.err.String()+m.out.String(), "\x1b")
	assert.NotContains(t, page(), "`\n    `")
	assert.NotRegexp(t, `(?m)^\s*::`, m.err.String()+m.out.String())
}
