package ci

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/environments"
)

// onGitHub is a machine whose gh answers the question which comment or issue there is.
func onGitHub(t *testing.T, answer string, environ ...string) *machine {
	t.Helper()
	m := newMachine(t, append(environ, "GITHUB_REPOSITORY=genericcorp/platform", "GH_TOKEN=token")...)
	m.answer = func(c call) (string, int) {
		if strings.Contains(c.line(), "--jq") {
			return answer, 0
		}
		return "", 0
	}
	return m
}

// sent is the body of a comment that a call sends.
func sent(t *testing.T, c call) string {
	t.Helper()
	var document struct{ Body string }
	require.NoError(t, json.Unmarshal([]byte(c.stdin), &document), c.stdin)
	return document.Body
}

func TestComment(t *testing.T) {
	t.Parallel()
	const report = "## Preview\n$(touch PWNED) `touch PWNED` \"quotes\" 'and' \\n\n"
	t.Run("the first time it is made", func(t *testing.T) {
		t.Parallel()
		m := onGitHub(t, "", "PULL_REQUEST=7")
		m.file(t, "reports/report-local/report.md", report)
		require.NoError(t, m.step(t, "comment", "reports"))
		assert.Equal(t, mark+"\n"+report, sent(t, m.find(t, "gh api --method POST repos/genericcorp/platform/issues/7/comments --input -")))
		assert.Contains(t, m.calls[0].line(), `.user.login == "github-actions[bot]" and (.body | startswith("<!-- platform-preview -->"))`)
	})
	t.Run("later it is changed", func(t *testing.T) {
		t.Parallel()
		m := onGitHub(t, "4711\n4712\n", "PULL_REQUEST=7")
		m.file(t, "reports/report-prod/report.md", "of prod")
		m.file(t, "reports/report-local/report.md", "of the local cloud")
		m.file(t, "reports/report-somewhere/report.md", "of nothing that is known")
		require.NoError(t, m.step(t, "comment", "reports"))
		assert.Equal(t, mark+"\nof the local cloud\nof prod", sent(t, m.find(t, "gh api --method PATCH repos/genericcorp/platform/issues/comments/4711")))
		assert.Len(t, m.calls, 2)
	})
	t.Run("without a report it says so", func(t *testing.T) {
		t.Parallel()
		m := onGitHub(t, "", "PULL_REQUEST=7")
		require.NoError(t, m.step(t, "comment", "reports"))
		assert.Contains(t, sent(t, m.calls[1]), "ended without a report")
	})
	for _, number := range hostile {
		m := onGitHub(t, "", "PULL_REQUEST="+number)
		requireUsage(t, m.step(t, "comment", "reports"))
		m = onGitHub(t, "", "PULL_REQUEST=7", "GITHUB_REPOSITORY="+number)
		m.Environ = append(m.Environ, "GITHUB_REPOSITORY="+number)
		requireUsage(t, m.step(t, "comment", "reports"))
		assert.Empty(t, m.calls)
	}
}

// TestFullReportsFit into one comment, with characters that must not be cut, and with environments that are still to come.
func TestFullReportsFit(t *testing.T) {
	t.Parallel()
	m := onGitHub(t, "", "PULL_REQUEST=7")
	m.Environments = append(m.Environments, environments.Environment{Name: "prod-eu", Production: true})
	begins := ""
	for _, name := range m.Environments.Stacks() {
		m.file(t, "reports/report-"+name+"/report.md", begins+strings.Repeat("€", 30_000)) // of three places to cut one is between characters
		begins += "x"
	}
	require.NoError(t, m.step(t, "comment", "reports"))
	body := sent(t, m.calls[1])
	assert.Equal(t, 4, strings.Count(body, "(cut: the whole report is on the page of the job)"))
	assert.True(t, utf8.ValidString(body))
	assert.NotContains(t, body, "\ufffd")
	assert.LessOrEqual(t, len(body), 65_536, "GitHub takes no more, whether it counts characters or bytes")
	assert.Greater(t, len(body), 60_000)
}

func TestIssue(t *testing.T) {
	t.Parallel()
	const found = "the VPC has another tag"
	for _, c := range []struct {
		name, dev, prod, open, does, says string
	}{
		{"drift, no issue yet", "in sync", "drifted", "", "gh issue create", found},
		{"drift, told already", "drifted", "in sync", "12\n", "gh issue edit 12", found},
		{"no drift any more", "in sync", "in sync", "12\n", "gh issue close 12", ""},
		{"no drift", "in sync", "in sync", "", "", ""},
		{"it is unknown", "in sync", "unknown", "12\n", "gh issue edit 12", found},
		{"the job ended before", "in sync", "", "", "gh issue create", "## Environment `prod`\n\n**Whether it has drifted is unknown**"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := onGitHub(t, c.open)
			for environment, result := range map[string]string{"dev": c.dev, "prod": c.prod} {
				if result != "" {
					m.file(t, "found/drift-"+environment+"/result", result)
					m.file(t, "found/drift-"+environment+"/drift.md", "## Environment `"+environment+"`\n\n"+found+"\n")
				}
			}
			require.NoError(t, m.step(t, "issue", "found"))
			if c.does == "" {
				assert.Len(t, m.calls, 1, "the question which issue is open")
				return
			}
			did := m.find(t, c.does)
			assert.Contains(t, did.stdin, c.says)
			if c.says != "" {
				assert.Contains(t, did.stdin, "## Environment `dev`")
				assert.Contains(t, did.stdin, "## Environment `prod`", "one issue tells of all")
			}
		})
	}
}

func TestFullIssuesFit(t *testing.T) {
	t.Parallel()
	m := onGitHub(t, "")
	for _, name := range m.Environments.Names() {
		m.file(t, "found/drift-"+name+"/drift.md", strings.Repeat("€", 30_000))
	}
	require.NoError(t, m.step(t, "issue", "found"))
	body := m.find(t, "gh issue create").stdin
	assert.Equal(t, 2, strings.Count(body, "(cut:"))
	assert.LessOrEqual(t, len(body), 65_536)
}
