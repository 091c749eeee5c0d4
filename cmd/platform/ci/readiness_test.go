package ci

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/genericcorp/platform/internal/readiness"
)

// The evidence of several jobs is shown on one page; that it is no go fails no job, and a file that nobody can read does.
func TestReadiness(t *testing.T) {
	t.Parallel()
	m := newMachine(t)
	page := m.path("page.md")
	m.Environ = append(m.Environ, "GITHUB_STEP_SUMMARY="+page)
	require.NoError(t, m.step(t, "readiness", "evidence"))
	text, err := os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(text), "## No-go: 0 of 10 criteria are met; ")

	for folder, check := range map[string]string{"evidence-test": "onboarding", "evidence-runbooks": "runbooks"} {
		require.NoError(t, readiness.Write(m.path("evidence", folder), readiness.Evidence{
			Check: check, Where: "local", Ran: "make e2e", At: time.Now(), Commit: strings.Repeat("a", 40), Passed: true,
			Numbers: []readiness.Number{{Name: "creation", Value: 9, Unit: "s"}, {Name: "pages", Value: 40}, {Name: "pages left out"}},
		}))
	}
	require.NoError(t, os.Remove(page))
	require.NoError(t, m.step(t, "readiness", "evidence"))
	text, err = os.ReadFile(page)
	require.NoError(t, err)
	assert.Contains(t, string(text), "## No-go: 1 of 10 criteria are met; ", "runbooks need nodes, too")
	assert.Contains(t, string(text), "pages: 40, at least 10")

	require.NoError(t, os.WriteFile(filepath.Join(m.path("evidence"), "cut.json"), []byte("{"), 0o600))
	require.ErrorContains(t, m.step(t, "readiness", "evidence"), "cut.json: unexpected EOF")
}
